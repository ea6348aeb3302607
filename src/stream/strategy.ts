/**
 * Sampling strategies: what `sampleBatch` draws by. They are plain frozen values, checked when they are made, and can
 * be kept and shared between streams.
 *
 * @module
 */

import { InvalidArgumentError } from '../errors.js'
import type { EventView } from '../event/view.js'
import { CHUNK } from '../layout.js'
import { assertChoice, assertFinite, assertInteger, assertKeys, LARGEST_BATCH, show, typeList } from './validate.js'

/** Which of the matching events are taken: random ones, or the first or last in the order of the ring. */
export type Take = 'random' | 'oldest' | 'newest'

/** A sampling strategy; made by one of the functions of this module. */
export type SamplingStrategy =
  | { readonly kind: 'uniform' }
  | { readonly kind: 'prioritized'; readonly alpha: number; readonly beta: number; readonly epsilon: number }
  | { readonly kind: 'recency'; readonly decay: number }
  | { readonly kind: 'mixed'; readonly rewardWeight: number; readonly recencyWeight: number }
  | { readonly kind: 'recent'; readonly count: number }
  | { readonly kind: 'types'; readonly types: readonly number[]; readonly take: Take }
  | { readonly kind: 'custom'; readonly predicate: (event: EventView) => boolean; readonly take: Take }
  | { readonly kind: 'sequences'; readonly length: number }

/** Exponents above this could overflow a sum of weights. */
const LARGEST_EXPONENT = 4
const LARGEST_WEIGHT = 1e30
const LEAST_EPSILON = 1e-60

const TAKES: readonly Take[] = ['random', 'oldest', 'newest']

const UNIFORM = Object.freeze({ kind: 'uniform' } as const)

/** Every live event with the same probability. Without replacement by default. O(1) per draw. */
export function uniform(): SamplingStrategy {
  return UNIFORM
}

/**
 * Probability in proportion to `(w + epsilon)^alpha`, where w is the magnitude of the total reward or, with
 * `priority: 'explicit'`, the event's priority (Schaul et al., 2016). `alpha` 0, or a window in which all weights are 0,
 * means uniform; otherwise an event of weight 0 is never drawn. With replacement by default.
 *
 * `weights` of the batch are `(N·p)^−beta` over the largest of the batch. The index holds one `alpha` and `epsilon` at a
 * time: another pair rebuilds it in O(n). A draw costs O(log n), without replacement the batch O(n).
 *
 * @param options `alpha` in [0, 4], default 1; `beta` in [0, 4], default 1; `epsilon` 0 (default) or in [1e-60, 1e30].
 */
export function prioritizedReward(
  options: { alpha?: number | undefined; beta?: number | undefined; epsilon?: number | undefined } = {},
): SamplingStrategy {
  assertKeys(options, 'options', ['alpha', 'beta', 'epsilon'])
  const { alpha = 1, beta = 1, epsilon = 0 } = options
  assertFinite(alpha, 'alpha', 0, LARGEST_EXPONENT)
  assertFinite(beta, 'beta', 0, LARGEST_EXPONENT)
  if (epsilon !== 0) assertFinite(epsilon, 'epsilon', LEAST_EPSILON, LARGEST_WEIGHT)
  return Object.freeze({ kind: 'prioritized', alpha, beta, epsilon })
}

/**
 * Probability in proportion to `decay^age`, where the newest event has age 0. With replacement by default; O(1) per
 * draw, without replacement O(n) per batch.
 *
 * @param options `decay` in [0, 1]: 1 is uniform, 0 draws the newest event only.
 */
export function recencyWeighted(options: { decay: number }): SamplingStrategy {
  assertKeys(options, 'options', ['decay'])
  const { decay } = options
  if (decay !== 0) assertFinite(decay, 'decay', 1e-300, 1)
  return Object.freeze({ kind: 'recency', decay })
}

/**
 * Probability in proportion to `rewardWeight·|total reward| + recencyWeight·rank/n`, with rank 1 for the oldest and n
 * for the newest of n live events. All weights 0 means uniform. With replacement by default; O(log n) per draw, without
 * replacement O(n) per batch.
 *
 * @param options both in [0, 1e30].
 */
export function mixed(options: { rewardWeight: number; recencyWeight: number }): SamplingStrategy {
  assertKeys(options, 'options', ['rewardWeight', 'recencyWeight'])
  const { rewardWeight, recencyWeight } = options
  assertWeight(rewardWeight, 'rewardWeight')
  assertWeight(recencyWeight, 'recencyWeight')
  return Object.freeze({ kind: 'mixed', rewardWeight, recencyWeight })
}

function assertWeight(weight: unknown, name: string): void {
  if (weight !== 0) assertFinite(weight, name, LEAST_EPSILON, LARGEST_WEIGHT)
}

/** The newest `min(size, n, live)` events in ascending order; nothing is drawn. */
export function recent(n: number): SamplingStrategy {
  assertInteger(n, 'n', 0, LARGEST_BATCH)
  return Object.freeze({ kind: 'recent', count: n })
}

/**
 * Every live event of these types with the same probability. Without replacement by default.
 *
 * @param types a type code or a list of them.
 * @param options `take` 'random' (default), or the 'oldest' or 'newest' matches in ascending order of the ring.
 */
export function filteredByType(
  types: number | readonly number[],
  options: { take?: Take | undefined } = {},
): SamplingStrategy {
  assertKeys(options, 'options', ['take'])
  const { take = 'random' } = options
  assertChoice(take, 'take', TAKES)
  return Object.freeze({ kind: 'types', types: Object.freeze(typeList(types, 'types')), take })
}

/**
 * Every live event for which the predicate is true with the same probability. Without replacement by default. The
 * predicate is called once for each live event, oldest first, with one moving view; it must not write to the stream.
 * What it throws comes out of `sampleBatch`, and nothing is drawn.
 */
export function custom(
  predicate: (event: EventView) => boolean,
  options: { take?: Take | undefined } = {},
): SamplingStrategy {
  assertKeys(options, 'options', ['take'])
  const { take = 'random' } = options
  if (typeof predicate !== 'function') {
    throw new InvalidArgumentError(`predicate must be a function, got ${show(predicate)}`, { predicate })
  }
  assertChoice(take, 'take', TAKES)
  return Object.freeze({ kind: 'custom', predicate, take })
}

/**
 * Runs of `length` consecutive steps of one episode, every run in the window with the same probability: each event is
 * the next one of its episode in the ring and one step further. Episodes may interleave; no run crosses an episode's end
 * or an eviction. `sampleBatch(size, …)` returns `size` runs, the rows of a run adjacent and ascending; `population` is
 * the number of runs. Without replacement by default.
 *
 * The index holds one length at a time: another one folds the window anew in O(n·length).
 *
 * @param options `length` in [1, 1024].
 */
export function sequences(options: { length: number }): SamplingStrategy {
  assertKeys(options, 'options', ['length'])
  const { length } = options
  assertInteger(length, 'length', 1, CHUNK)
  return Object.freeze({ kind: 'sequences', length })
}

/** All strategies under one name. */
export const SamplingStrategy = Object.freeze({
  uniform,
  prioritizedReward,
  recencyWeighted,
  mixed,
  recent,
  filteredByType,
  custom,
  sequences,
})
