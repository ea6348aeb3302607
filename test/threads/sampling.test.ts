/**
 * Each thread samples a window of its own that stands still: fresh when the call begins, exact for its weights.
 *
 * @module
 */

import { afterEach, describe, expect, test } from 'vitest'
import { Crew } from './support/crew.mjs'
import { Gate } from './support/gate.mjs'
import {
  AppraiserType,
  type EventBatch,
  ExperienceStream,
  mixed,
  prioritizedReward,
  recencyWeighted,
  recent,
  type Stream,
  sequences,
  uniform,
} from './support/library.mjs'
import { inputOf, write } from './support/payload.mjs'

const crew = new Crew()
afterEach(() => crew.dismiss())

type Strategy = ReturnType<typeof uniform>

function shared(capacity: number, options: Parameters<typeof ExperienceStream.create>[0] = {}): Promise<Stream> {
  return ExperienceStream.create({ capacity, shared: true, seed: 5, ...options })
}

/** The probability of each row by the weights that `weightOf` gives for the events of the window. */
function expected(seqs: Iterable<number>, window: readonly number[], weightOf: (seq: number) => number): number[] {
  const total = window.reduce((sum, seq) => sum + weightOf(seq), 0)
  return Array.from(seqs, (seq) => weightOf(seq) / total)
}

function expectClose(found: Iterable<number>, wanted: readonly number[]): void {
  const off = Array.from(found, (value, i) => Math.abs(value / wanted[i]! - 1)).filter((error) => !(error < 1e-12))
  expect(off).toEqual([])
}

/** The total reward of the live events, by number. */
function totalsOf(batch: EventBatch): Map<number, number> {
  const totals = batch.totalRewards()
  return new Map(Array.from(batch.seqs, (seq, i) => [seq, Math.abs(totals[i]!)]))
}

