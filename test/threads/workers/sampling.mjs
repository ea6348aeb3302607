/**
 * Tasks: sampling in a thread of its own.
 *
 * @module
 */

import { Gate } from '../support/gate.mjs'
import { prioritizedReward, recencyWeighted, uniform } from '../support/library.mjs'
import { asScored, faultsOf } from '../support/payload.mjs'
import { stream } from './membership.mjs'

const STRATEGIES = [prioritizedReward({ alpha: 1, beta: 0.5, epsilon: 1 }), uniform(), recencyWeighted({ decay: 0.99 })]

/**
 * What is wrong with a sample of this window, whatever the weights.
 * @param {import('../../../src/index.js').SampleBatch} batch
 */
function faultsOfSample(batch) {
  const faults = faultsOf(batch, asScored)
  const { start, end, population, probabilities, weights, seqs } = batch
  for (let i = 0; i < batch.length; i++) {
    const seq = /** @type {number} */ (seqs[i])
    const probability = /** @type {number} */ (probabilities[i])
    const weight = /** @type {number} */ (weights[i])
    if (!(seq >= start && seq < end)) faults.push(`${seq} is not in [${start}, ${end})`)
    if (!(probability > 0 && probability <= 1)) faults.push(`${seq} has the probability ${probability}`)
    if (!(weight > 0 && weight <= 1)) faults.push(`${seq} has the weight ${weight}`)
  }
  if (!(population <= end - start)) faults.push(`${population} events in [${start}, ${end})`)
  return faults
}

/**
 * Samples by turns of strategies until the gate opens, and with `priorities` gives what was drawn new ones. Returns how
 * many samples and rows were drawn and what was wrong with them.
 * @param {{ words: Int32Array, priorities?: boolean }} order
 */
export function sampleUntil({ words, priorities = false }) {
  const target = stream()
  const gate = new Gate(words)
  /** @type {string[]} */
  const faults = []
  let samples = 0
  let rows = 0
  let end = 0
  while (gate.level === 0) {
    const batch = target.sampleBatch(64, STRATEGIES[samples % STRATEGIES.length])
    faults.push(...faultsOfSample(batch))
    if (batch.end < end) faults.push(`as of ${batch.end} after ${end}`)
    end = batch.end
    samples++
    rows += batch.length
    if (priorities)
      target.setPriorities(
        batch.seqs,
        batch.seqs.map((seq) => (seq % 97) + 1),
      )
  }
  return { samples, rows, faults: faults.slice(0, 20) }
}

/**
 * Draws a prioritized sample and returns what a test can compare.
 * @param {{ size: number, alpha?: number }} order
 */
export function samplePrioritized({ size, alpha = 1 }) {
  const batch = stream().sampleBatch(size, prioritizedReward({ alpha }))
  const { seqs, probabilities, weights, population, start, end } = batch
  return { seqs: [...seqs], probabilities: [...probabilities], weights: [...weights], population, start, end }
}
