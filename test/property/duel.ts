/**
 * A stream and its model side by side: every command goes to both, and after it everything that can be seen is compared.
 *
 * A shared ring may have several faces, each attached for itself; a command goes to one of them, and all must show the
 * same. Beside it stands a ring of one thread that is written likewise: the same state of a sampler must draw the same
 * from both.
 *
 * @module
 */

import { expect } from 'vitest'
import {
  AppraiserCoordinator,
  EventBatch,
  type EventInput,
  ExperienceError,
  ExperienceStream,
  type Subscription,
} from '../../src/index.js'
import { Refused } from '../model/record.js'
import { check, sameNumbers } from '../model/same.js'
import { type ModelOptions, ModelStream } from '../model/stream.js'
import { ModelSubscription } from '../model/subscription.js'
import { isDurable, isShared, makeStream } from '../support/streams.js'
import type { Command } from './arbitraries.js'
import { packColumns, packRecords, spoilt } from './batches.js'
import { Observer } from './observe.js'
import { expectSameDraws, expectSample, SampleBuffers } from './samples.js'

/** Rings up to this size are compared byte for byte after every command. */
const SMALL = 40

/** One attachment to the ring. */
interface Face {
  stream: ExperienceStream
  observer: Observer
}

interface Pair {
  real: Subscription
  model: ModelSubscription
  face: Face
}

/** The pair of them. */
export class Duel {
  private readonly model: ModelStream
  private readonly faces: readonly Face[]
  private readonly twin: ExperienceStream | undefined
  private face: Face
  private readonly subscriptions: Pair[] = []
  private readonly steps = new Map<number, number>()
  private readonly buffers = new SampleBuffers()
  private readonly found = new EventBatch()

  private constructor(model: ModelStream, streams: readonly ExperienceStream[], twin: ExperienceStream | undefined) {
    this.model = model
    this.twin = twin
    this.faces = streams.map((stream) => ({ stream, observer: new Observer(stream, model) }))
    this.face = this.faces[0]!
  }

  /** Makes both; of more than one face only a shared ring. */
  static async make(options: ModelOptions, faces: number): Promise<Duel> {
    const model = new ModelStream({ ...options, journaled: isDurable })
    const settings = { clock: () => model.now, seed: 7 }
    const first = await makeStream({ ...options, ...settings })
    const streams = [first]
    while (streams.length < faces) streams.push(await ExperienceStream.attach(first.handle(), settings))
    const twin = isShared ? ExperienceStream.createSync({ ...options, ...settings }) : undefined
    return new Duel(model, streams, twin)
  }

  /** Runs one command on both, by way of one face, and compares. */
  step(command: Command, face: number): void {
    this.face = this.faces[face % this.faces.length]!
    this.run(command)
    this.compare(this.model.size <= SMALL ? Number.POSITIVE_INFINITY : SMALL)
  }

  /** Compares all that is live, and closes the stream. */
  async finish(): Promise<void> {
    this.compare(Number.POSITIVE_INFINITY)
    for (const { stream } of this.faces.toReversed()) await stream.close()
  }

  /** The face that was written to comes first: asked for the head, it hands back what it has claimed and not used. */
  private compare(depth: number): void {
    for (const face of [this.face, ...this.faces.filter((other) => other !== this.face)]) {
      face.observer.compare(depth, this.subscriptions.filter((pair) => pair.face === face).length)
    }
  }

