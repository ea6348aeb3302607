/**
 * Threads write to the same events late: sums are exact, one thread completes an event, and no reward ever lands on an
 * event that it was not meant for.
 *
 * @module
 */

import { afterEach, describe, expect, test } from 'vitest'
import { Crew } from './support/crew.mjs'
import { Gate } from './support/gate.mjs'
import {
  AppraiserType,
  EventFlags,
  ExperienceStream,
  SequenceAbortedError,
  SequenceEvictedError,
  SequenceNotWrittenError,
  type Stream,
} from './support/library.mjs'
import { asScored, faultsOf, firstReward, lateReward, write } from './support/payload.mjs'

const crew = new Crew()
afterEach(() => crew.dismiss())

const ALL = Object.values(AppraiserType)

function shared(capacity: number, options: Parameters<typeof ExperienceStream.create>[0] = {}): Promise<Stream> {
  return ExperienceStream.create({ capacity, shared: true, ...options })
}

describe('addReward from four threads', () => {
  test('loses nothing: sums of powers of two are exact', async () => {
    const stream = await shared(100)
    stream.writeEvent({ rewardGoal: 7 })
    const hands = await crew.join(stream, 4)
    const { words } = new Gate()
    const order = { seqs: [0], appraiser: AppraiserType.Goal, times: 300_000, words, threads: 4 }
    await Promise.all(hands.map((hand, i) => hand.ask('addRewards', { ...order, amount: 2 ** i })))
    expect(stream.getEvent(0)!.rewardGoal).toBe(4_500_007)
    expect(stream.stats().rewards.applied).toBe(1_200_000)
  })

  test('cancels out where half of them subtract', async () => {
    const stream = await shared(100)
    stream.writeEvent({ rewardCuriosity: 0.5 })
    const hands = await crew.join(stream, 4)
    const { words } = new Gate()
    const order = { seqs: [0], appraiser: AppraiserType.Curiosity, times: 300_000, words, threads: 4 }
    await Promise.all(hands.map((hand, i) => hand.ask('addRewards', { ...order, amount: i % 2 === 0 ? 1 : -1 })))
    expect(stream.getEvent(0)).toMatchObject({ rewardCuriosity: 0.5, totalReward: 0.5 })
  })
})

describe('four appraisers in four threads', () => {
  test('complete every event exactly once, keep its other flags, and each owns its slot', async () => {
    const count = 20_000
    const stream = await shared(count)
    for (let i = 0; i < count; i++) write(stream, 0, i)
    const flags = Array.from(stream.queryRange(0, count), (view) => view.flags)
    const hands = await crew.join(stream, 4)
    const { words } = new Gate()
    await Promise.all(
      hands.map((hand, i) => hand.ask('scoreAll', { count, appraiser: ALL[i], bulk: i % 2 === 1, words, threads: 4 })),
    )
    const batch = stream.queryRange(0, count)
    expect(batch.length).toBe(count)
    const rewards = batch.rewards()
    let wrong = 0
    for (let seq = 0; seq < count; seq++) {
      const view = batch.view(seq)
      if (view.flags !== (flags[seq]! | EventFlags.FULLY_APPRAISED)) wrong++
      for (const slot of ALL) if (rewards[4 * seq + slot] !== lateReward(seq, slot)) wrong++
    }
    expect(wrong).toBe(0)
    const { applied, evicted, fullyAppraised } = stream.stats().rewards
    expect([applied, evicted, fullyAppraised]).toEqual([4 * count, 0, count])
    stream.setAppraiserReward(0, AppraiserType.Goal, 1)
    stream.markFullyAppraised(1)
    expect(stream.stats().rewards.fullyAppraised).toBe(count)
  })

  test('that the stream does not ask for complete nothing', async () => {
    const stream = await shared(2000, { appraisers: [AppraiserType.Homeostasis, AppraiserType.Goal] })
    for (let i = 0; i < 2000; i++) write(stream, 0, i)
    const hands = await crew.join(stream, 2)
    const { words } = new Gate()
    const order = { count: 2000, bulk: false, words, threads: 2 }
    await Promise.all(hands.map((hand, i) => hand.ask('scoreAll', { ...order, appraiser: i })))
    expect(stream.stats().rewards.fullyAppraised).toBe(0)
    for (let seq = 0; seq < 2000; seq++) stream.markAppraised(seq, AppraiserType.Goal)
    expect(stream.stats().rewards.fullyAppraised).toBe(2000)
  })
})

