/**
 * Draws from marked events.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { Draw } from './draw.js'
import type { Take } from './strategy.js'

/** Takes or draws from `population` marked events. */
export function drawMatches(draw: Draw, population: number, take: Take): number {
  const { core } = draw.ring.kernel
  draw.out.population = population
  if (population === 0) return 0
  if (take !== 'random') return takeMatches(draw, Math.min(draw.size, population), take)
  const rows = draw.replacement ? draw.size : Math.min(draw.size, population)
  let left = population
  return draw.collect(rows, 1 / population, (count) => {
    core.drawMatches(count, left, draw.replacement ? 1 : 0)
    if (!draw.replacement) left -= count
  })
}

/** The first or last matches, in the order of the ring. */
function takeMatches(draw: Draw, rows: number, take: Take): number {
  const { core, f64 } = draw.ring.kernel
  const { oldest } = draw.ring
  const rankOf = (i: number): number => (f64[L.OUT_SEQS / 8 + i] as number) - oldest
  let from = 0
  if (take === 'newest') {
    draw.matcher.list(rows, true, (count) => {
      from = rankOf(count - 1)
    })
  }
  return draw.collect(rows, 1, (count) => {
    core.listMatches(from, count, 0)
    from = rankOf(count - 1) + 1
  })
}
