/**
 * Two faces of one ring in one thread, whose writes interleave as fast-check likes: each keeps what it has claimed while
 * the other goes on, so that numbers come out of order, stay open, are overtaken by a lap or given up. Whatever happens,
 * events stay whole, both faces see the same, and every number is accounted for.
 *
 * The property suites hold two faces against the model, each handing back what it has not used; here they do not.
 *
 * @module
 */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  AppraiserType,
  ClosedError,
  type EventBatch,
  type EventInput,
  type ExperienceEvent,
  ExperienceStream,
  prioritizedReward,
  SequenceEvictedError,
  type Subscription,
  uniform,
} from '../../src/index.js'
import { check, sameNumbers } from '../model/same.js'

/** Claims have up to 8 numbers in a ring of this size. */
const CAPACITY = 512

type Command = { do: 'write' | 'batch' | 'reward'; count: number } | { do: 'poll' | 'sample' }

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), count: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('batch' as const),
      count: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(200, CAPACITY - 3, CAPACITY + 3)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reward' as const), count: fc.nat(700) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'poll' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'sample' as const }) },
)

interface Face {
  stream: ExperienceStream
  cursor: Subscription
  /** The last number that it wrote, and the last that it received. */
  wrote: number
  received: number
}

/** The faces, and what was written by way of them. */
class Play {
  /** What each event holds in `stepNumber`, and its total reward. */
  private readonly written = new Map<number, { step: number; total: number }>()
  private readonly order: number[] = []
  private readonly faces: readonly Face[]

  private constructor(streams: readonly ExperienceStream[]) {
    this.faces = streams.map((stream) => ({
      stream,
      cursor: stream.subscribe({ from: 'oldest' }),
      wrote: -1,
      received: -1,
    }))
  }

  static async begin(): Promise<Play> {
    const first = await ExperienceStream.create({ capacity: CAPACITY, seed: 1, shared: true, maxThreads: 2 })
    return new Play([first, await ExperienceStream.attach(first.handle(), { seed: 2 })])
  }

  run(command: Command, which: number): void {
    const face = this.faces[which]!
    if (command.do === 'write') {
      for (let i = 0; i < command.count; i++) this.note(face, face.stream.writeEvent(this.event(0)), 1)
    } else if (command.do === 'batch') {
      const inputs = Array.from({ length: command.count }, (_, i) => this.event(i))
      const { start, end, aborted } = face.stream.writeBatch(inputs)
      sameNumbers([end - start, aborted ?? 0], [command.count, 0])
      this.note(face, start, command.count)
    } else if (command.do === 'reward') this.reward(face, command.count)
    else if (command.do === 'poll') this.poll(face)
    else this.sample(face)
  }

  /** Both give up what they hold. Then nothing is open, and each has seen all there is. */
  async end(): Promise<number> {
    this.compare()
    for (const which of [1, 0]) this.run({ do: 'batch', count: 1 }, which)
    for (const face of this.faces) {
      for (let polls = 0; face.cursor.lag > 0; polls++) {
        check(polls < CAPACITY, () => `a cursor stands still at ${face.cursor.position}`)
        this.poll(face)
      }
      this.sample(face)
    }
    this.compare()
    const live = this.order.filter((seq) => this.faces[0]!.stream.getEvent(seq) !== undefined).length
    const { written, readable, evicted, nextSeq, threads } = this.faces[0]!.stream.stats()
    expect(threads).toMatchObject({ claimed: nextSeq, aborted: nextSeq - written, pending: 0, stalled: undefined })
    sameNumbers([written, readable, evicted], [this.order.length, live, this.order.length - live])
    for (const { stream } of this.faces.toReversed()) await stream.close()
    return nextSeq - written
  }

  /** The event that is written after `ahead` others. */
  private event(ahead: number): EventInput {
    const step = this.order.length + ahead
    return { stepNumber: step, state: [step, -step], rewardGoal: step % 5 }
  }

  /** A face's numbers ascend, and nobody else ever gets them. */
  private note(face: Face, start: number, count: number): void {
    check(start > face.wrote, () => `${start} after ${face.wrote}`)
    for (let seq = start; seq < start + count; seq++) {
      check(!this.written.has(seq), () => `${seq} was given out twice`)
      const step = this.order.push(seq) - 1
      this.written.set(seq, { step, total: step % 5 })
    }
    face.wrote = start + count - 1
  }

