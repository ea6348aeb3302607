/**
 * The newest events, without drawing.
 *
 * @module
 */

import { assertInteger, LARGEST_BATCH } from '../validate.js'
import type { Draw } from './draw.js'
import type { SamplingStrategy } from './strategy.js'

/** The newest `min(size, n, live)` events in ascending order; nothing is drawn. */
export function recent(n: number): SamplingStrategy {
  assertInteger(n, 'n', 0, LARGEST_BATCH)
  const draw = (draw: Draw): number => {
    const { ring } = draw
    draw.out.population = Math.min(n, ring.size)
    const rows = Math.min(draw.size, draw.out.population)
    let seq = ring.next - rows
    return draw.collect(rows, 1, (count) => {
      for (let i = 0; i < count; i++) draw.leave(i, seq++)
    })
  }
  return Object.freeze({ kind: 'recent', replacement: false, rows: 1, draw } satisfies SamplingStrategy)
}
