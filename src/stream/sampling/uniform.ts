/**
 * Uniform sampling of the live window.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { Draw } from './draw.js'
import { drawMatches } from './matches.js'
import type { SamplingStrategy } from './strategy.js'

/** Every live event with the same probability. Without replacement by default. O(1) per draw. */
export function uniform(): SamplingStrategy {
  return UNIFORM
}

const UNIFORM: SamplingStrategy = /* @__PURE__ */ Object.freeze({
  kind: 'uniform',
  replacement: false,
  rows: 1,
  draw: drawUniform,
})

/** Draws uniformly; also what the weighted strategies do when there is nothing to weigh by. */
export function drawUniform(draw: Draw): number {
  const { core } = draw.ring.kernel
  const population = draw.ring.size
  if (draw.replacement) return draw.collect(draw.size, 1 / population, (count) => core.drawUniform(count))
  const rows = Math.min(draw.size, population)
  // Above half, drawing until an unmarked event turns up would take long; the bitmap leads there directly.
  if (rows * 2 > population) {
    draw.matcher.leaveMarks()
    core.matchAll()
    return drawMatches(draw, core.countMatches(), 'random')
  }
  draw.matcher.clear()
  draw.collect(rows, 1 / population, (count) => core.drawDistinct(count))
  if (rows <= L.CHUNK) core.unmarkDraws(rows)
  else core.clearMatches()
  return rows
}
