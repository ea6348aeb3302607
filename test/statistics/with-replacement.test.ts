/**
 * Draws with replacement of every other strategy, against their exact laws.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import {
  custom,
  ExperienceStream,
  filteredByType,
  mixed,
  prioritizedReward,
  recencyWeighted,
  type SamplingStrategy,
  sequences,
  uniform,
} from '../../src/index.js'
import { check } from '../model/same.js'
import { exactSum, fit, LEVEL, normalise } from './goodness.js'

/** Draws `draws` events and holds them and their reported probabilities against `weights`, oldest event first. */
function expectLaw(
  stream: ExperienceStream,
  strategy: SamplingStrategy,
  weights: ArrayLike<number>,
  draws: number,
  tolerance = 1e-12,
): void {
  const expected = normalise(weights)
  const counts = new Float64Array(weights.length)
  let worst = 0
  const oldest = stream.oldestSeq
  for (let left = draws; left > 0; left -= 4096) {
    const { seqs, probabilities, length } = stream.sampleSeqs(Math.min(left, 4096), strategy, { replacement: true })
    for (let i = 0; i < length; i++) {
      const item = seqs[i]! - oldest
      counts[item]!++
      worst = Math.max(worst, Math.abs(probabilities[i]! / expected[item]! - 1))
    }
  }
  expect(exactSum(counts)).toBe(draws)
  expect(worst).toBeLessThanOrEqual(tolerance)
  expect(fit(counts, expected).pValue).toBeGreaterThan(LEVEL)
}

function streamOf(size: number, offset: number): ExperienceStream {
  const stream = ExperienceStream.createSync({ capacity: size, seed: 41 })
  for (let i = -offset; i < size; i++) {
    stream.writeEvent({ eventType: (i + offset) % 5, stepNumber: Math.max(0, i), rewardGoal: (i + offset) % 4 })
  }
  return stream
}

describe('with replacement', () => {
  for (const [size, offset] of [
    [1, 0],
    [2, 3],
    [64, 0],
    [1000, 1234],
  ] as const) {
    test(`uniform over ${size} after ${offset} evictions`, () => {
      expectLaw(streamOf(size, offset), uniform(), new Float64Array(size).fill(1), 200_000)
    })
  }

  for (const [size, offset] of [
    [100, 0],
    [1000, 3777],
  ] as const) {
    test(`by type over ${size} after ${offset} evictions: uniform among the matches`, () => {
      const weights = Float64Array.from({ length: size }, (_, i) =>
        (i + offset) % 5 === 2 || (i + offset) % 5 === 4 ? 1 : 0,
      )
      expectLaw(streamOf(size, offset), filteredByType([2, 4]), weights, 200_000)
    })
    test(`by predicate over ${size} after ${offset} evictions: uniform among the matches`, () => {
      const weights = Float64Array.from({ length: size }, (_, i) => (i % 3 === 0 ? 1 : 0))
      expectLaw(
        streamOf(size, offset),
        custom((event) => event.stepNumber % 3 === 0),
        weights,
        100_000,
      )
    })
  }

  for (const decay of [1, 0.999999, 0.999, 0.99, 0.5]) {
    test(`recency with decay ${decay}`, () => {
      const weights = Float64Array.from({ length: 700 }, (_, i) => decay ** (699 - i))
      expectLaw(streamOf(700, 55), recencyWeighted({ decay }), weights, 200_000, 1e-10)
    })
  }

  test('recency with decay 0 is the newest event alone', () => {
    const { seqs, probabilities, length } = streamOf(50, 20).sampleSeqs(20, recencyWeighted({ decay: 0 }))
    expect(length).toBe(20)
    for (let i = 0; i < length; i++) expect([seqs[i], probabilities[i]]).toEqual([69, 1])
  })

  test('recency over a million events with decay 0.999999', () => {
    const size = 1_000_000
    const stream = ExperienceStream.createSync({ capacity: size, seed: 6 })
    const batch = new Uint8Array(8000 * 128)
    for (let i = 0; i < 130; i++) stream.writeBatch(batch)
    const blocks = new Float64Array(1000)
    for (let round = 0; round < 100; round++) {
      const { seqs, length } = stream.sampleSeqs(4096, recencyWeighted({ decay: 0.999999 }))
      for (let i = 0; i < length; i++) blocks[Math.floor((seqs[i]! - stream.oldestSeq) / 1000)]!++
    }
    const weights = Float64Array.from(blocks, (_, block) => 0.999999 ** (1000 * (999 - block)))
    expect(fit(blocks, normalise(weights)).pValue).toBeGreaterThan(LEVEL)
  })

  for (const [rewardWeight, recencyWeight] of [
    [1, 1],
    [0.3, 0.7],
    [1, 0],
    [0, 1],
  ] as const) {
    test(`mixed with ${rewardWeight} of reward and ${recencyWeight} of recency`, () => {
      const size = 333
      const weights = Float64Array.from(
        { length: size },
        (_, i) => rewardWeight * ((i + 500) % 4) + (recencyWeight * (i + 1)) / size,
      )
      expectLaw(streamOf(size, 500), mixed({ rewardWeight, recencyWeight }), weights, 200_000)
    })
  }

  test('runs of steps: uniform over all valid runs, where episodes interleave, break and lose their start', () => {
    const stream = ExperienceStream.createSync({ capacity: 40, seed: 12 })
    // Episode 2 repeats its step 3 and so breaks there; 0 and 1 interleave; the first events are evicted.
    for (let i = 0; i < 66; i++) {
      const episodeId = i % 3
      const step = Math.floor(i / 3)
      stream.writeEvent({ episodeId, stepNumber: episodeId === 2 && step > 14 ? step - 1 : step })
    }
    const events = stream.queryRange(0, 66).toArray()
    const runs = new Set<number>()
    for (const event of events) {
      const own = events.filter((other) => other.episodeId === event.episodeId && other.seq >= event.seq).slice(0, 4)
      if (own.length === 4 && own.every((other, k) => other.stepNumber === event.stepNumber + k)) runs.add(event.seq)
    }
    const weights = Float64Array.from({ length: 40 }, (_, i) => (runs.has(stream.oldestSeq + i) ? 1 : 0))
    const counts = new Float64Array(40)
    for (let round = 0; round < 200; round++) {
      const { seqs, probabilities, length, population } = stream.sampleSeqs(500, sequences({ length: 4 }), {
        replacement: true,
      })
      check(length === 2000 && population === runs.size, () => `${length} rows of ${population} runs`)
      for (let draw = 0; draw < 500; draw++) {
        counts[seqs[4 * draw]! - stream.oldestSeq]!++
        for (let row = 1; row < 4; row++) {
          check(seqs[4 * draw + row]! - seqs[4 * draw + row - 1]! === 3, () => `row ${row} is of another run`)
          check(probabilities[4 * draw + row] === 1 / runs.size, () => `probability ${probabilities[4 * draw + row]}`)
        }
      }
    }
    expect(fit(counts, normalise(weights)).pValue).toBeGreaterThan(LEVEL)
  })
})

