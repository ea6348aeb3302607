/**
 * How much a run explores: only at first, then less and less.
 *
 * @module
 */

/** Steps of pure exploration before the first update. */
export const WARM_UP = 500

/** Steps over which exploration falls to its final value. */
const EXPLORING = 3_000
const FINAL_EXPLORATION = 0.05

/** Chance of a random push at a step of the run. */
export function explorationAt(step: number): number {
  const gone = Math.max(0, Math.min(1, (step - WARM_UP) / EXPLORING))
  return 1 + (FINAL_EXPLORATION - 1) * gone
}
