/**
 * Samples of history are uniform over everything that is stored, whichever tier holds it, and repeatable by their seed.
 *
 * @module
 */

import { expect, test } from 'vitest'
import { HISTORY_LIMITS } from '../../../src/storage/history/limits.js'
import type { HistorySampleOptions } from '../../../src/storage/history/options.js'
import { Random } from '../../../src/storage/history/random.js'
import { ranksWithoutReplacement } from '../../../src/storage/history/ranks.js'
import { fit, LEVEL } from '../../statistics/goodness.js'
import { World } from './world.js'

/** Twelve events: some in the store alone, one of them there not at all, some in the journal, some in the ring. */
function spread({ limits = HISTORY_LIMITS } = {}): World {
  const world = new World({ capacity: 4, limits })
  for (let i = 0; i < 15; i++) {
    if (i === 3 || i === 4 || i === 12) world.abort()
    else world.write({ type: i % 2, metadata: i === 1 || i === 14 ? { intentType: `${i}` } : undefined })
  }
  world.flush()
  world.stores[0]!.follow(7)
  world.stores[0]!.commit()
  world.dropJournal()
  expect(world.stored()).toHaveLength(12)
  expect(world.journal.startSeq).toBeGreaterThan(2)
  return world
}

/** Draws pairs and tests them against the same probability for each of `pairs`. */
async function expectUniformPairs(pairs: string[], rounds: number, options: HistorySampleOptions): Promise<void> {
  const { history } = spread()
  const counts = new Float64Array(pairs.length)
  const place = new Map(pairs.map((pair, i) => [pair, i]))
  for (let seed = 0; seed < rounds; seed++) {
    const sample = await history.sample(2, { ...options, seed, metadata: false })
    const cell = place.get([...sample.seqs].join())
    expect(cell).toBeDefined()
    counts[cell!]!++
  }
  const { pValue } = fit(counts, new Float64Array(pairs.length).fill(1 / pairs.length))
  expect(pValue).toBeGreaterThan(LEVEL)
}

function pairsOf(seqs: number[], repeats: boolean): string[] {
  return seqs.flatMap((a) => seqs.filter((b) => repeats || a !== b).map((b) => `${a},${b}`))
}

const STORED = [0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 13, 14]
const ODD = STORED.filter((seq) => seq % 2 === 1)

test('without replacement every ordered pair of stored events is as likely as any other', async () => {
  await expectUniformPairs(pairsOf(STORED, false), 2500, {})
})

test('with replacement every pair is, repeats among them', async () => {
  await expectUniformPairs(pairsOf(STORED, true), 2500, { replacement: true })
})

test('the same holds for the events that meet a filter, without replacement', async () => {
  await expectUniformPairs(pairsOf(ODD, false), 1500, { filter: { types: 1 } })
})

test('and with replacement', async () => {
  await expectUniformPairs(pairsOf(ODD, true), 1500, { filter: { types: 1 }, replacement: true })
})

test('ranks without replacement, of few and of nearly all, come in every order with the same probability', () => {
  const random = new Random(4)
  for (const size of [2, 3]) {
    const orders = size === 2 ? pairsOf([0, 1, 2, 3], false) : ['0,1,2', '0,2,1', '1,0,2', '1,2,0', '2,0,1', '2,1,0']
    const counts = new Float64Array(orders.length)
    for (let i = 0; i < 20_000; i++) {
      const ranks = ranksWithoutReplacement(random, size, size === 2 ? 4 : 3)
      counts[orders.indexOf([...ranks].join())]!++
    }
    expect(fit(counts, new Float64Array(orders.length).fill(1 / orders.length)).pValue).toBeGreaterThan(LEVEL)
  }
})

test('counting by halves, down to single numbers, draws the same distribution', async () => {
  const { history } = spread({ limits: { ...HISTORY_LIMITS, few: 1, width: 2 } })
  const counts = new Float64Array(15)
  const sample = await history.sample(6000, { seed: 7, replacement: true })
  for (const seq of sample.seqs) counts[seq]!++
  const expected = counts.map((_, seq) => (STORED.includes(seq) ? 1 / 12 : 0))
  expect(fit(counts, expected).pValue).toBeGreaterThan(LEVEL)
})

