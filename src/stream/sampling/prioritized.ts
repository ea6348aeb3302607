/**
 * Prioritized sampling.
 *
 * @module
 */

import * as L from '../../layout.js'
import { assertFinite, assertKeys } from '../validate.js'
import type { Draw } from './draw.js'
import { drawPass } from './pass.js'
import type { SamplingStrategy } from './strategy.js'
import { drawUniform } from './uniform.js'

/** Exponents above this could overflow a sum of weights. */
const LARGEST_EXPONENT = 4

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
  if (epsilon !== 0) assertFinite(epsilon, 'epsilon', 1e-60, 1e30)
  return Object.freeze({
    kind: 'prioritizedReward',
    replacement: true,
    rows: 1,
    draw: (draw) => drawPrioritized(draw, alpha, beta, epsilon),
  } satisfies SamplingStrategy)
}

function drawPrioritized(draw: Draw, alpha: number, beta: number, epsilon: number): number {
  const { core, f64, map } = draw.ring.kernel
  if (alpha === 0) return drawUniform(draw)
  core.foldWeights(map.explicit ? L.SOURCE_EXPLICIT : L.SOURCE_REWARD, alpha, epsilon)
  const total = core.weightTotal()
  if (total === 0) return drawUniform(draw)
  const leafOf = (seq: number): number => f64[map.leaves / 8 + draw.ring.slotOf(seq)] as number
  if (!draw.replacement) {
    drawPass(draw, L.WEIGH_LEAVES, 0, 0, (seq) => leafOf(seq) / total)
    return weigh(draw, beta, leafOf)
  }
  let least = Number.POSITIVE_INFINITY
  const rows = draw.collect(draw.size, undefined, (count) => {
    least = Math.min(least, core.drawWeighted(count))
  })
  if (rows > L.CHUNK || rows === 0 || beta === 0) return weigh(draw, beta, leafOf)
  // The probabilities of a single chunk stand in memory still.
  core.importanceWeights(rows, least, beta)
  copyWeights(draw, 0, rows)
  return rows
}

function copyWeights(draw: Draw, from: number, count: number): void {
  const { f32 } = draw.ring.kernel
  draw.out.weights.set(f32.subarray(L.OUT_WEIGHTS / 4, L.OUT_WEIGHTS / 4 + count), from)
}

/** Importance weights of draws in several chunks, from the leaves: a probability may be too small for a float. */
function weigh(draw: Draw, beta: number, leafOf: (seq: number) => number): number {
  const { core, f64 } = draw.ring.kernel
  const rows = draw.out.length
  if (beta === 0) return rows
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < rows; i++) least = Math.min(least, leafOf(draw.seqs[i] as number))
  for (let from = 0; from < rows; from += L.CHUNK) {
    const count = Math.min(L.CHUNK, rows - from)
    for (let i = 0; i < count; i++) f64[L.OUT_PROBABILITIES / 8 + i] = leafOf(draw.seqs[from + i] as number)
    core.importanceWeights(count, least, beta)
    copyWeights(draw, from, count)
  }
  return rows
}
