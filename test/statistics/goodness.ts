/**
 * Goodness of fit: do counted draws agree with exact probabilities?
 *
 * Both Pearson's chi-square and the G-test are computed. Cells with a small expected count are merged, because the
 * limit distribution does not hold for them; a cell of probability 0 that was hit at all refutes the fit at once. The
 * tests of this project run with fixed seeds at the level {@link LEVEL}, so a failure is a defect, not bad luck.
 *
 * @module
 */

import { chiSquareTail, normalTails } from './gamma.js'

/** Below this p-value the tests call a sampler wrong. */
export const LEVEL = 1e-6

const MIN_EXPECTED = 20

/** What a test of fit found. */
export interface Fit {
  /** The smaller p-value of the chi-square and the G-test; 0 where an impossible cell was hit. */
  pValue: number
  chiSquare: number
  g: number
  /** Degrees of freedom after merging. */
  df: number
  /** Total variation distance between frequencies and probabilities, before merging. */
  distance: number
}

/**
 * @param counts How often each cell was hit.
 * @param probabilities The exact probability of each cell; their sum is 1.
 * @returns the p-value of "the counts are draws from these probabilities"
 */
export function fit(counts: ArrayLike<number>, probabilities: ArrayLike<number>): Fit {
  const cells = counts.length
  if (probabilities.length !== cells) throw new RangeError(`${cells} counts for ${probabilities.length} probabilities`)
  let draws = 0
  let mass = 0
  for (let i = 0; i < cells; i++) {
    draws += counts[i]!
    mass += probabilities[i]!
  }
  if (draws === 0 || Math.abs(mass - 1) > 1e-9) throw new RangeError(`${draws} draws, probabilities sum to ${mass}`)

  let distance = 0
  let impossible = false
  for (let i = 0; i < cells; i++) {
    distance += Math.abs(counts[i]! / draws - probabilities[i]!) / 2
    if (probabilities[i] === 0 && counts[i]! > 0) impossible = true
  }
  const { observed, expected } = merge(counts, probabilities, draws)
  let chiSquare = 0
  let g = 0
  for (let i = 0; i < observed.length; i++) {
    const o = observed[i]!
    const e = expected[i]!
    chiSquare += (o - e) ** 2 / e
    if (o > 0) g += 2 * o * Math.log(o / e)
  }
  const df = observed.length - 1
  const pValue = impossible ? 0 : Math.min(chiSquareTail(chiSquare, df), chiSquareTail(Math.max(g, 0), df))
  return { pValue, chiSquare, g, df, distance }
}

// Neighbours are merged rather than the rarest cells of all, so that an off-by-one stays visible between groups.
function merge(counts: ArrayLike<number>, probabilities: ArrayLike<number>, draws: number) {
  const observed: number[] = []
  const expected: number[] = []
  let o = 0
  let e = 0
  for (let i = 0; i < counts.length; i++) {
    o += counts[i]!
    e += probabilities[i]! * draws
    if (e < MIN_EXPECTED) continue
    observed.push(o)
    expected.push(e)
    o = 0
    e = 0
  }
  if (e > 0 || o > 0) {
    if (observed.length === 0) {
      observed.push(o)
      expected.push(e)
    } else {
      observed[observed.length - 1]! += o
      expected[expected.length - 1]! += e
    }
  }
  return { observed, expected }
}

/** The two-sided p-value of seeing `hits` in `draws` independent trials of probability `p`, by the normal limit. */
export function binomialTails(hits: number, draws: number, p: number): number {
  if (p === 0 || p === 1) return hits === p * draws ? 1 : 0
  return normalTails((hits - draws * p) / Math.sqrt(draws * p * (1 - p)))
}

/**
 * How many of the items `draws` draws should leave unhit, exactly, and an upper bound of the standard deviation
 * (hits of different items are negatively associated, so the sum of the single variances bounds the variance).
 */
export function expectedUnhit(probabilities: ArrayLike<number>, draws: number): { mean: number; deviation: number } {
  let mean = 0
  let variance = 0
  for (let i = 0; i < probabilities.length; i++) {
    const missedAlways = Math.exp(draws * Math.log1p(-probabilities[i]!))
    mean += missedAlways
    variance += missedAlways * (1 - missedAlways)
  }
  return { mean, deviation: Math.sqrt(variance) }
}

/** The sum of `values` with the rounding errors carried along (Neumaier), for oracles beyond suspicion. */
export function exactSum(values: ArrayLike<number>): number {
  let sum = 0
  let carry = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    const next = sum + value
    carry += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return sum + carry
}

/** `weights` over their sum, or 1/n each when all are 0. */
export function normalise(weights: ArrayLike<number>): Float64Array {
  const sum = exactSum(weights)
  return Float64Array.from(weights, (weight) => (sum === 0 ? 1 / weights.length : weight / sum))
}
