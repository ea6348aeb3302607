/**
 * Median and spread of timed rounds.
 *
 * @module
 */

import type { Spread } from './row.js'

/** The value below which the share `q` of the sorted values lies, interpolated. */
export function quantile(sorted: readonly number[], q: number): number {
  const position = (sorted.length - 1) * q
  const low = Math.floor(position)
  const below = sorted[low] ?? Number.NaN
  const above = sorted[Math.min(low + 1, sorted.length - 1)] ?? Number.NaN
  return below + (above - below) * (position - low)
}

/** Median, 10th and 90th percentile and mean of `samples × scale`. Throws when there are none. */
export function spreadOf(samples: readonly number[], scale = 1): Spread {
  if (samples.length === 0) throw new Error('a figure needs at least one sample, there is none')
  const sorted = samples.map((value) => value * scale).sort((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    p10: quantile(sorted, 0.1),
    p90: quantile(sorted, 0.9),
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    rounds: sorted.length,
  }
}
