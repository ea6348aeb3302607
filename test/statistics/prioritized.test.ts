/**
 * Prioritized sampling of the real stream: all checks, by explicit priorities and by rewards, in a fresh and in a
 * wrapped ring; then every α and ε, churn by writing, and a restored sampler.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { ExperienceStream, prioritizedReward } from '../../src/index.js'
import { Random } from '../mutants/random.js'
import { CHECKS, drawAll, heavyAndZero, poweredProbabilities, reachability } from './checks.js'
import { fit, LEVEL, normalise } from './goodness.js'
import { ExplicitSampler, RewardSampler, writeZeros } from './stream-sampler.js'

const REWARD_LIMIT = 8e37

describe('prioritized sampling', () => {
  for (const check of CHECKS) {
    test(`by explicit priorities: ${check.name}`, () => {
      const { ok, detail } = check.run((size, seed) => new ExplicitSampler(size, seed))
      expect(ok, detail).toBe(true)
    })
    test(`in a ring that has wrapped: ${check.name}`, () => {
      const { ok, detail } = check.run((size, seed) => new ExplicitSampler(size, seed, 3 * size + (size >> 1)))
      expect(ok, detail).toBe(true)
    })
    if (check.name.startsWith('large weights')) continue
    test(`by rewards: ${check.name}`, () => {
      const { ok, detail } = check.run((size, seed) => new RewardSampler(size, seed))
      expect(ok, detail).toBe(true)
    })
  }

  test('rewards near their limit do not overflow the sum', () => {
    const sampler = new RewardSampler(3, 4)
    sampler.set([0, 1, 2], [REWARD_LIMIT, REWARD_LIMIT / 2, REWARD_LIMIT / 4])
    const counts = new Float64Array(3)
    drawAll(sampler, 50_000, (item) => counts[item]!++)
    expect(fit(counts, normalise([4, 2, 1])).pValue).toBeGreaterThan(LEVEL)
  })

  test('a million items: what stays unhit is what chance leaves', () => {
    const { ok, detail } = reachability(2 ** 24).run((size, seed) => new ExplicitSampler(size, seed))
    expect(ok, detail).toBe(true)
  }, 60_000)
})

describe('(w + ε)^α', () => {
  const size = 500
  const weights = heavyAndZero(size).map((weight, i) => Math.fround(weight * (1 + (i % 13) / 10)))
  for (const alpha of [0, 0.5, 0.6, 1, 2]) {
    for (const epsilon of [0, 0.01, 3]) {
      test(`α = ${alpha}, ε = ${epsilon}: draws and reported probabilities follow the law`, () => {
        const stream = ExperienceStream.createSync({ capacity: size, priority: 'explicit', seed: 31 })
        writeZeros(stream, size + 77)
        const oldest = stream.oldestSeq
        stream.setPriorities(
          weights.map((_, i) => oldest + i),
          weights,
        )
        const expected = poweredProbabilities(weights, alpha, epsilon)
        const strategy = prioritizedReward({ alpha, epsilon })
        const counts = new Float64Array(size)
        let worst = 0
        for (let round = 0; round < 60; round++) {
          const { seqs, probabilities, population, length } = stream.sampleSeqs(4096, strategy)
          expect([length, population]).toEqual([4096, size])
          for (let i = 0; i < length; i++) {
            const item = seqs[i]! - oldest
            counts[item]!++
            worst = Math.max(worst, Math.abs(probabilities[i]! / expected[item]! - 1))
          }
        }
        expect(worst).toBeLessThan(alpha === 0 || alpha === 1 ? 1e-12 : 1e-10)
        expect(fit(counts, expected).pValue).toBeGreaterThan(LEVEL)
      })
    }
  }

  test('changing α and ε back and forth leaves no trace', () => {
    const stream = ExperienceStream.createSync({ capacity: 64, priority: 'explicit', seed: 1 })
    writeZeros(stream, 64)
    const given = Array.from({ length: 64 }, (_, i) => i / 8)
    stream.setPriorities([...given.keys()], given)
    for (const [alpha, epsilon] of [
      [1, 0],
      [0.6, 0.01],
      [1, 0.01],
      [2, 0],
      [1, 0],
    ] as const) {
      stream.setPriorities([3, 60], [given[3]! + 1, 0])
      stream.sampleSeqs(8, prioritizedReward({ alpha, epsilon }))
      stream.setPriorities([3, 60], [given[3]!, given[60]!])
      const expected = poweredProbabilities(given, alpha, epsilon)
      const { seqs, probabilities } = stream.sampleSeqs(64, prioritizedReward({ alpha, epsilon }))
      seqs.forEach((seq, i) => {
        expect(Math.abs(probabilities[i]! / expected[seq]! - 1)).toBeLessThan(1e-10)
      })
    }
    expect(stream.stats().index.rebuilds).toBe(4)
  })
})

describe('sampling while the ring is written', () => {
  test('after many laps of writes, rewards and samples the draws follow the live rewards', () => {
    const capacity = 300
    const random = new Random(17)
    const stream = ExperienceStream.createSync({ capacity, seed: 18 })
    const rewards = new Map<number, number>()
    for (let i = 0; i < 9000; i++) {
      const first = Math.fround(random.unit() * 4 - 2)
      const seq = stream.writeEvent({ rewardGoal: first })
      rewards.set(seq, first)
      if (i % 3 === 0) {
        const target = Math.max(0, seq - random.below(capacity))
        if (target >= stream.oldestSeq) {
          const late = random.unit() < 0.2 ? 0 : Math.fround(random.unit() * 50)
          stream.setAppraiserReward(target, 3, late)
          rewards.set(target, late)
        }
      }
      if (i % 251 === 0) stream.sampleSeqs(32, prioritizedReward())
    }
    const live = Array.from({ length: capacity }, (_, i) => Math.abs(rewards.get(stream.oldestSeq + i)!))
    const counts = new Float64Array(capacity)
    const expected = normalise(live)
    for (let round = 0; round < 60; round++) {
      const { seqs, probabilities } = stream.sampleSeqs(4096, prioritizedReward())
      seqs.forEach((seq, i) => {
        const item = seq - stream.oldestSeq
        counts[item]!++
        if (Math.abs(probabilities[i]! / expected[item]! - 1) > 1e-12) counts[item] = Number.NaN
      })
    }
    expect(fit(counts, expected).pValue).toBeGreaterThan(LEVEL)
  })

  test('a restored sampler repeats its draws and goes on without a bias', () => {
    const sampler = new ExplicitSampler(97, 5)
    const weights = heavyAndZero(97)
    sampler.set([...weights.keys()], weights)
    sampler.draw(1000)
    const state = sampler.stream.saveSamplerState()
    const first = Array.from(sampler.draw(500).items)
    sampler.stream.restoreSamplerState(state)
    expect(Array.from(sampler.draw(500).items)).toEqual(first)
    const counts = new Float64Array(97)
    for (let round = 0; round < 400; round++) {
      if (round % 2 === 0) {
        const saved = sampler.stream.saveSamplerState()
        sampler.draw(17)
        sampler.stream.restoreSamplerState(saved)
      }
      const { items } = sampler.draw(512)
      for (let i = 0; i < items.length; i++) counts[items[i]!]!++
    }
    expect(fit(counts, normalise(weights)).pValue).toBeGreaterThan(LEVEL)
  })
})
