/**
 * A stream and its model side by side: every command goes to both, and after it everything that can be seen is compared.
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
import type { Command } from './arbitraries.js'
import { packColumns, packRecords, spoilt } from './batches.js'
import { Observer } from './observe.js'
import { expectSample, SampleBuffers } from './samples.js'

/** Rings up to this size are compared byte for byte after every command. */
const SMALL = 40

/** The pair of them. */
export class Duel {
  readonly stream: ExperienceStream
  readonly model: ModelStream
  private readonly coordinator: AppraiserCoordinator
  private readonly subscriptions: { real: Subscription; model: ModelSubscription; from: number }[] = []
  private readonly steps = new Map<number, number>()
  private readonly buffers = new SampleBuffers()
  private readonly found = new EventBatch()
  private readonly observer: Observer

  constructor(options: ModelOptions) {
    this.model = new ModelStream(options)
    this.stream = ExperienceStream.createSync({ ...options, clock: () => this.model.now, seed: 7 })
    this.coordinator = new AppraiserCoordinator(this.stream)
    this.observer = new Observer(this.stream, this.model)
  }

  /** Runs one command on both and compares. */
  step(command: Command): void {
    this.run(command)
    this.observer.compare(this.stream.size <= SMALL ? Number.POSITIVE_INFINITY : SMALL, this.subscriptions.length)
  }

  /** Compares all that is live, and closes the stream. */
  async finish(): Promise<void> {
    this.observer.compare(Number.POSITIVE_INFINITY, this.subscriptions.length)
    await this.stream.close()
  }

  private run(command: Command): void {
    const { stream, model } = this
    switch (command.do) {
      case 'clock':
        model.now = command.now
        return
      case 'write':
      case 'writeBad':
        return this.both(
          () => stream.writeEvent(command.input),
          () => model.writeEvent(command.input),
          command.do === 'writeBad',
        )
      case 'commit':
      case 'commitBad':
        return this.both(
          () => this.commit(command.input),
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
          () => stream.writeBatch(batch),
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
          () => inputs.map((input) => stream.writeEvent(input)),
          () => inputs.map((input) => model.writeEvent(input)),
        )
      }
      case 'reward': {
        const seq = this.seqAt(command.back)
        const appraiser = command.appraiser as 0 | 1 | 2 | 3
        return this.both(
          () => void stream.setAppraiserReward(seq, appraiser, command.reward),
          () => model.setAppraiserReward(seq, appraiser, command.reward),
        )
      }
      case 'rewards': {
        const seqs = command.backs.map((back) => this.seqAt(back))
        const appraiser = command.appraiser as 0 | 1 | 2 | 3
        return this.both(
          () => stream.setAppraiserRewards(seqs, appraiser, command.rewards),
          () => model.setAppraiserRewards(seqs, appraiser, command.rewards),
        )
      }
      case 'priorities': {
        const seqs = command.backs.map((back) => this.seqAt(back))
        return this.both(
          () => stream.setPriorities(seqs, command.priorities),
          () => model.setPriorities(seqs, command.priorities),
        )
      }
      case 'done': {
        const seq = this.seqAt(command.back)
        return this.both(
          () => void this.coordinator.notifyAppraiserDone(seq, command.appraiser as 0 | 1 | 2 | 3),
          () => model.notifyAppraiserDone(seq, command.appraiser),
        )
      }
      case 'complete': {
        const seq = this.seqAt(command.back)
        return this.both(
          () => void stream.markFullyAppraised(seq),
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
        this.observer.records(batch.bytes, expected)
        return
      }
      case 'range': {
        const [start, end] = [this.seqAt(command.startBack), this.seqAt(command.endBack)]
        if (start <= end) this.observer.range(start, end)
        return
      }
      case 'event':
        return this.observer.event(this.seqAt(command.back))
      case 'sample':
        return expectSample(this.stream, this.model, command, this.buffers)
      case 'subscribe':
        return this.subscribe(command)
      case 'poll': {
        const pair = this.subscriptions[command.which % this.subscriptions.length]
        if (pair !== undefined) this.poll(pair.real, pair.model)
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
  private both(real: () => unknown, model: () => unknown, spoilt = false): void {
    const found = outcome(real)
    const expected = outcome(model)
    if (spoilt && found instanceof Refusal && expected instanceof Refusal) {
      const codes = ['INVALID_ARGUMENT', 'SEQUENCE_EXHAUSTED']
      if (codes.includes(found.code) && codes.includes(expected.code)) return
    }
    if (found !== expected) expect(found).toEqual(expected)
  }

  private commit(input: EventInput): number {
    const { writer } = this.stream
    const { state, action, ...scalars } = input
    if ((state?.length ?? 0) > 8 || (action?.length ?? 0) > 8) return this.stream.writeEvent(input)
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

  private subscribe(command: Extract<Command, { do: 'subscribe' }>): void {
    const { stream, model } = this
    const from = typeof command.from === 'number' ? this.seqAt(command.from) : command.from
    const first = from === 'next' ? model.nextSeq : from === 'oldest' ? model.oldestSeq : from
    const { types, maxBatch, maxLag } = command
    const real = stream.subscribe({ from, types, maxBatch, maxLag })
    const options = { from: first, types, maxBatch, maxLag: maxLag ?? model.capacity }
    this.subscriptions.push({ real, model: new ModelSubscription(model, options), from: first })
  }

  private poll(real: Subscription, model: ModelSubscription): void {
    const batch = real.poll()
    const seqs = [...batch.seqs]
    this.observer.records(batch.bytes, seqs)
    const { position, received, filtered, missed, lag } = real
    const wrong = model.poll({ seqs, batchMissed: batch.missed, position, received, filtered, missed, lag })
    check(wrong === undefined, () => String(wrong))
  }
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
