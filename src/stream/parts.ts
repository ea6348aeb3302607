/**
 * What a stream is made of. The face of a stream checks nothing about where its ring stands: these parts do, for a ring
 * of one thread or one that threads share.
 *
 * @module
 */

import type { EventEncoder } from '../event/encode.js'
import type { AppraiserType, EventColumns, EventInput, ExperienceEvent } from '../event/types.js'
import type { EventView } from '../event/view.js'
import type { EventWriter } from '../event/writer.js'
import type { EventBatch, SampleBatch, SampledSeqs } from './batch.js'
import type { SamplingStrategy } from './sampling/strategy.js'
import type { Subscription, SubscriptionSource } from './subscription.js'
import type {
  BulkResult,
  EventFilter,
  FindOptions,
  HandleOptions,
  RetireOptions,
  SeqRange,
  StreamHandle,
  StreamStats,
  SubscribeOptions,
} from './types.js'

/** The parts of a stream, ready to work. */
export interface StreamParts {
  readonly ring: SubscriptionSource & { readonly capacity: number; readonly size: number; assertOpen(): void }
  readonly writer: EventWriter
  readonly encoder: EventEncoder
  readonly batches: { write(events: readonly EventInput[] | Uint8Array | EventColumns): SeqRange }
  readonly late: LatePart
  readonly reader: ReaderPart
  readonly finder: FinderPart
  readonly sampler: SamplerPart
  subscribe(options: SubscribeOptions): Subscription
  stats(): StreamStats
  /** Called once. */
  close(): void
  readonly threads: ThreadsPart
}

/** Writes to events that stand in the ring already. */
export interface LatePart {
  setReward(seq: number, appraiser: AppraiserType, reward: number): 'applied' | 'corrected'
  addReward(seq: number, appraiser: AppraiserType, amount: number): 'applied' | 'corrected'
  setBits(seq: number, bits: number): 'applied' | 'corrected'
  setRewards(seqs: ArrayLike<number>, appraiser: AppraiserType, rewards: ArrayLike<number>): BulkResult
  setPriorities(seqs: ArrayLike<number>, priorities: ArrayLike<number>): BulkResult
  getPriorities(seqs: ArrayLike<number>): Float32Array
}

/** Reads events by number. */
export interface ReaderPart {
  event(seq: number): ExperienceEvent | undefined
  view(seq: number, target: EventView | undefined): EventView | undefined
  range(start: number, end: number, into: EventBatch): EventBatch
  segments(start: number, end: number): Uint8Array[]
}

/** Finds and counts events. */
export interface FinderPart {
  find(options: FindOptions, into: EventBatch): EventBatch
  findSeqs(options: FindOptions): Float64Array
  count(filter: EventFilter): number
}

/** Draws events. */
export interface SamplerPart {
  batch(size: number, strategy: SamplingStrategy, replacement: boolean, into: SampleBatch): SampleBatch
  seqs(size: number, strategy: SamplingStrategy, replacement: boolean, into: SampledSeqs): SampledSeqs
  save(): Uint8Array
  restore(state: unknown): void
}

/** Lets other threads in and out, where they share the ring. */
export interface ThreadsPart {
  handle(options: HandleOptions): StreamHandle
  retire(writerId: number, options: RetireOptions): boolean
  release(): void
}
