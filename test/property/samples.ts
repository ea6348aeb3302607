/**
 * Holds one sample against the exact law of its strategy: nothing outside the support, every probability right, the
 * right number of rows, no repeats without replacement, and the same draws again from the same state.
 *
 * @module
 */

import { type ExperienceStream, SampleBatch, SampledSeqs } from '../../src/index.js'
import { encode, RECORD_SIZE } from '../model/record.js'
import { check, sameNumbers } from '../model/same.js'
import { type Law, lawOf, type ModelStrategy, toStrategy } from '../model/sampling.js'
import type { ModelStream } from '../model/stream.js'

/** Buffers that all samples of one test share, so that what an earlier one left could show in a later one. */
export class SampleBuffers {
  readonly seqs = new SampledSeqs()
  readonly batch = new SampleBatch()
}

/** What is drawn and how. */
export interface SampleRequest {
  strategy: ModelStrategy
  size: number
  replacement: boolean | undefined
}

/** Draws by a strategy and checks everything about the sample that is not chance. */
export function expectSample(
  stream: ExperienceStream,
  model: ModelStream,
  { strategy, size, replacement }: SampleRequest,
  into: SampleBuffers,
): void {
  const law = lawOf(model, strategy)
  const before = stream.saveSamplerState()
  const real = toStrategy(strategy)
  const options = replacement === undefined ? {} : { replacement }
  const seqs = stream.sampleSeqs(size, real, { ...options, into: into.seqs })
  const drawn = {
    seqs: Array.from(seqs.seqs.subarray(0, seqs.length)),
    probabilities: Array.from(seqs.probabilities.subarray(0, seqs.length)),
    weights: Array.from(seqs.weights.subarray(0, seqs.length)),
    population: seqs.population,
  }
  expectLaw(law, drawn, size, replacement ?? law.replacement)
  expectWeights(drawn, strategy)

  stream.restoreSamplerState(before)
  const batch = stream.sampleBatch(size, real, { ...options, into: into.batch })
  sameNumbers(batch.seqs, drawn.seqs)
  sameNumbers(batch.probabilities, drawn.probabilities)
  sameNumbers(batch.weights, drawn.weights)
  sameNumbers([batch.population, batch.length], [drawn.population, drawn.seqs.length])
  for (let i = 0; i < batch.length; i++) {
    const expected = encode(model.events.get(drawn.seqs[i]!)!)
    sameNumbers(batch.bytes.subarray(i * RECORD_SIZE + 16, (i + 1) * RECORD_SIZE), expected.subarray(16))
  }
}

/** Draws the same number by number, and probability and weight bit by bit, from a ring with the same events. */
export function expectSameDraws(
  stream: ExperienceStream,
  twin: ExperienceStream,
  { strategy, size, replacement }: SampleRequest,
): void {
  const before = stream.saveSamplerState()
  twin.restoreSamplerState(before)
  const options = replacement === undefined ? {} : { replacement }
  const drawn = stream.sampleSeqs(size, toStrategy(strategy), options)
  const expected = twin.sampleSeqs(size, toStrategy(strategy), options)
  sameNumbers(drawn.seqs, expected.seqs)
  sameNumbers(drawn.probabilities, expected.probabilities)
  sameNumbers(drawn.weights, expected.weights)
  sameNumbers(stream.saveSamplerState(), twin.saveSamplerState())
  stream.restoreSamplerState(before)
}

interface Drawn {
  seqs: number[]
  probabilities: number[]
  weights: number[]
  population: number
}

function expectLaw(law: Law, drawn: Drawn, size: number, replacement: boolean): void {
  if (law.fixed !== undefined) return sameNumbers(drawn.seqs, law.fixed(size))
  const possible = law.probabilities.filter((probability) => probability > 0).length
  const draws = drawn.seqs.length / law.rows
  const expected = possible === 0 ? 0 : replacement ? size : Math.min(size, possible)
  sameNumbers([drawn.population, draws], [law.seqs.length, expected])
  const probability = new Map(law.seqs.map((seq, i) => [seq, law.probabilities[i]!]))
  const seen = new Set<number>()
  for (let draw = 0; draw < draws; draw++) {
    const first = drawn.seqs[draw * law.rows]!
    sameNumbers(drawn.seqs.slice(draw * law.rows, (draw + 1) * law.rows), law.run(first))
    const share = probability.get(first) ?? 0
    check(share > 0, () => `event ${first} has no share`)
    for (let row = 0; row < law.rows; row++) {
      const reported = drawn.probabilities[draw * law.rows + row]!
      check(Math.abs(reported / share - 1) <= law.tolerance, () => `probability ${reported} for a share of ${share}`)
    }
    seen.add(first)
  }
  check(replacement || seen.size === draws, () => `only ${seen.size} of ${draws} draws without replacement differ`)
}

/** Importance weights: (N·p)^−β over the largest of the batch; 1 where no β is given. */
function expectWeights({ probabilities, weights, population }: Drawn, strategy: ModelStrategy): void {
  const beta = strategy.kind === 'prioritized' ? strategy.beta : 0
  const raw = probabilities.map((probability) => (population * probability) ** -beta)
  const largest = Math.max(...raw)
  weights.forEach((weight, i) => {
    const expected = raw[i]! / largest
    check(Math.abs(weight - expected) <= 2e-7, () => `weight ${weight} instead of ${expected}`)
  })
}
