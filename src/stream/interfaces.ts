/**
 * The two interfaces that a stream implements: what writes, and what reads. Code that needs only one of them should ask
 * for that.
 *
 * @module
 */

import type { AppraiserType, EventColumns, EventInput, ExperienceEvent } from '../event/types.js'
import type { EventView } from '../event/view.js'
import type { EventWriter } from '../event/writer.js'
import type { EventBatch, SampleBatch, SampledSeqs } from './batch.js'
import type { SamplingStrategy } from './sampling/strategy.js'
import type { Subscription } from './subscription.js'
import type {
  BulkResult,
  EventFilter,
  FindOptions,
  SampleOptions,
  SeqRange,
  StreamStats,
  SubscribeOptions,
} from './types.js'

/** The writing half of a stream. */
export interface ExperienceWriter {
  writeEvent(event: EventInput): number
  writeBatch(events: readonly EventInput[] | Uint8Array | EventColumns): SeqRange
  readonly writer: EventWriter
  setAppraiserReward(seq: number, appraiser: AppraiserType, reward: number): 'applied' | 'corrected'
  addReward(seq: number, appraiser: AppraiserType, amount: number): 'applied' | 'corrected'
  setAppraiserRewards(seqs: ArrayLike<number>, appraiser: AppraiserType, rewards: ArrayLike<number>): BulkResult
  setPriorities(seqs: ArrayLike<number>, priorities: ArrayLike<number>): BulkResult
  markFullyAppraised(seq: number): 'applied' | 'corrected'
  release(): void
}

/** The reading half of a stream. */
export interface ExperienceReader {
  readonly capacity: number
  readonly size: number
  readonly totalWritten: number
  readonly oldestSeq: number
  getEvent(seq: number): ExperienceEvent | undefined
  view(seq: number, target?: EventView): EventView | undefined
  queryRange(start: number, end: number, options?: { into?: EventBatch | undefined }): EventBatch
  segments(start: number, end: number): Uint8Array[]
  find(options?: FindOptions & { into?: EventBatch | undefined }): EventBatch
  findSeqs(options?: FindOptions): Float64Array
  count(filter?: EventFilter): number
  sampleBatch(size: number, strategy?: SamplingStrategy, options?: SampleOptions): SampleBatch
  sampleSeqs(
    size: number,
    strategy?: SamplingStrategy,
    options?: { replacement?: boolean | undefined; into?: SampledSeqs | undefined },
  ): SampledSeqs
  getPriorities(seqs: ArrayLike<number>): Float32Array
  subscribe(options?: SubscribeOptions): Subscription
  stats(): StreamStats
}