  private run(command: Command): void {
    const { model } = this
    const { stream, observer } = this.face
    switch (command.do) {
      case 'clock':
        model.now = command.now
        return
      case 'write':
      case 'writeBad':
        return this.both(
          (target) => target.writeEvent(command.input),
          () => model.writeEvent(command.input),
          command.do === 'writeBad',
        )
      case 'commit':
      case 'commitBad':
        return this.both(
          (target) => commit(target, command.input),
          () => model.writeEvent(command.input),
          command.do === 'commitBad',
        )
      case 'batch': {
        const inputs = spoilt(command.inputs, command.spoil)
        const batch =
          command.form === 'objects'
            ? inputs
            : command.form === 'packed'
              ? packRecords(inputs)
              : packColumns(command.inputs, command.spoil)
        return this.both(
          (target) => target.writeBatch(batch),
          () => model.writeBatch(batch),
          command.spoil >= 0,
        )
      }
      case 'walk': {
        const inputs = Array.from({ length: command.steps }, () => {
          const step = this.steps.get(command.episode) ?? 0
          this.steps.set(command.episode, step + 1)
          return { episodeId: command.episode, stepNumber: step, eventType: step % 3, rewardGoal: step / 7 }
        })
        return this.both(
          (target) => inputs.map((input) => target.writeEvent(input)),
          () => inputs.map((input) => model.writeEvent(input)),
        )
      }
      case 'reward': {
        const seq = this.seqAt(command.back)
        const appraiser = command.appraiser as 0 | 1 | 2 | 3
        return this.both(
          (target) => void target.setAppraiserReward(seq, appraiser, command.reward),
          () => model.setAppraiserReward(seq, appraiser, command.reward),
        )
      }
      case 'rewards': {
        const seqs = command.backs.map((back) => this.seqAt(back))
        const appraiser = command.appraiser as 0 | 1 | 2 | 3
        return this.both(
          (target) => target.setAppraiserRewards(seqs, appraiser, command.rewards),
          () => model.setAppraiserRewards(seqs, appraiser, command.rewards),
        )
      }
      case 'priorities': {
        const seqs = command.backs.map((back) => this.seqAt(back))
        return this.both(
          (target) => target.setPriorities(seqs, command.priorities),
          () => model.setPriorities(seqs, command.priorities),
        )
      }
      case 'done': {
        const seq = this.seqAt(command.back)
        return this.both(
          (target) => {
            new AppraiserCoordinator(target).notifyAppraiserDone(seq, command.appraiser as 0 | 1 | 2 | 3)
          },
          () => model.notifyAppraiserDone(seq, command.appraiser),
        )
      }
      case 'complete': {
        const seq = this.seqAt(command.back)
        return this.both(
          (target) => void target.markFullyAppraised(seq),
          () => model.markFullyAppraised(seq),
        )
      }
      case 'find': {
        const bounds = {
          ...(command.startBack !== undefined && { startSeq: this.seqAt(command.startBack) }),
          ...(command.endBack !== undefined && { endSeq: this.seqAt(command.endBack) }),
        }
        if (bounds.startSeq! > bounds.endSeq!) return
        const options = { ...command.options, ...bounds }
        const { order: _order, limit: _limit, ...filter } = options
        const expected = model.find(options)
        sameNumbers(stream.findSeqs(options), expected)
        sameNumbers([stream.count(filter)], [model.count(filter)])
        const batch = stream.find({ ...options, into: this.found })
        sameNumbers(batch.seqs, expected)
        observer.records(batch.bytes, expected)
        return
      }
      case 'range': {
        const [start, end] = [this.seqAt(command.startBack), this.seqAt(command.endBack)]
        if (start <= end) observer.range(start, end)
        return
      }
      case 'event':
        return observer.event(this.seqAt(command.back))
      case 'sample':
        if (this.twin !== undefined) expectSameDraws(stream, this.twin, command)
        return expectSample(stream, model, command, this.buffers)
      case 'subscribe':
        return this.subscribe(command)
      case 'poll': {
        const pair = this.subscriptions[command.which % this.subscriptions.length]
        if (pair !== undefined) this.poll(pair)
        return
      }
      case 'unsubscribe': {
        const at = command.which % this.subscriptions.length
        this.subscriptions[at]?.real.close()
        if (this.subscriptions.length > 0) this.subscriptions.splice(at, 1)
        return
      }
    }
  }

  private seqAt(back: number): number {
    return Math.max(0, Math.min(2 ** 53 - 1, this.model.nextSeq - back))
  }

  /**
   * Runs both and compares what they return, or the code of the error that they throw. A write that is `spoilt` may find
   * the sequence numbers exhausted at the same time, and say either.
   */
  private both(real: (stream: ExperienceStream) => unknown, model: () => unknown, spoilt = false): void {
    const found = outcome(() => real(this.face.stream))
    const { twin } = this
    if (twin !== undefined) outcome(() => real(twin))
    const expected = outcome(model)
    if (spoilt && found instanceof Refusal && expected instanceof Refusal) {
      const codes = ['INVALID_ARGUMENT', 'SEQUENCE_EXHAUSTED']
      if (codes.includes(found.code) && codes.includes(expected.code)) return
    }
    if (found !== expected) expect(found).toEqual(expected)
  }

  private subscribe(command: Extract<Command, { do: 'subscribe' }>): void {
    const { face, model } = this
    const from = typeof command.from === 'number' ? this.seqAt(command.from) : command.from
    const first = from === 'next' ? model.nextSeq : from === 'oldest' ? model.oldestSeq : from
    const { types, maxBatch, maxLag } = command
    const real = face.stream.subscribe({ from, types, maxBatch, maxLag })
    const options = { from: first, types, maxBatch, maxLag: maxLag ?? model.capacity, inPieces: !isShared }
    this.subscriptions.push({ real, model: new ModelSubscription(model, options), face })
  }

  private poll({ real, model, face }: Pair): void {
    const batch = real.poll()
    const seqs = [...batch.seqs]
    face.observer.records(batch.bytes, seqs)
    const { position, received, filtered, missed, lag } = real
    const wrong = model.poll({ seqs, batchMissed: batch.missed, position, received, filtered, missed, lag })
    check(wrong === undefined, () => String(wrong))
  }
}

function commit(stream: ExperienceStream, input: EventInput): number {
  const { writer } = stream
  const { state, action, ...scalars } = input
  if ((state?.length ?? 0) > 8 || (action?.length ?? 0) > 8) return stream.writeEvent(input)
  for (let i = 0; i < (state?.length ?? 0); i++) writer.state[i] = state![i]!
  for (let i = 0; i < (action?.length ?? 0); i++) writer.action[i] = action![i]!
  try {
    Object.assign(writer, scalars)
  } catch (error) {
    writer.reset()
    throw error
  }
  return writer.commit()
}

class Refusal {
  constructor(readonly code: string) {}
}

function outcome(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    if (error instanceof Refused || error instanceof ExperienceError) return new Refusal(error.code)
    throw error
  }
}
