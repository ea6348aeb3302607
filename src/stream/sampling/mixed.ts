/**
 * Sampling by reward and age together.
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
 * Probability in proportion to `rewardWeight·|total reward| + recencyWeight·rank/n`, with rank 1 for the oldest and n
 * for the newest of n live events. All weights 0 means uniform. With replacement by default; O(log n) per draw, without
 * replacement O(n) per batch.
 *
 * @param options both 0 or in [1e-60, 1e30].
 */
export function mixed(options: { rewardWeight: number; recencyWeight: number }): SamplingStrategy {
  assertKeys(options, 'options', ['rewardWeight', 'recencyWeight'])
  const { rewardWeight, recencyWeight } = options
  if (rewardWeight !== 0) assertFinite(rewardWeight, 'rewardWeight', 1e-60, 1e30)
  if (recencyWeight !== 0) assertFinite(recencyWeight, 'recencyWeight', 1e-60, 1e30)
  return Object.freeze({
    kind: 'mixed',
    replacement: true,
    rows: 1,
    draw: (draw) => drawMixed(draw, rewardWeight, recencyWeight),
  } satisfies SamplingStrategy)
}

function drawMixed(draw: Draw, rewardWeight: number, recencyWeight: number): number {
  const { core } = draw.ring.kernel
  core.foldWeights(L.SOURCE_REWARD, 1, 0)
  const total = core.mixedWeightTotal(rewardWeight, recencyWeight)
  if (total === 0) return drawUniform(draw)
  if (draw.replacement) {
    return draw.collect(draw.size, undefined, (count) => core.drawMixed(count, rewardWeight, recencyWeight))
  }
  const share = (seq: number): number => core.mixedWeightOf(draw.ring.slotOf(seq), rewardWeight, recencyWeight) / total
  return drawPass(draw, L.WEIGH_MIXED, rewardWeight, recencyWeight, share)
}