describe('rewards that race with eviction', () => {
  test.each([4, 16, 64])('stay with their event on a ring of %i slots, whatever overtakes them', async (capacity) => {
    const stream = await shared(capacity, { priority: 'explicit' })
    const hands = await crew.join(stream, 4)
    const gate = new Gate()
    const writing = hands[0]!.ask('writeUntil', { writer: 1, ...gate })
    const chasing = [0, 1].map((slot) => {
      return hands[1 + slot]!.ask('chase', { appraiser: 2 * slot, ...gate, priorities: slot === 1 })
    })
    const reading = hands[3]!.ask('validate', { ways: ['getEvent', 'queryRange', 'view'], ...gate })
    while (stream.totalWritten < 150_000) await new Promise((resolve) => setImmediate(resolve))
    gate.open()
    const count: number = await writing
    let applied = 0
    let evicted = 0
    for (const became of (await Promise.all(chasing)) as Record<string, number>[]) {
      const { applied: done, evicted: late, lost, vanished, ...errors } = became
      expect([lost, vanished]).toEqual([0, 0])
      applied += done!
      evicted += late!
      const known = ['SEQUENCE_EVICTED', 'SEQUENCE_NOT_WRITTEN', 'SEQUENCE_ABORTED']
      expect(Object.keys(errors).filter((code) => !known.includes(code))).toEqual([])
    }
    expect(applied).toBeGreaterThan(0)
    const { faults, read } = await reading
    expect(faults).toEqual([])
    expect(read.queryRange).toBeGreaterThan(0)
    expect(faultsOf(stream.queryRange(0, Number.MAX_SAFE_INTEGER), asScored)).toEqual([])
    await Promise.all(hands.map((hand) => hand.ask('close')))
    const { written, rewards } = stream.stats()
    expect(written).toBe(count)
    expect(rewards.evicted).toBe(evicted)
    expect(rewards.applied).toBeLessThanOrEqual(applied)
    expect(rewards.fullyAppraised).toBe(0)
  })

  test('leave nothing behind for the next event of the slot', async () => {
    const stream = await shared(4)
    for (let seq = 0; seq < 4; seq++) {
      write(stream, 0, seq)
      for (const slot of ALL) stream.setAppraiserReward(seq, slot, -1)
      stream.addReward(seq, AppraiserType.Goal, 5)
    }
    for (let seq = 4; seq < 8; seq++) write(stream, 0, seq)
    expect(faultsOf(stream.queryRange(0, 8))).toEqual([])
    expect(stream.addReward(4, AppraiserType.Goal, 5)).toBe('applied')
    const event = stream.getEvent(4)!
    expect(event.rewardGoal).toBe(firstReward(event.timestamp, AppraiserType.Goal) + 5)
    expect(event.flags & EventFlags.FULLY_APPRAISED).toBe(0)
  })
})

describe('a late write to what is not there', () => {
  test('says whether the event is evicted, not written yet, or was given up, one by one and in bulk', async () => {
    const stream = await shared(6400, { priority: 'explicit' })
    const [hand] = await crew.join(stream, 1)
    const gate = new Gate()
    const done = hand!.ask('writeAndPause', { writer: 1, count: 4, more: 0, ...gate })
    await hand!.tells()
    write(stream, 0, 0)
    const calls = (seq: number): (() => unknown)[] => [
      () => stream.setAppraiserReward(seq, AppraiserType.Goal, 1),
      () => stream.addReward(seq, AppraiserType.Goal, 1),
      () => stream.markAppraised(seq, AppraiserType.Goal),
      () => stream.markFullyAppraised(seq),
    ]
    const bulk = (seqs: number[]): (() => unknown)[] => [
      () => stream.setAppraiserRewards(seqs, AppraiserType.Goal, new Float32Array(seqs.length).fill(2)),
      () => stream.setPriorities(seqs, new Float32Array(seqs.length)),
    ]
    for (const seq of [5, 8]) {
      for (const call of [...calls(seq), ...bulk([7, seq])]) expect(call).toThrow(SequenceNotWrittenError)
    }
    expect(stream.getEvent(7)!.rewardGoal).not.toBe(2)
    stream.retire(stream.stats().threads!.members[1]!.writerId)
    gate.open()
    await done
    for (const call of calls(5)) expect(call).toThrow(SequenceAbortedError)
    for (let i = 0; i < 6400; i++) stream.writeEvent({})
    for (const call of [...calls(0), ...calls(5)]) expect(call).toThrow(SequenceEvictedError)
    const counts = { applied: 1, corrected: 0, evicted: 3 }
    for (const call of bulk([0, 5, 6000, 7])) expect(call()).toEqual(counts)
    expect(stream.stats().rewards).toMatchObject({ applied: 1, evicted: 6 })
  })
})
