/**
 * Sampling of the events that meet a condition.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import type { EventView } from '../../event/view.js'
import { assertChoice, assertKeys, typeList } from '../validate.js'
import { drawMatches } from './matches.js'
import { type SamplingStrategy, TAKES, type Take } from './strategy.js'

/**
 * Every live event of these types with the same probability. Without replacement by default. O(n) per batch over a
 * column of 2 bytes an event.
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
  const list = typeList(types, 'types')
  return Object.freeze({
    kind: 'filteredByType',
    replacement: false,
    rows: 1,
    draw: (draw) => drawMatches(draw, draw.matcher.markTypes(list), take),
  } satisfies SamplingStrategy)
}

/**
 * Every live event for which the predicate is true with the same probability. Without replacement by default. The
 * predicate is called once for each live event, oldest first, with one moving view; it must not write to the stream.
 * What it throws comes out of `sampleBatch`, and nothing is drawn.
 *
 * @param options `take` as in `filteredByType`.
 */
export function custom(
  predicate: (event: EventView) => boolean,
  options: { take?: Take | undefined } = {},
): SamplingStrategy {
  assertKeys(options, 'options', ['take'])
  const { take = 'random' } = options
  if (typeof predicate !== 'function') throw invalid('predicate', 'be a function', predicate)
  assertChoice(take, 'take', TAKES)
  return Object.freeze({
    kind: 'custom',
    replacement: false,
    rows: 1,
    draw: (draw) => drawMatches(draw, draw.matcher.markWhere(predicate), take),
  } satisfies SamplingStrategy)
}