describe('importance weights', () => {
  const rewards = Array.from({ length: 200 }, (_, i) => (i % 10 === 0 ? 0 : (i % 23) + 0.1))
  function stream(): ExperienceStream {
    const made = ExperienceStream.createSync({ capacity: 200, seed: 2 })
    for (const reward of rewards) made.writeEvent({ rewardCuriosity: reward })
    return made
  }

  for (const [beta, size] of [
    [0, 256],
    [0.4, 256],
    [0.4, 5000],
    [1, 1],
    [1, 1023],
    [1, 1025],
    [2.5, 256],
  ] as const) {
    test(`are (N·p)^−β over the largest of the batch for β = ${beta} and ${size} draws`, () => {
      const strategy = prioritizedReward({ alpha: 0.7, beta })
      const { probabilities, weights, population, length } = stream().sampleSeqs(size, strategy)
      expect([population, length]).toEqual([200, size])
      const raw = Array.from({ length }, (_, i) => (population * probabilities[i]!) ** -beta)
      const largest = Math.max(...raw)
      for (let i = 0; i < length; i++)
        check(Math.abs(weights[i]! - raw[i]! / largest) < 1e-6, () => `weight ${weights[i]} of draw ${i}`)
      expect(Math.max(...weights.subarray(0, length))).toBe(1)
    })
  }

  test('with β = 1 make the mean of any function of the drawable events unbiased', () => {
    const source = stream()
    const value = (seq: number) => Math.sin(seq) + (seq % 7)
    const drawable = rewards.map((_, seq) => seq).filter((seq) => rewards[seq]! > 0)
    const truth = exactSum(drawable.map(value)) / rewards.length
    let sum = 0
    let squares = 0
    const draws = 400_000
    for (let round = 0; round < draws / 4000; round++) {
      const { seqs, probabilities, length } = source.sampleSeqs(4000, prioritizedReward())
      for (let i = 0; i < length; i++) {
        const estimate = value(seqs[i]!) / (rewards.length * probabilities[i]!)
        sum += estimate
        squares += estimate * estimate
      }
    }
    const mean = sum / draws
    const error = Math.sqrt((squares / draws - mean * mean) / draws)
    expect(Math.abs(mean - truth)).toBeLessThan(4.9 * error)
    expect(error).toBeLessThan(0.05)
  })
})
