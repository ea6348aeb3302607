/**
 * A fixed program over the public API whose results must be the same bits in every engine and every bundle.
 *
 * It takes the library as an argument, so that Node, the page and each bundler's output run the very same lines. Floats
 * appear in the result by their bits, so that nothing hides behind rounding.
 *
 * @module
 */

import type { ExperienceStream } from '../../src/index.js'

/** What the program uses of the package: `import * as library from 'experience-stream'`. */
export type Library = typeof import('../../src/index.js')

/** Named results, each a list of integers or of hexadecimal bits. */
export type Draws = Record<string, readonly (number | string)[]>

const CAPACITY = 1000
const WRITTEN = 1700
const EPISODES = 7

/** Options of the stream that {@link goldenDraws} takes. */
export const GOLDEN_OPTIONS = { capacity: CAPACITY, seed: 20_240_229n, clock: () => 1_700_000_000_000_000 }

/** Fills the stream, made with {@link GOLDEN_OPTIONS}, and draws from it by every strategy. */
export function goldenDraws(library: Library, stream: ExperienceStream): Draws {
  fill(library, stream)
  const { uniform, prioritizedReward, recencyWeighted, mixed, filteredByType, recent, sequences, custom } = library
  const prioritized = stream.sampleBatch(32, prioritizedReward({ alpha: 0.6, beta: 0.4, epsilon: 0.01 }))
  const saved = stream.saveSamplerState()
  const first = stream.sampleSeqs(16, recencyWeighted({ decay: 0.995 }))
  const draws: Draws = {
    uniform: seqsOf(stream.sampleSeqs(32, uniform())),
    replaced: seqsOf(stream.sampleSeqs(32, uniform(), { replacement: true })),
    prioritized: seqsOf(prioritized),
    prioritizedProbabilities: bits(prioritized.probabilities),
    prioritizedWeights: bits(prioritized.weights),
    prioritizedStates: bits(prioritized.states().subarray(0, 64)),
    distinct: seqsOf(stream.sampleSeqs(16, prioritizedReward({ alpha: 1 }), { replacement: false })),
    recency: seqsOf(first),
    recencyProbabilities: bits(first.probabilities),
    mixed: seqsOf(stream.sampleSeqs(16, mixed({ rewardWeight: 0.7, recencyWeight: 0.3 }))),
    byType: seqsOf(stream.sampleSeqs(16, filteredByType([0x0200, 0x0202]))),
    recent: seqsOf(stream.sampleSeqs(5, recent(5))),
    runs: seqsOf(stream.sampleSeqs(4, sequences({ length: 4 }))),
    custom: seqsOf(
      stream.sampleSeqs(
        8,
        custom((event) => event.stepNumber % 3 === 0),
      ),
    ),
    found: Array.from(stream.findSeqs({ minReward: 1.4, order: 'newest', limit: 8 })),
    rewards: bits(stream.queryRange(WRITTEN - 8, WRITTEN).totalRewards()),
  }
  stream.restoreSamplerState(saved)
  const again = stream.sampleSeqs(16, recencyWeighted({ decay: 0.995 }))
  return { ...draws, restored: seqsOf(again) }
}

/** Interleaved episodes with rewards of both signs over several powers of two; the ring wraps. */
function fill(library: Library, stream: ExperienceStream): void {
  const { EventType, AppraiserType } = library
  const types = [EventType.ActionStarted, EventType.ActionCompleted, EventType.ActionFailed, EventType.CustomUserEvent]
  for (let i = 0; i < WRITTEN; i++) {
    const seq = stream.writeEvent({
      eventId: idOf(i),
      timestamp: 1_700_000_000_000_000 + i * 1000,
      episodeId: i % EPISODES,
      stepNumber: Math.floor(i / EPISODES),
      eventType: types[(i * i) % 4],
      state: Array.from({ length: 8 }, (_, j) => ((i * (j + 3)) % 101) / 101),
      action: [i % 2, -(i % 3)],
    })
    stream.setAppraiserReward(seq, AppraiserType.Homeostasis, -((i * 7) % 13) / 64)
    stream.setAppraiserReward(seq, AppraiserType.Goal, (i % 17 === 0 ? 1 : 0) * (1 + (i % 5) / 8))
    stream.setAppraiserReward(seq, AppraiserType.Curiosity, ((i * 31) % 97) / 97)
  }
}

function idOf(i: number): Uint8Array {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(12, i)
  id[6] = 0x40
  id[8] = 0x80
  return id
}

function seqsOf({ seqs, length }: { seqs: Float64Array; length: number }): number[] {
  return Array.from(seqs.subarray(0, length))
}

function bits(values: Float32Array | Float64Array): string[] {
  const size = values.BYTES_PER_ELEMENT
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength)
  return Array.from(values, (_, i) =>
    size === 4
      ? view
          .getUint32(i * 4)
          .toString(16)
          .padStart(8, '0')
      : view
          .getBigUint64(i * 8)
          .toString(16)
          .padStart(16, '0'),
  )
}