  /** To an event of some time ago: applied if it stands in the ring, else refused. */
  private reward({ stream }: Face, back: number): void {
    const seq = this.order[this.order.length - 1 - back]
    if (seq === undefined) return
    const event = this.written.get(seq)!
    if (stream.getEvent(seq) === undefined) {
      expect(() => stream.addReward(seq, AppraiserType.Curiosity, 1)).toThrow(SequenceEvictedError)
    } else {
      stream.addReward(seq, AppraiserType.Curiosity, 1)
      event.total++
    }
  }

  private poll(face: Face): void {
    const { cursor } = face
    const batch = cursor.poll()
    this.whole(batch)
    for (const seq of batch.seqs) {
      check(seq > face.received, () => `${seq} received after ${face.received}`)
      face.received = seq
    }
    const { received, filtered, missed, aborted, position } = cursor
    sameNumbers([received + filtered + missed + aborted], [position])
  }

  /** What is found is whole and in order; samples are drawn from it by its rewards. */
  private sample({ stream }: Face): void {
    const found = stream.find()
    this.whole(found)
    const all = stream.sampleBatch(2 * CAPACITY, uniform())
    sameNumbers(all.seqs.toSorted(), found.seqs)
    const sum = found.totalRewards().reduce((total, reward) => total + reward, 0)
    const batch = stream.sampleBatch(32, prioritizedReward())
    this.whole(batch)
    sameNumbers([batch.population], [found.length])
    for (let i = 0; i < batch.length && sum > 0; i++) {
      const expected = this.written.get(batch.seqs[i]!)!.total / sum
      check(Math.abs(batch.probabilities[i]! / expected - 1) < 1e-12, () => `${batch.probabilities[i]} for ${expected}`)
    }
  }

  private whole(batch: EventBatch): void {
    for (const { seq, stepNumber, totalReward, state } of batch.toArray())
      this.isWritten(seq, stepNumber, totalReward, state)
  }

  private isWritten(seq: number, step: number, total: number, state: Float32Array): void {
    const event = this.written.get(seq)
    check(event?.step === step && event.total === total, () => `${seq} has step ${step} and reward ${total}`)
    check(state[0] === step && state[1] === -step, () => `the state of ${seq} is not its own`)
  }

  /** Both faces show the same, and all of the last lap. */
  private compare(): void {
    const [first, second] = this.faces.map(({ stream }) => stream) as [ExperienceStream, ExperienceStream]
    const oldest = Math.max(first.totalWritten, second.totalWritten) - CAPACITY
    for (const seq of this.order) {
      const [event, other] = [first.getEvent(seq), second.getEvent(seq)] as (ExperienceEvent | undefined)[]
      check(event?.eventId === other?.eventId, () => `the faces differ at ${seq}`)
      if (event === undefined) check(seq < oldest, () => `${seq} is gone, the last lap begins at ${oldest}`)
      else this.isWritten(seq, event.stepNumber, event.totalReward, event.state)
    }
  }
}

test('two faces that interleave lose nothing and account for every number', async () => {
  let aborted = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(command, fc.nat(1)), { minLength: 1, maxLength: 120, size: 'max' }),
      async (commands) => {
        const play = await Play.begin()
        for (const [each, face] of commands) play.run(each, face)
        aborted += await play.end()
      },
    ),
    { numRuns: 60, interruptAfterTimeLimit: 5000, endOnFailure: false },
  )
  // Without numbers that were given up or overtaken this would prove nothing.
  expect(aborted).toBeGreaterThan(0)
})

test('what a thread releases keeps nobody waiting, and a poll across the hole has the right numbers', async () => {
  const reader = await ExperienceStream.create({ capacity: CAPACITY, shared: true, maxThreads: 2 })
  const writer = await ExperienceStream.attach(reader.handle())
  const early = reader.subscribe()
  // Claims of 1, 2 and 4: three numbers are left.
  for (let i = 0; i < 4; i++) writer.writeEvent({ stepNumber: i })
  reader.writeEvent({ stepNumber: 99 })
  expect([...early.poll().seqs]).toEqual([0, 1, 2, 3])
  expect(early.poll().length).toBe(0)
  expect(reader.stats().threads?.stalled?.seq).toBe(4)

  writer.release()
  const whole = reader.subscribe({ from: 'oldest' })
  expect([...early.poll().seqs]).toEqual([7])
  expect(early.aborted).toBe(3)
  early.close()
  const batch = whole.poll()
  expect(batch.toArray().map(({ seq, stepNumber }) => [seq, stepNumber])).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 3],
    [7, 99],
  ])
  expect(reader.stats().threads).toMatchObject({ claimed: 8, aborted: 3, pending: 0 })
  await writer.close()
  expect(() => writer.release()).toThrow(ClosedError)
  await reader.close()
})
