/**
 * Four appraisers over the 8-D state, in the scale of the NeuroGraph system: with L1 … L8 for `state[0]` … `state[7]`,
 * all in [0, 1] but L7, which is in [−1, 1]. Weights and ranges are options, the defaults are that system's.
 *
 * @module
 */

import { invalid } from '../errors.js'
import type { EventView } from '../event/view.js'
import { assertFinite, assertKeys } from './validate.js'

/** What an appraiser reads: a view, or anything else with these two methods. */
export type Appraisable = Pick<EventView, 'stateAt' | 'actionAt'>

/** Gives the reward of an event. */
export type AppraiserFunction = (event: Appraisable) => number

/** The least and the largest value of a range. */
export type Range = readonly [least: number, most: number]

const LARGEST = 1e6

function weightOf(options: { weight?: number | undefined }, known: readonly string[], standard: number): number {
  assertKeys(options, 'options', known)
  const { weight = standard } = options
  assertFinite(weight, 'weight', -LARGEST, LARGEST)
  return weight
}

function assertRange(range: unknown, name: string): asserts range is Range {
  if (!Array.isArray(range) || range.length !== 2 || !(range[0] <= range[1])) {
    throw invalid(name, 'be [least, most]', range)
  }
  assertFinite(range[0], `${name}[0]`, -LARGEST, LARGEST)
  assertFinite(range[1], `${name}[1]`, -LARGEST, LARGEST)
}

function outside(value: number, [least, most]: Range): number {
  return value < least ? least - value : value > most ? value - most : 0
}

/**
 * Punishes leaving the comfortable ranges: `−weight · Σ d²`, where d is the distance of L5, L6 and L8 from their ranges.
 *
 * @param options `weight` (0.3), `l5` ([0.2, 0.7]), `l6` ([0.4, 0.9]), `l8` ([0.5, 1]).
 */
export function homeostasisAppraiser(
  options: { weight?: number; l5?: Range; l6?: Range; l8?: Range } = {},
): AppraiserFunction {
  const weight = weightOf(options, ['weight', 'l5', 'l6', 'l8'], 0.3)
  const { l5 = [0.2, 0.7], l6 = [0.4, 0.9], l8 = [0.5, 1] } = options
  assertRange(l5, 'l5')
  assertRange(l6, 'l6')
  assertRange(l8, 'l8')
  return (event) => {
    const d5 = outside(event.stateAt(4), l5)
    const d6 = outside(event.stateAt(5), l6)
    const d8 = outside(event.stateAt(7), l8)
    return -weight * (d5 * d5 + d6 * d6 + d8 * d8)
  }
}

/**
 * Rewards novelty: `weight · (L2 − threshold)` where L2 is above the threshold, else 0.
 *
 * @param options `weight` (0.2), `threshold` (0.3).
 */
export function curiosityAppraiser(options: { weight?: number; threshold?: number } = {}): AppraiserFunction {
  const weight = weightOf(options, ['weight', 'threshold'], 0.2)
  const { threshold = 0.3 } = options
  assertFinite(threshold, 'threshold', -LARGEST, LARGEST)
  return (event) => {
    const above = event.stateAt(1) - threshold
    return above > 0 ? weight * above : 0
  }
}

/**
 * Punishes effort: `−weight · (motion · (state[2]² + action[2]²) + load · state[4])`.
 *
 * @param options `weight` (0.1), `motion` (0.01), `load` (0.02).
 */
export function efficiencyAppraiser(
  options: { weight?: number; motion?: number; load?: number } = {},
): AppraiserFunction {
  const weight = weightOf(options, ['weight', 'motion', 'load'], 0.1)
  const { motion = 0.01, load = 0.02 } = options
  assertFinite(motion, 'motion', -LARGEST, LARGEST)
  assertFinite(load, 'load', -LARGEST, LARGEST)
  return (event) => {
    const state = event.stateAt(2)
    const action = event.actionAt(2)
    return -weight * (motion * (state * state + action * action) + load * event.stateAt(4))
  }
}

/**
 * Rewards progress: `weight · L7` where L7 is above 0.5, half of that where it is positive, else 0.
 *
 * @param options `weight` (0.4).
 */
export function goalAppraiser(options: { weight?: number } = {}): AppraiserFunction {
  const weight = weightOf(options, ['weight'], 0.4)
  return (event) => {
    const progress = event.stateAt(6)
    if (!(progress > 0)) return 0
    return progress > 0.5 ? weight * progress : weight * progress * 0.5
  }
}
