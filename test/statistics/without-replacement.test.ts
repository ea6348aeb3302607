/**
 * Sampling without replacement: the sets that come out have exactly the probabilities that enumeration gives.
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
import { binomialTails, fit, LEVEL } from './goodness.js'
import { inclusionProbabilities, successiveSets } from './successive.js'

const WITHOUT = { replacement: false }

/** Draws sets of `size` and tests them, their inclusion probabilities and the order of the first draw. */
function expectSuccessive(
  stream: ExperienceStream,
  strategy: SamplingStrategy,
  weights: readonly number[],
  size: number,
  rounds: number,
): void {
  const { sets, probabilities, cell } = successiveSets(weights, size)
  const sum = weights.reduce((a, b) => a + b)
  const counts = new Float64Array(sets.length)
  const hits = new Float64Array(weights.length)
  const first = new Float64Array(weights.length)
  const positive = weights.filter((weight) => weight > 0).length
  const oldest = stream.oldestSeq
  for (let round = 0; round < rounds; round++) {
    const { seqs, probabilities: reported, length } = stream.sampleSeqs(size, strategy, WITHOUT)
    check(length === Math.min(size, positive), () => `${length} events instead of ${Math.min(size, positive)}`)
    let set = 0
    for (let i = 0; i < length; i++) {
      const item = seqs[i]! - oldest
      set |= 1 << item
      hits[item]!++
      const share = weights[item]! / sum
      check(Math.abs(reported[i]! / share - 1) < 1e-10, () => `probability ${reported[i]} for a share of ${share}`)
    }
    first[seqs[0]! - oldest]!++
    const index = cell.get(set)
    check(index !== undefined, () => `set ${set.toString(2)} is impossible or has repeats`)
    counts[index!]!++
  }
  expect(fit(counts, probabilities).pValue).toBeGreaterThan(LEVEL)
  inclusionProbabilities(weights, size).forEach((probability, item) => {
    if (probability < 1 - 1e-12) expect(binomialTails(hits[item]!, rounds, probability)).toBeGreaterThan(LEVEL)
    else expect(hits[item]).toBe(rounds)
  })
  expect(
    fit(
      first,
      weights.map((weight) => weight / sum),
    ).pValue,
  ).toBeGreaterThan(LEVEL)
}

function streamOf(weights: readonly number[], offset: number): ExperienceStream {
  const stream = ExperienceStream.createSync({ capacity: weights.length, seed: 71 })
  for (let i = 0; i < offset; i++) stream.writeEvent({ rewardGoal: 7 })
  for (const weight of weights) stream.writeEvent({ rewardGoal: weight, eventType: 3, stepNumber: 1 })
  return stream
}

describe('without replacement', () => {
  for (const size of [1, 2, 5, 7]) {
    test(`${size} of 7 uniform: every set is equally probable`, () => {
      expectSuccessive(streamOf([1, 1, 1, 1, 1, 1, 1], 4), uniform(), [1, 1, 1, 1, 1, 1, 1], size, 40_000)
    })
    test(`${size} of 7 by type and by predicate: every set is equally probable`, () => {
      const stream = streamOf([1, 1, 1, 1, 1, 1, 1], 0)
      expectSuccessive(stream, filteredByType(3), [1, 1, 1, 1, 1, 1, 1], size, 40_000)
      expectSuccessive(
        stream,
        custom((event) => event.eventType === 3),
        [1, 1, 1, 1, 1, 1, 1],
        size,
        20_000,
      )
    })
  }

  for (const size of [1, 2, 3, 4, 6]) {
    test(`${size} of 6 by reward are successive draws`, () => {
      const weights = [5, 0.5, 1, 30, 2, 0.25]
      expectSuccessive(streamOf(weights, 5), prioritizedReward(), weights, size, 60_000)
    })
  }

  test('events without weight never come, so that a batch is smaller than asked', () => {
    const weights = [0, 3, 0, 1, 0, 2]
    expectSuccessive(streamOf(weights, 2), prioritizedReward(), weights, 4, 5000)
    expectSuccessive(streamOf(weights, 2), prioritizedReward(), weights, 2, 40_000)
  })

  test('α and ε shape the weights here too', () => {
    const weights = [0, 3, 0.5, 1, 8]
    const powered = weights.map((weight) => (weight + 0.125) ** 0.5)
    expectSuccessive(streamOf(weights, 0), prioritizedReward({ alpha: 0.5, epsilon: 0.125 }), powered, 3, 60_000)
    expectSuccessive(streamOf(weights, 0), prioritizedReward({ alpha: 0 }), [1, 1, 1, 1, 1], 3, 60_000)
  })

  test('recency: successive draws with decay^age', () => {
    const weights = [5, 4, 3, 2, 1, 0].map((age) => 0.7 ** age)
    expectSuccessive(streamOf([1, 1, 1, 1, 1, 1], 3), recencyWeighted({ decay: 0.7 }), weights, 3, 60_000)
  })

  test('mixed: successive draws with the weighted sum of reward and rank', () => {
    const rewards = [4, 0, 1, 2, 0]
    const weights = rewards.map((reward, i) => 0.5 * reward + (2 * (i + 1)) / 5)
    const strategy = mixed({ rewardWeight: 0.5, recencyWeight: 2 })
    expectSuccessive(streamOf(rewards, 3), strategy, weights, 3, 60_000)
  })

  test('a long window whose old weights underflow still gives as many events as asked', () => {
    const stream = ExperienceStream.createSync({ capacity: 5000, seed: 3 })
    for (let i = 0; i < 7000; i++) stream.writeEvent({})
    for (const decay of [0.5, 0.99, 0.001, 1e-300]) {
      for (const size of [10, 5000, 9999]) {
        const { seqs, length } = stream.sampleSeqs(size, recencyWeighted({ decay }), WITHOUT)
        expect(length).toBe(Math.min(size, 5000))
        expect(new Set(seqs.subarray(0, length)).size).toBe(length)
      }
    }
  })

  test('runs: each valid run is equally probable, and no run comes twice', () => {
    const stream = ExperienceStream.createSync({ capacity: 12, seed: 9 })
    for (let i = 0; i < 12; i++) stream.writeEvent({ episodeId: i % 2, stepNumber: i >> 1 })
    // Two interleaved episodes of six steps hold 2 × 4 runs of three.
    const counts = new Map<string, number>()
    for (let round = 0; round < 30_000; round++) {
      const { seqs, length, population } = stream.sampleSeqs(2, sequences({ length: 3 }), WITHOUT)
      check(length === 6 && population === 8, () => `${length} rows of ${population} runs`)
      const key = [seqs[0]!, seqs[3]!].sort((a, b) => a - b).join()
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    // 28 pairs of different runs: no pair of one run twice is among them.
    expect(counts.size).toBe(28)
    expect([...counts.keys()].filter((key) => new Set(key.split(',')).size < 2)).toEqual([])
    expect(fit([...counts.values()], new Float64Array(28).fill(1 / 28)).pValue).toBeGreaterThan(LEVEL)
  })
})
