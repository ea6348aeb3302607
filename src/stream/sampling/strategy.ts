/**
 * What a sampling strategy is: a frozen value with its parameters and the function that draws by them. Strategies are
 * checked when they are made, and can be kept and shared between streams. A bundle holds only those that it uses.
 *
 * @module
 */

import type { Draw } from './draw.js'

/** Which of the matching events are taken: random ones, or the first or last in the order of the ring. */
export type Take = 'random' | 'oldest' | 'newest'

/** All values of {@link Take}. */
export const TAKES: readonly Take[] = ['random', 'oldest', 'newest']

/** What `sampleBatch` draws by; made by `uniform()`, `prioritizedReward()` and the other functions. */
export interface SamplingStrategy {
  /** Name of the strategy. */
  readonly kind: string
  /** Whether it draws with replacement unless told otherwise. */
  readonly replacement: boolean
  /** Rows for each that is asked for. */
  readonly rows: number
  /** @internal Draws from a window that is not empty and returns the number of rows. */
  readonly draw: (draw: Draw) => number
}
