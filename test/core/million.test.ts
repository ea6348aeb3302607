/**
 * The core at its default size: a ring of a million events that has wrapped, compared with what a function of the
 * sequence number says.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ExperienceStream,
  filteredByType,
  prioritizedReward,
  recencyWeighted,
  sequences,
  uniform,
} from '../../src/index.js'
import { makeStream } from '../support/streams.js'

const CAPACITY = 1_000_000
const WRITTEN = 1_337_000
const OLDEST = WRITTEN - CAPACITY
const FIRST = 2 ** 32 - 700_000
const CHUNK = 7000

const stepOf = (i: number) => Math.floor(i / 3)
const typeOf = (i: number) => (i % 20 === 7 ? 600 : i % 5)
const rewardOf = (i: number) => (i % 4 === 0 ? 0 : (i % 1000) / 8)

let stream: ExperienceStream
let lapped: ReturnType<ExperienceStream['subscribe']>

beforeAll(async () => {
  stream = await makeStream({ capacity: CAPACITY, seed: 11, firstSeq: FIRST })
  lapped = stream.subscribe({ types: 600 })
  for (let from = 0; from < WRITTEN; from += CHUNK) {
    const length = Math.min(CHUNK, WRITTEN - from)
    const at = (of: (i: number) => number) => Array.from({ length }, (_, k) => of(from + k))
    stream.writeBatch({
      timestamps: Float64Array.from(at((i) => 1_000_000 + i * 10)),
      episodeIds: Float64Array.from(at((i) => i % 3)),
      stepNumbers: Uint32Array.from(at(stepOf)),
      eventTypes: Uint16Array.from(at(typeOf)),
      rewardsGoal: Float32Array.from(at(rewardOf)),
    })
  }
})

afterAll(() => stream.close())

function countOf(predicate: (i: number) => boolean): number {
  let count = 0
  for (let i = OLDEST; i < WRITTEN; i++) if (predicate(i)) count++
  return count
}

describe('a million events', () => {
  test('are the newest that were written, each with its own content', () => {
    expect([stream.size, stream.oldestSeq, stream.totalWritten]).toEqual([CAPACITY, FIRST + OLDEST, FIRST + WRITTEN])
    expect(stream.getEvent(FIRST + OLDEST - 1)).toBe(undefined)
    for (let i = OLDEST; i < WRITTEN; i += 997) {
      const view = stream.view(FIRST + i)!
      expect([view.stepNumber, view.eventType, view.rewardGoal, view.timestamp, view.episodeIdNumber]).toEqual([
        stepOf(i),
        typeOf(i),
        rewardOf(i),
        1_000_000 + i * 10,
        i % 3,
      ])
    }
    const range = stream.queryRange(FIRST + 999_000, FIRST + 1_001_000)
    expect([range.length, range.at(1000).stepNumber, range.at(1999).eventType]).toEqual([
      2000,
      stepOf(1_000_000),
      typeOf(1_000_999),
    ])
  })

  test('are counted and found by type, by reward and by time', () => {
    expect(stream.count({ types: 600 })).toBe(countOf((i) => typeOf(i) === 600))
    expect(stream.count({ types: [600, 1] })).toBe(countOf((i) => typeOf(i) === 600 || typeOf(i) === 1))
    expect(stream.count({ minReward: 100 })).toBe(countOf((i) => rewardOf(i) >= 100))
    const found = stream.findSeqs({ types: 600, from: 1_000_000 + 1_300_000 * 10, maxReward: 10 })
    const expected = []
    for (let i = 1_300_000; i < WRITTEN; i++) if (typeOf(i) === 600 && rewardOf(i) <= 10) expected.push(FIRST + i)
    expect([...found]).toEqual(expected)
  })

  test('that a subscriber missed are counted exactly', () => {
    const batch = lapped.poll()
    expect([batch.missed, batch.length, batch.at(0).seq]).toEqual([
      OLDEST,
      1024,
      FIRST + OLDEST + ((7 - (OLDEST % 20) + 20) % 20),
    ])
    while (lapped.poll().length > 0);
    const { received, filtered, missed, position } = lapped
    expect([received, position]).toEqual([countOf((i) => typeOf(i) === 600), FIRST + WRITTEN])
    expect(received + filtered + missed).toBe(WRITTEN)
  })

  test('are drawn with the probabilities of their rewards', () => {
    let sum = 0
    for (let i = OLDEST; i < WRITTEN; i++) sum += rewardOf(i)
    const { seqs, probabilities, population } = stream.sampleSeqs(20_000, prioritizedReward())
    expect(population).toBe(CAPACITY)
    let worst = 0
    seqs.forEach((seq, k) => {
      worst = Math.max(worst, Math.abs(probabilities[k]! / (rewardOf(seq - FIRST) / sum) - 1))
    })
    expect(worst).toBeLessThan(1e-12)
  })

  test('follow a hundred thousand late rewards', () => {
    const targets = Float64Array.from({ length: 100_000 }, (_, k) => FIRST + OLDEST + k * 10)
    const late = Float32Array.from(targets, (_, k) => k % 7)
    expect(stream.setAppraiserRewards(targets, 0, late).applied).toBe(100_000)
    let sum = 0
    const total = (i: number) => rewardOf(i) + ((i - OLDEST) % 10 === 0 ? ((i - OLDEST) / 10) % 7 : 0)
    for (let i = OLDEST; i < WRITTEN; i++) sum += Math.fround(total(i))
    const { seqs, probabilities } = stream.sampleSeqs(20_000, prioritizedReward())
    let worst = 0
    seqs.forEach((seq, k) => {
      worst = Math.max(worst, Math.abs(probabilities[k]! / (total(seq - FIRST) / sum) - 1))
    })
    expect(worst).toBeLessThan(1e-12)
    stream.setAppraiserRewards(targets, 0, new Float32Array(100_000))
  })

  test('give samples without replacement that hold every match, or none twice', () => {
    const matches = countOf((i) => typeOf(i) === 600)
    const all = stream.sampleSeqs(100_000, filteredByType(600))
    expect([all.length, all.population]).toEqual([matches, matches])
    expect(new Set(all.seqs.subarray(0, all.length)).size).toBe(matches)
    for (const size of [300_000, 700_000, 1_000_000]) {
      const { seqs, length } = stream.sampleSeqs(size, uniform())
      expect(length).toBe(size)
      const seen = new Uint8Array(CAPACITY)
      for (let k = 0; k < length; k++) seen[seqs[k]! - FIRST - OLDEST]!++
      expect(seen.reduce((sum, times) => sum + times)).toBe(size)
      expect(seen.every((times) => times <= 1)).toBe(true)
    }
    const recency = stream.sampleSeqs(5000, recencyWeighted({ decay: 0.99 }), { replacement: false })
    expect(new Set(recency.seqs.subarray(0, recency.length)).size).toBe(5000)
  })

  test('hold runs of every episode, whose number is exact', () => {
    // Three interleaved episodes without a gap: of n events of an episode, n − 15 start a run of 16.
    const { population, seqs, length } = stream.sampleSeqs(500, sequences({ length: 16 }))
    expect([population, length]).toEqual([CAPACITY - 3 * 15, 8000])
    for (let k = 0; k < length; k++) if (k % 16 > 0) expect(seqs[k]! - seqs[k - 1]!).toBe(3)
  })
})