describe('a sample', () => {
  test('holds every reward that returned in another thread before it began, in records and probabilities', async () => {
    const stream = await shared(256)
    for (let seq = 0; seq < 256; seq++) stream.writeEvent({ rewardGoal: 1 })
    const hands = await crew.join(stream, 2)
    const rewards = new Map(Array.from({ length: 256 }, (_, seq) => [seq, 1]))
    for (let round = 0; round < 100; round++) {
      const seq = (round * 37) % 256
      const reward = 10 + round
      await hands[round % 2]!.ask('call', 'setAppraiserReward', seq, AppraiserType.Goal, reward)
      rewards.set(seq, reward)
      const batch = stream.sampleBatch(64, prioritizedReward())
      expect([...batch.totalRewards()]).toEqual(Array.from(batch.seqs, (drawn) => rewards.get(drawn)))
      expectClose(
        batch.probabilities,
        expected(batch.seqs, [...rewards.keys()], (drawn) => rewards.get(drawn)!),
      )
    }
  })

  test('in a worker holds what this thread has just written and scored', async () => {
    const stream = await shared(100)
    const [hand] = await crew.join(stream, 1)
    for (let seq = 0; seq < 250; seq++) {
      expect(stream.writeEvent({})).toBe(seq)
      stream.setAppraiserReward(seq, AppraiserType.Goal, seq + 1)
      const { start, end, population, seqs, probabilities } = await hand!.ask('samplePrioritized', { size: 8 })
      expect([start, end, population]).toEqual([Math.max(0, seq - 99), seq + 1, Math.min(seq + 1, 100)])
      const window = Array.from({ length: population }, (_, i) => start + i)
      expectClose(
        probabilities,
        expected(seqs, window, (drawn) => drawn + 1),
      )
    }
  })

  test('carries its as-of number: the first that had not settled', async () => {
    const stream = await shared(6400)
    const [hand] = await crew.join(stream, 1)
    const gate = new Gate()
    const done = hand!.ask('writeAndPause', { writer: 1, count: 4, more: 3, ...gate })
    await hand!.tells()
    for (let i = 0; i < 10; i++) write(stream, 0, i)
    const before = stream.sampleBatch(100)
    expect([before.start, before.end, before.population, before.length]).toEqual([0, 4, 4, 4])
    gate.open()
    await done
    const after = stream.sampleBatch(100)
    expect([after.start, after.end, after.population]).toEqual([0, 17, 17])
    expect([...after.seqs].sort((a, b) => a - b)).toEqual(Array.from({ length: 17 }, (_, i) => i))
  })

  test('leaves out numbers that no event ever got', async () => {
    const stream = await shared(6400)
    const [hand] = await crew.join(stream, 1)
    void hand!.ask('writeAndPause', { writer: 1, count: 4, more: 0, ...new Gate() })
    await hand!.tells()
    for (let i = 0; i < 10; i++) write(stream, 0, i)
    await hand!.end()
    const batch = stream.sampleBatch(100)
    expect([batch.start, batch.end, batch.population]).toEqual([0, 17, 14])
    expect([...batch.seqs].sort((a, b) => a - b)).toEqual([...stream.queryRange(0, 17).seqs])
  })

  test('is exact for the weights of its window once the threads rest', async () => {
    const stream = await shared(1000)
    const hands = await crew.join(stream, 3)
    stream.sampleBatch(1, prioritizedReward())
    const gate = new Gate()
    const writing = [0, 1].map((writer) => hands[writer]!.ask('writeUntil', { writer, ...gate }))
    const chasing = hands[2]!.ask('chase', { appraiser: AppraiserType.Goal, ...gate })
    const sampled: number[] = []
    while (stream.totalWritten < 50_000) {
      sampled.push(stream.sampleBatch(32, prioritizedReward()).end)
      await new Promise((resolve) => setImmediate(resolve))
    }
    gate.open()
    await Promise.all([...writing, chasing])
    expect(sampled.every((end, i) => i === 0 || end >= sampled[i - 1]!)).toBe(true)
    await Promise.all(hands.map((hand) => hand.ask('close')))
    const totals = totalsOf(stream.queryRange(0, Number.MAX_SAFE_INTEGER))
    const batch = stream.sampleBatch(500, prioritizedReward())
    expect([batch.population, batch.end]).toEqual([totals.size, stream.totalWritten])
    expect([...batch.totalRewards()].map(Math.abs)).toEqual(Array.from(batch.seqs, (seq) => totals.get(seq)))
    expectClose(
      batch.probabilities,
      expected(batch.seqs, [...totals.keys()], (seq) => totals.get(seq)!),
    )
  })
})

describe('samplers in two threads', () => {
  test.each([64, 1000])('draw whole events of their windows while others write, on %i slots', async (capacity) => {
    const stream = await shared(capacity, { priority: 'explicit' })
    const hands = await crew.join(stream, 4)
    for (let i = 0; i < 10; i++) write(stream, 9, i)
    const gate = new Gate()
    const writing = hands[0]!.ask('writeUntil', { writer: 1, ...gate, batch: 20 })
    const chasing = hands[1]!.ask('chase', { appraiser: AppraiserType.Goal, ...gate })
    const sampling = [2, 3].map((i) => hands[i]!.ask('sampleUntil', { ...gate, priorities: i === 3 }))
    while (stream.totalWritten < 100_000) await new Promise((resolve) => setImmediate(resolve))
    gate.open()
    await Promise.all([writing, chasing])
    for (const { samples, rows, faults } of await Promise.all(sampling)) {
      expect(faults).toEqual([])
      expect(rows).toBeGreaterThan(samples)
    }
  })
})

