/**
 * How new an observation is: 1/√n for the n-th visit of its cell, a count-based measure as in the exploration literature
 * (Strehl and Littman, 2008). Cells cut each component of the observation into equal parts between its usual bounds;
 * what lies outside counts to the outermost part.
 *
 * @module
 */

import { ANGLE_LIMIT, POSITION_LIMIT } from './environment.js'

const PARTS = 8

/** Cells of the observation space. */
export const CELLS = PARTS ** 4

const BOUNDS: readonly number[] = [POSITION_LIMIT, 3, ANGLE_LIMIT, 3]

/** Visits per cell. Takes 16 KiB whatever the length of the run. */
export class Novelty {
  readonly #visits: Uint32Array

  /** @param visits `[CELLS]`; in shared memory several threads count together */
  constructor(visits: Uint32Array = new Uint32Array(CELLS)) {
    this.#visits = visits
  }

  /** Counts a visit of the observation's cell and returns how new it was, in (0, 1]. */
  visit(observation: ArrayLike<number>): number {
    let cell = 0
    for (let i = 0; i < 4; i++) {
      const bound = BOUNDS[i]
      const part = Math.floor(((observation[i] + bound) / (2 * bound)) * PARTS)
      cell = cell * PARTS + Math.max(0, Math.min(PARTS - 1, part))
    }
    return 1 / Math.sqrt(Atomics.add(this.#visits, cell, 1) + 1)
  }

  /** Cells that were visited at least once. */
  get cellsSeen(): number {
    return this.#visits.reduce((seen, visits) => (visits > 0 ? seen + 1 : seen), 0)
  }
}
