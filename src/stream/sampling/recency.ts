/**
 * Sampling by age.
 *
 * @module
 */

import * as L from '../../layout.js'
import { assertFinite, assertKeys } from '../validate.js'
import type { Draw } from './draw.js'
import { drawPass } from './pass.js'
import type { SamplingStrategy } from './strategy.js'
import { drawUniform } from './uniform.js'

/**
 * Probability in proportion to `decay^age`, where the newest event has age 0. With replacement by default; O(1) per
 * draw, without replacement O(n) per batch.
 *
 * @param options `decay` 0 or in [1e-300, 1]: 1 is uniform, 0 draws the newest event only.
 */
export function recencyWeighted(options: { decay: number }): SamplingStrategy {
  assertKeys(options, 'options', ['decay'])
  const { decay } = options
  if (decay !== 0) assertFinite(decay, 'decay', 1e-300, 1)
  return Object.freeze({
    kind: 'recencyWeighted',
    replacement: true,
    rows: 1,
    draw: (draw) => drawRecency(draw, decay),
  } satisfies SamplingStrategy)
}

function drawRecency(draw: Draw, decay: number): number {
  const { ring, replacement, size } = draw
  const { core } = ring.kernel
  const newest = ring.next - 1
  if (decay === 1) return drawUniform(draw)
  if (decay === 0) {
    return draw.collect(replacement ? size : Math.min(size, 1), 1, (count) => {
      for (let i = 0; i < count; i++) draw.leave(i, newest)
    })
  }
  if (replacement) return draw.collect(size, undefined, (count) => core.drawRecent(count, decay))
  return drawPass(draw, L.WEIGH_RECENCY, decay, 0, (seq) => core.recencyProbability(newest - seq, decay))
}
