/**
 * Weighted draws without replacement: one pass over the window keeps the smallest keys.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { Draw } from './draw.js'
import { Reservoir } from './reservoir.js'

/**
 * Draws up to `draw.size` events whose weight is not 0.
 *
 * @param weighing what the module weighs by, with its parameters `first` and `second`.
 * @param probability of an event in a single draw.
 */
export function drawPass(
  draw: Draw,
  weighing: number,
  first: number,
  second: number,
  probability: (seq: number) => number,
): number {
  const { core, f64 } = draw.ring.kernel
  const reservoir = new Reservoir(Math.min(draw.size, draw.ring.size))
  for (let from = 0; from < draw.ring.size && draw.size > 0; from += L.CHUNK) {
    const found = core.passWindow(from, weighing, first, second, reservoir.bound)
    for (let i = 0; i < found; i++) {
      reservoir.offer(f64[L.OUT_PROBABILITIES / 8 + i] as number, f64[L.OUT_SEQS / 8 + i] as number)
    }
  }
  const seqs = reservoir.sorted()
  let at = 0
  return draw.collect(seqs.length, undefined, (count) => {
    for (let i = 0; i < count; i++, at++) {
      const seq = seqs[at] as number
      draw.leave(i, seq)
      f64[L.OUT_PROBABILITIES / 8 + i] = probability(seq)
    }
  })
}