describe('explicit priorities', () => {
  test('given by another thread count from the next sample on', async () => {
    const stream = await shared(100, { priority: 'explicit' })
    for (let seq = 0; seq < 100; seq++) stream.writeEvent({})
    const hands = await crew.join(stream, 2)
    const all = Array.from({ length: 100 }, (_, seq) => seq)
    await hands[0]!.ask('call', 'setPriorities', all, all)
    for (const hand of hands) {
      const { seqs, probabilities } = await hand.ask('samplePrioritized', { size: 50 })
      expectClose(
        probabilities,
        expected(seqs, all, (seq) => seq),
      )
    }
    expect([...stream.getPriorities(all)]).toEqual(all)
    await hands[1]!.ask('call', 'setPriorities', [7, 7], [1, 5000])
    expect(stream.getPriorities([7])[0]).toBe(5000)
  })

  test('given by this thread to an event that it has not sampled yet are not lost', async () => {
    const stream = await shared(100, { priority: 'explicit' })
    for (let seq = 0; seq < 10; seq++) stream.writeEvent({})
    stream.setPriorities([0, 1, 2], [1, 1, 1])
    stream.sampleBatch(1, prioritizedReward())
    for (const seq of [10, 11, 12]) expect(stream.writeEvent({})).toBe(seq)
    stream.setPriorities([11], [50])
    expect([...stream.getPriorities([0, 10, 11, 12])]).toEqual([1, 1, 50, 1])
    stream.writeEvent({})
    stream.setPriorities([13], [60])
    stream.sampleBatch(1, prioritizedReward())
    expect([...stream.getPriorities([11, 13])]).toEqual([50, 60])
  })

  test('end as the last thread gave them, whoever sampled meanwhile', async () => {
    const stream = await shared(512, { priority: 'explicit' })
    for (let seq = 0; seq < 512; seq++) write(stream, 0, seq)
    const hands = await crew.join(stream, 3)
    const gate = new Gate()
    const sampling = hands.map((hand) => hand.ask('sampleUntil', { ...gate, priorities: true }))
    const all = Array.from({ length: 512 }, (_, seq) => seq)
    for (let round = 0; round < 50; round++) {
      stream.sampleBatch(64, prioritizedReward())
      await new Promise((resolve) => setImmediate(resolve))
    }
    gate.open()
    for (const { faults } of await Promise.all(sampling)) expect(faults).toEqual([])
    const here = [...stream.getPriorities(all)]
    for (const hand of hands) expect([...(await hand.ask('call', 'getPriorities', all))]).toEqual(here)
  })
})

describe('the same seed and the same events', () => {
  const strategies: [string, Strategy][] = [
    ['uniform', uniform()],
    ['prioritized', prioritizedReward({ alpha: 0.6, epsilon: 0.01 })],
    ['recency', recencyWeighted({ decay: 0.9 })],
    ['mixed', mixed({ rewardWeight: 1, recencyWeight: 2 })],
    ['recent', recent(20)],
    ['sequences', sequences({ length: 3 })],
  ]

  test.each(strategies)('give the draws of a stream of one thread: %s', async (_, strategy) => {
    const plain = await ExperienceStream.create({ capacity: 100, seed: 5 })
    const ring = await shared(100, { seed: 1 })
    const other = await ExperienceStream.attach(ring.handle(), { seed: 5 })
    for (let i = 0; i < 350; i++) {
      const event = { ...inputOf(0, i), episodeId: i % 2, stepNumber: i >> 1 }
      expect([plain.writeEvent(event), (i % 3 === 0 ? ring : other).writeEvent(event)]).toEqual([i, i])
      const reward = (i * i) % 17
      for (const stream of [plain, ring]) stream.setAppraiserReward(i - (i % 7), AppraiserType.Goal, reward)
      if (i % 23 !== 0) continue
      const [wanted, found] = [plain, other].map((stream) => stream.sampleBatch(9, strategy))
      expect([...found!.seqs]).toEqual([...wanted!.seqs])
      expect([...found!.probabilities]).toEqual([...wanted!.probabilities])
      expect([...found!.weights]).toEqual([...wanted!.weights])
      expect(found!.population).toBe(wanted!.population)
    }
  })
})
