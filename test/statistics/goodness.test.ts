/**
 * The tests of fit themselves: fair draws pass, small lies are caught.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { Random } from '../mutants/random.js'
import { binomialTails, exactSum, expectedUnhit, fit, LEVEL, normalise } from './goodness.js'
import { inclusionProbabilities, successiveSets } from './successive.js'

function count(cells: number, draws: number, draw: () => number): Float64Array {
  const counts = new Float64Array(cells)
  for (let i = 0; i < draws; i++) counts[draw()]!++
  return counts
}

describe('goodness of fit', () => {
  test('p-values of fair draws are spread evenly between 0 and 1', () => {
    const random = new Random(1)
    const uniform = new Float64Array(20).fill(1 / 20)
    const tenths = new Float64Array(10)
    for (let run = 0; run < 2000; run++) {
      const { chiSquare, df } = fit(
        count(20, 2000, () => random.below(20)),
        uniform,
      )
      expect(df).toBe(19)
      const { pValue } = fit(
        count(20, 2000, () => random.below(20)),
        uniform,
      )
      tenths[Math.min(9, Math.floor(pValue * 10))]!++
      expect(chiSquare).toBeGreaterThan(0)
    }
    // The smaller of two p-values leans to the left a little; a level of 1e-6 stays far below every fair run.
    for (const share of tenths) expect(Math.abs(share / 2000 - 0.1)).toBeLessThan(0.04)
  })

  test('a bias of one percent in one cell of twenty is caught in a million draws', () => {
    const random = new Random(2)
    const uniform = new Float64Array(20).fill(1 / 20)
    const fair = fit(
      count(20, 1_000_000, () => random.below(20)),
      uniform,
    )
    const biased = fit(
      count(20, 1_000_000, () => (random.unit() < 0.01 ? 7 : random.below(20))),
      uniform,
    )
    expect(fair.pValue).toBeGreaterThan(LEVEL)
    expect(biased.pValue).toBeLessThan(LEVEL)
  })

  test('a hit on an impossible cell refutes at once, small cells are merged', () => {
    expect(fit([50, 50, 1], [0.5, 0.5, 0]).pValue).toBe(0)
    expect(fit([50, 50, 0], [0.5, 0.5, 0]).pValue).toBeGreaterThan(0.9)
    expect(fit([990, 4, 3, 3], [0.99, 0.004, 0.003, 0.003]).df).toBe(0)
    expect(fit([600, 400], [0.5, 0.5]).distance).toBeCloseTo(0.1, 12)
    expect(() => fit([1], [0.5])).toThrow('sum to 0.5')
  })

  test('binomial tails are those of the normal limit', () => {
    expect(binomialTails(500, 1000, 0.5)).toBe(1)
    expect(binomialTails(600, 1000, 0.5)).toBeLessThan(1e-9)
    expect(binomialTails(1, 10, 0)).toBe(0)
  })

  test('the expected number of unhit items is that of a direct trial', () => {
    const random = new Random(3)
    const weights = Array.from({ length: 10_000 }, (_, i) => (i % 2 === 0 ? 1 : 3))
    const hit = new Set<number>()
    for (let i = 0; i < 10_000; i++) {
      for (;;) {
        const item = random.below(10_000)
        if (random.unit() * 3 > weights[item]!) continue
        hit.add(item)
        break
      }
    }
    const { mean, deviation } = expectedUnhit(normalise(weights), 10_000)
    expect(Math.abs(10_000 - hit.size - mean)).toBeLessThan(4.9 * deviation)
  })

  test('sums carry their rounding errors along', () => {
    expect(exactSum([1e16, 1, -1e16, 1])).toBe(2)
    expect([...normalise([0, 0])]).toEqual([0.5, 0.5])
  })
})

describe('successive sampling without replacement', () => {
  test('two of three items come out as on paper', () => {
    // P({a, b}) = a/(a+b+c) · b/(b+c) + b/(a+b+c) · a/(a+c) with weights 1, 2, 3.
    const { sets, probabilities } = successiveSets([1, 2, 3], 2)
    expect(sets).toEqual([0b011, 0b101, 0b110])
    expect(probabilities[0]).toBeCloseTo((1 / 6) * (2 / 5) + (2 / 6) * (1 / 4), 15)
    expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 15)
  })

  test('inclusion probabilities sum to the size, zero weights are never included', () => {
    const inclusion = inclusionProbabilities([5, 0, 1, 0.1, 30], 3)
    expect(inclusion.reduce((a, b) => a + b)).toBeCloseTo(3, 14)
    expect(inclusion[1]).toBe(0)
    expect(inclusionProbabilities([5, 0, 1], 3)).toEqual([1, 0, 1])
  })
})
