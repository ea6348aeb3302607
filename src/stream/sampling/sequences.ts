/**
 * Sampling of runs of consecutive steps.
 *
 * @module
 */

import * as L from '../../layout.js'
import { assertInteger, assertKeys } from '../validate.js'
import type { Draw } from './draw.js'
import type { SamplingStrategy } from './strategy.js'

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
  assertInteger(length, 'length', 1, L.CHUNK)
  return Object.freeze({
    kind: 'sequences',
    replacement: false,
    rows: length,
    draw: (draw) => drawSequences(draw, length),
  } satisfies SamplingStrategy)
}

function drawSequences(draw: Draw, length: number): number {
  const { core } = draw.ring.kernel
  const population = core.foldRuns(length)
  draw.out.population = population
  if (population === 0) return 0
  draw.matcher.leaveMarks()
  let left = core.matchRuns()
  const runs = draw.replacement ? draw.size : Math.min(draw.size, population)
  const drawChunk = (count: number): void => {
    left = core.drawRuns(count / length, length, left, draw.replacement ? 1 : 0)
  }
  return draw.collect(runs * length, 1 / population, drawChunk, Math.floor(L.CHUNK / length) * length)
}