test('a sample says how many events there were, where each came from, and what stands beside it', async () => {
  const world = spread()
  world.reward(0, 3, 2.5)
  const sample = await world.history.sample(100, { seed: 1 })
  expect(sample.population).toBe(12)
  expect([...sample.seqs].sort((a, b) => a - b)).toEqual(STORED)
  expect(sample.tier).toBe('mixed')
  for (let i = 0; i < sample.length; i++) {
    const { seq, rewardGoal } = sample.at(i)
    expect(sample.tierAt(i)).toBe(seq < world.journal.startSeq ? 'store-0' : seq < 11 ? 'journal' : 'ring')
    expect(rewardGoal).toBe(seq === 0 ? 2.5 : 0)
    expect(sample.masks[i]).toBe(seq === 0 ? 8 : 0)
  }
  expect(sample.metadata).toEqual(new Map([1, 14].map((seq) => [seq, { intentType: `${seq}` }])))
})

test('a filtered sample carries the same', async () => {
  const sample = await spread().history.sample(100, { seed: 1, filter: { types: 1 } })
  expect(sample.population).toBe(6)
  expect([...sample.seqs].sort((a, b) => a - b)).toEqual(ODD)
  expect(sample.metadata).toEqual(new Map([[1, { intentType: '1' }]]))
  const first = sample.seqs.indexOf(1)
  expect(sample.tierAt(first)).toBe('store-0')
})

test('the same seed draws the same events, another one others', async () => {
  const { history } = spread()
  const draw = async (seed: number | bigint) => [...(await history.sample(8, { seed })).seqs].join()
  expect(await draw(5)).toBe(await draw(5n))
  expect(await draw(5)).not.toBe(await draw(6))
  expect([...(await history.sample(8)).seqs].join()).not.toBe([...(await history.sample(8)).seqs].join())
})

test('an empty history, a size of 0 and a filter that nothing meets give an empty sample', async () => {
  const empty = await new World().history.sample(5, { replacement: true })
  expect([empty.length, empty.population]).toEqual([0, 0])
  const none = await spread().history.sample(0)
  expect([none.length, none.population]).toEqual([0, 12])
  const unmet = await spread().history.sample(3, { filter: { types: 9 }, replacement: true })
  expect([unmet.length, unmet.population]).toEqual([0, 0])
})

test('only the events that were drawn are read', async () => {
  const world = new World({ capacity: 4, limits: HISTORY_LIMITS })
  for (let i = 0; i < 3000; i++) world.write()
  world.flush()
  world.stores[0]!.follow(2000)
  world.stores[0]!.commit()
  world.dropJournal()
  const before = world.stores[0]!.queries
  await world.history.sample(1, { seed: 1, filter: {} })
  expect(world.stores[0]!.queries - before).toBeLessThanOrEqual(1)
})

test('an event that a store drops between counting and reading leads to another draw, not to a hole', async () => {
  const world = spread()
  const store = world.stores[0]!
  let dropped = false
  const count = store.count.bind(store)
  store.count = async (start, end) => {
    const found = await count(start, end)
    if (!dropped) for (const seq of [0, 2]) store.entries.delete(seq)
    dropped = true
    return found
  }
  const sample = await world.history.sample(12, { seed: 3 })
  expect(sample.population).toBe(10)
  expect([...sample.seqs].sort((a, b) => a - b)).toEqual(STORED.filter((seq) => seq !== 0 && seq !== 2))
})

test('a store that never tells the same twice is reported, not waited for', async () => {
  const world = spread()
  world.stores[0]!.count = async (start, end) => end - start
  await expect(world.history.sample(12, { seed: 3 })).rejects.toMatchObject({ code: 'STORAGE' })
})

test('random integers below any limit are uniform, also where the limit is no power of two', () => {
  const random = new Random(1)
  for (const limit of [1, 2, 3, 7, 2 ** 53, 3 * 2 ** 51]) {
    const cells = Math.min(limit, 6)
    const counts = new Float64Array(cells)
    let fair = true
    for (let i = 0; i < 20_000; i++) {
      const value = random.below(limit)
      fair &&= Number.isInteger(value) && value >= 0 && value < limit
      counts[Math.floor((value / limit) * cells)]!++
    }
    expect(fair).toBe(true)
    const expected = counts.map((_, i) => {
      const upTo = (k: number) => Math.ceil((k * limit) / cells)
      return (upTo(i + 1) - upTo(i)) / limit
    })
    expect(fit(counts, expected).pValue).toBeGreaterThan(LEVEL)
  }
})
