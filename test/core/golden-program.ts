/**
 * A fixed program of draws by every strategy, with and without replacement, in a ring that has wrapped and one that
 * starts near the last sequence number. Probabilities and weights come as the bits of their floats.
 *
 * @module
 */

import {
  custom,
  type ExperienceStream,
  filteredByType,
  mixed,
  prioritizedReward,
  recencyWeighted,
  recent,
  type SamplingStrategy,
  type StreamOptions,
  sequences,
  uniform,
} from '../../src/index.js'

/** What one call drew: distances from the first sequence number, and bits in hexadecimal digits. */
export interface GoldenDraw {
  seqs: number[]
  probabilities: string[]
  weights: string[]
  population: number
}

const STRATEGIES: Readonly<Record<string, SamplingStrategy>> = {
  uniform: uniform(),
  types: filteredByType([1, 3]),
  oldestOfType: filteredByType(2, { take: 'oldest' }),
  newestOfType: filteredByType(2, { take: 'newest' }),
  prioritized: prioritizedReward(),
  prioritizedSoft: prioritizedReward({ alpha: 0.6, beta: 0.4, epsilon: 0.01 }),
  prioritizedHard: prioritizedReward({ alpha: 2.5, beta: 1 }),
  recency: recencyWeighted({ decay: 0.97 }),
  recencyFlat: recencyWeighted({ decay: 0.999999 }),
  recencySteep: recencyWeighted({ decay: 0.01 }),
  mixed: mixed({ rewardWeight: 0.3, recencyWeight: 0.7 }),
  recent: recent(5),
  custom: custom((event) => event.stepNumber % 3 === 1),
  sequences: sequences({ length: 3 }),
}

/** Runs the program on streams that `make` makes; the names say what was drawn. */
export async function goldenDraws(
  make: (options: StreamOptions) => Promise<ExperienceStream>,
): Promise<Record<string, GoldenDraw>> {
  const draws: Record<string, GoldenDraw> = {}
  const rings = {
    wrapped: { capacity: 100, seed: 20_260_101, firstSeq: 0, written: 260 },
    late: { capacity: 37, seed: 2n ** 64n - 59n, firstSeq: 2 ** 53 - 100, written: 90 },
  }
  for (const [ring, { written, ...options }] of Object.entries(rings)) {
    const stream = await make({ ...options, clock: () => 0 })
    fill(stream, written)
    for (const [name, strategy] of Object.entries(STRATEGIES)) {
      for (const replacement of [undefined, true, false]) {
        const key = `${ring} ${name}${replacement === undefined ? '' : replacement ? ' with' : ' without'}`
        const { seqs, probabilities, weights, population, length } = stream.sampleSeqs(
          9,
          strategy,
          replacement === undefined ? {} : { replacement },
        )
        draws[key] = {
          seqs: Array.from(seqs.subarray(0, length), (seq) => seq - options.firstSeq),
          probabilities: Array.from(probabilities.subarray(0, length), bits64),
          weights: Array.from(weights.subarray(0, length), bits32),
          population,
        }
      }
    }
  }
  return draws
}

function fill(stream: ExperienceStream, written: number): void {
  for (let i = 0; i < written; i++) {
    const seq = stream.writeEvent({
      eventType: (i * 7) % 5,
      episodeId: i % 3,
      stepNumber: Math.floor(i / 3) % 11,
      rewardCuriosity: ((i * 37) % 101) / 8 - 4,
    })
    if (i % 4 === 0) stream.setAppraiserReward(seq, 3, 2 ** ((i % 40) - 20))
  }
}

const scratch = new DataView(new ArrayBuffer(8))

function bits64(value: number): string {
  scratch.setFloat64(0, value)
  return scratch.getBigUint64(0).toString(16).padStart(16, '0')
}

function bits32(value: number): string {
  scratch.setFloat32(0, value)
  return scratch.getUint32(0).toString(16).padStart(8, '0')
}
