/**
 * Late rewards: the slots, the mask, FULLY_APPRAISED exactly once, bulk updates with evictions, appraisers that run.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import {
  Appraiser,
  AppraiserCoordinator,
  AppraiserType,
  EventFlags,
  type ExperienceStream,
  runAppraiser,
  SequenceEvictedError,
} from '../../src/index.js'
import { isDurable, makeStream } from '../support/streams.js'

const FULL = EventFlags.FULLY_APPRAISED
const ALL = [0, 1, 2, 3] as const

async function filled(
  count: number,
  capacity = 10,
  appraisers: readonly AppraiserType[] = ALL,
): Promise<ExperienceStream> {
  const stream = await makeStream({ capacity, appraisers })
  for (let i = 0; i < count; i++) stream.writeEvent({ flags: EventFlags.URGENT | 0x8000 })
  return stream
}

const isFull = (stream: ExperienceStream, seq: number) => (stream.getEvent(seq)!.flags & FULL) !== 0
const completed = (stream: ExperienceStream) => stream.stats().rewards.fullyAppraised

describe('a reward', () => {
  test('goes to its own slot and leaves the others alone', async () => {
    const stream = await filled(3)
    for (const appraiser of ALL) expect(stream.setAppraiserReward(1, appraiser, appraiser + 0.5)).toBe('applied')
    expect(stream.getEvent(1)).toMatchObject({
      rewardHomeostasis: 0.5,
      rewardCuriosity: 1.5,
      rewardEfficiency: 2.5,
      rewardGoal: 3.5,
      totalReward: 8,
    })
    for (const seq of [0, 2]) expect(stream.getEvent(seq)?.totalReward).toBe(0)
  })

  test('that completes the mask sets FULLY_APPRAISED, once, in any order and with repeats', async () => {
    const stream = await filled(1)
    for (const appraiser of [2, 0, 2, 0, 3, 3] as const) {
      stream.setAppraiserReward(0, appraiser, 1)
      expect(isFull(stream, 0)).toBe(false)
    }
    stream.setAppraiserReward(0, 1, 1)
    expect(stream.getEvent(0)?.flags).toBe(EventFlags.URGENT | 0x8000 | FULL)
    expect(completed(stream)).toBe(1)
    for (const appraiser of ALL) stream.setAppraiserReward(0, appraiser, 2)
    stream.markFullyAppraised(0)
    expect(completed(stream)).toBe(1)
    expect(stream.stats().rewards.applied).toBe(11)
  })

  test('completes with the appraisers of the stream; others may score but are not waited for', async () => {
    const stream = await filled(2, 10, [AppraiserType.Goal, AppraiserType.Curiosity])
    stream.setAppraiserReward(0, AppraiserType.Homeostasis, 1)
    stream.setAppraiserReward(0, AppraiserType.Efficiency, 1)
    stream.setAppraiserReward(0, AppraiserType.Goal, 1)
    expect(isFull(stream, 0)).toBe(false)
    stream.setAppraiserReward(0, AppraiserType.Curiosity, 1)
    expect(isFull(stream, 0)).toBe(true)
    expect(completed(stream)).toBe(1)
  })

  test('to an event that was written as fully appraised is not counted again', async () => {
    const stream = await filled(0)
    stream.writeEvent({ flags: FULL })
    stream.writeBatch({ flags: Uint16Array.of(FULL, 0) })
    for (const seq of [0, 1, 2]) for (const appraiser of ALL) stream.setAppraiserReward(seq, appraiser, 1)
    expect(completed(stream)).toBe(1)
    expect([0, 1, 2].map((seq) => isFull(stream, seq))).toEqual([true, true, true])
  })

  test('does not pass its mask on to the event that takes its place', async () => {
    const stream = await filled(2, 2)
    for (const appraiser of [0, 1, 2] as const) stream.setAppraiserRewards([0, 1], appraiser, [1, 1])
    stream.writeEvent({})
    stream.writeBatch([{}])
    stream.setAppraiserRewards([2, 3], 3, [1, 1])
    expect([isFull(stream, 2), isFull(stream, 3), completed(stream)]).toEqual([false, false, 0])
    expect(stream.getEvent(2)?.totalReward).toBe(1)
  })
})

describe('rewards in bulk', () => {
  test('say how many landed and how many came too late', async () => {
    const stream = await filled(14)
    const result = stream.setAppraiserRewards([13, 2, 4, 0, 3], 1, [1, 2, 3, 4, 5])
    const [corrected, evicted] = isDurable ? [3, 0] : [0, 3]
    expect(result).toEqual({ applied: 2, corrected, evicted })
    expect([stream.getEvent(13)?.rewardCuriosity, stream.getEvent(4)?.rewardCuriosity]).toEqual([1, 3])
    expect(stream.stats().rewards).toMatchObject({ applied: 2, evicted })
  })

  test('of one event twice leave the last', async () => {
    const stream = await filled(5)
    expect(stream.setAppraiserRewards([1, 2, 1], 0, [5, 6, 7]).applied).toBe(3)
    expect(stream.getEvent(1)?.rewardHomeostasis).toBe(7)
  })

  test('take typed arrays, more of them than a chunk, and none at all', async () => {
    const stream = await filled(5000, 5000)
    const seqs = Float64Array.from({ length: 5000 }, (_, i) => i)
    for (const appraiser of ALL) {
      expect(stream.setAppraiserRewards(seqs, appraiser, Float32Array.from(seqs)).applied).toBe(5000)
    }
    expect(completed(stream)).toBe(5000)
    expect(stream.count({ flags: FULL })).toBe(5000)
    expect(stream.getEvent(4321)?.totalReward).toBe(4 * 4321)
    expect(stream.setAppraiserRewards([], 0, [])).toEqual({ applied: 0, corrected: 0, evicted: 0 })
  })
})

describe('completion without a reward', () => {
  test('notifyAppraiserDone sets the bit alone', async () => {
    const stream = await filled(2)
    const coordinator = new AppraiserCoordinator(stream)
    for (const appraiser of [0, 1, 3] as const) coordinator.notifyAppraiserDone(1, appraiser)
    stream.setAppraiserReward(1, 2, 4)
    expect(stream.getEvent(1)).toMatchObject({ totalReward: 4, rewardEfficiency: 4 })
    expect([isFull(stream, 0), isFull(stream, 1), completed(stream)]).toEqual([false, true, 1])
    expect(() => coordinator.notifyAppraiserDone(5, 0)).toThrow(/5/)
    expect(() => Reflect.apply(coordinator.notifyAppraiserDone, coordinator, [1, 7])).toThrow(/7/)
  })

  test('markFullyAppraised sets the flag at once, counted once', async () => {
    const stream = await filled(2)
    expect(stream.markFullyAppraised(0)).toBe('applied')
    expect(stream.markFullyAppraised(0)).toBe('applied')
    for (const appraiser of ALL) stream.setAppraiserReward(0, appraiser, 1)
    expect([isFull(stream, 0), isFull(stream, 1), completed(stream)]).toEqual([true, false, 1])
  })
})

describe('an appraiser', () => {
  test('that is polled appraises all that is new, and says how much', async () => {
    const stream = await filled(4)
    const appraiser = new Appraiser(stream, AppraiserType.Goal, (event) => event.stepNumber + 1, { from: 'oldest' })
    expect(appraiser.poll()).toBe(4)
    expect(appraiser.poll()).toBe(0)
    stream.writeBatch([{ stepNumber: 5 }, { stepNumber: 6 }])
    expect(appraiser.poll()).toBe(2)
    expect([0, 4, 5].map((seq) => stream.getEvent(seq)?.rewardGoal)).toEqual([1, 6, 7])
    expect(appraiser.missed).toBe(0)
    appraiser.close()
    expect(stream.stats().subscriptions).toEqual([])
  })

  test('that was lapped goes on and knows what it missed', async () => {
    const stream = await filled(0)
    const appraiser = new Appraiser(stream, AppraiserType.Curiosity, () => 2)
    for (let i = 0; i < 35; i++) stream.writeEvent({})
    expect([appraiser.poll(), appraiser.missed]).toEqual([10, 25])
    expect(stream.count({ minReward: 2 })).toBe(10)
    stream.writeEvent({})
    expect(appraiser.poll()).toBe(1)
  })

  test('whose function throws or gives no reward stops with that error, the stream unharmed', async () => {
    const stream = await filled(1)
    const failing = runAppraiser(stream, AppraiserType.Goal, () => Number.NaN, {
      signal: new AbortController().signal,
    })
    stream.writeEvent({})
    await expect(failing).rejects.toThrow(/reward.*NaN|NaN/)
    expect(stream.getEvent(1)?.rewardGoal).toBe(0)
    expect(stream.stats().subscriptions).toEqual([])
    expect(stream.writeEvent({})).toBe(2)
  })

  test('of each kind together complete every event that none of them missed', async () => {
    const stream = await filled(0, 1000)
    const stop = new AbortController()
    const running = ALL.map((kind) =>
      runAppraiser(stream, kind, (event) => event.stepNumber + kind, { signal: stop.signal }),
    )
    for (let i = 0; i < 900; i++) stream.writeEvent({ stepNumber: i })
    while (completed(stream) < 900) await new Promise((resolve) => setTimeout(resolve))
    stop.abort()
    await Promise.all(running)
    expect(stream.count({ flags: FULL })).toBe(900)
    expect(stream.getEvent(100)?.totalReward).toBe(406)
  })

  test('can no longer reach an evicted event', async () => {
    const stream = await filled(11)
    if (isDurable) expect(stream.setAppraiserReward(0, 0, 1)).toBe('corrected')
    else expect(() => stream.setAppraiserReward(0, 0, 1)).toThrow(SequenceEvictedError)
    expect(stream.getEvent(10)?.totalReward).toBe(0)
  })
})
