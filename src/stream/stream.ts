/**
 * The stream: the ring with its writers, readers, subscribers and samplers, behind one face. It checks that it is open
 * and what it is given, and hands over to the part that does the work.
 *
 * @module
 */

import { invalid } from '../errors.js'
import { EventEncoder } from '../event/encode.js'
import { IdPool } from '../event/id.js'
import type { AppraiserType, EventColumns, EventInput, ExperienceEvent } from '../event/types.js'
import { EventView } from '../event/view.js'
import { EventWriter } from '../event/writer.js'
import { Kernel } from '../kernel/kernel.js'
import { assertSeq, Ring } from '../kernel/ring.js'
import * as L from '../layout.js'
import { EventBatch, SampleBatch, SampledSeqs } from './batch.js'
import { BatchWriter } from './batch-writer.js'
import { Finder } from './finder.js'
import type { ExperienceReader, ExperienceWriter } from './interfaces.js'
import { assertAppraiser, LateWriter } from './late-writer.js'
import { Matcher } from './matching.js'
import { type ResolvedOptions, resolveOptions } from './options.js'
import { copyRange, pieces } from './ranges.js'
import { Sampler } from './sampler.js'
import type { SamplingStrategy } from './sampling/strategy.js'
import { uniform } from './sampling/uniform.js'
import { collectStats } from './stats.js'
import { Subscription, SubscriptionRegistry } from './subscription.js'
import type {
  BulkResult,
  EventFilter,
  FindOptions,
  SampleOptions,
  SeqRange,
  StreamOptions,
  StreamStats,
  SubscribeOptions,
} from './types.js'
import { assertInteger, assertKeys, LARGEST_BATCH } from './validate.js'

/**
 * The memory of what a program experienced: a ring of the last `capacity` events in WebAssembly memory.
 *
 * Every event gets the next sequence number, starting at 0. The live window is `[oldestSeq, totalWritten)`; when the
 * ring is full, a write evicts the oldest event. All work is synchronous but `create`, `close` and the iteration of
 * subscriptions. After `close` every call throws `ClosedError`.
 *
 * @example
 * ```ts
 * const stream = await ExperienceStream.create({ capacity: 10_000, seed: 1 })
 * for (let i = 0; i < 100; i++) stream.writeEvent({ stepNumber: i, rewardGoal: i / 100 })
 * const batch = stream.sampleBatch(3, prioritizedReward({ alpha: 0.6 }))
 * console.log(batch.length, batch.population, stream.count({ minReward: 0.5 })) // 3 100 50
 * ```
 */
export class ExperienceStream implements ExperienceReader, ExperienceWriter {
  /** Events that the ring holds at most. */
  readonly capacity: number
  /** The reusable writer of this stream: the fastest way to write single events. */
  readonly writer: EventWriter
  private readonly ring: Ring
  private readonly encoder: EventEncoder
  private readonly batches: BatchWriter
  private readonly late: LateWriter
  private readonly matcher: Matcher
  private readonly finder: Finder
  private readonly sampler: Sampler
  private readonly registry: SubscriptionRegistry
  private readonly cursor = new EventView()
  private readonly maxLag: number

  private constructor(kernel: Kernel, options: ResolvedOptions) {
    const { clock, idMode } = options
    this.capacity = options.capacity
    this.maxLag = options.maxLag
    this.ring = new Ring(kernel, options.firstSeq)
    const ids = new IdPool(kernel)
    this.encoder = new EventEncoder(this.ring, ids, clock, idMode)
    this.writer = new EventWriter(this.ring, ids, clock, idMode)
    this.batches = new BatchWriter(this.ring, this.encoder, ids, clock, idMode)
    this.late = new LateWriter(this.ring)
    this.matcher = new Matcher(this.ring)
    this.finder = new Finder(this.ring, this.matcher)
    this.sampler = new Sampler(this.ring, this.matcher, options.seed)
    this.registry = new SubscriptionRegistry(this.ring)
  }

  /**
   * Makes a stream without blocking the event loop while the module is compiled.
   * @throws {InvalidArgumentError} for an option that is unknown or out of range, or more memory than there is.
   */
  static async create(options: StreamOptions = {}): Promise<ExperienceStream> {
    const resolved = resolveOptions(options)
    return new ExperienceStream(await Kernel.create(resolved), resolved)
  }

  /**
   * Makes a stream at once. Chromium before version 115 refuses this on a page's main thread.
   * @throws {InvalidArgumentError} as `create`.
   */
  static createSync(options: StreamOptions = {}): ExperienceStream {
    const resolved = resolveOptions(options)
    return new ExperienceStream(Kernel.createSync(resolved), resolved)
  }

  /** Live events. */
  get size(): number {
    return this.ring.size
  }

  /** The sequence number that the next event gets: all events that were ever written, when the numbers start at 0. */
  get totalWritten(): number {
    return this.ring.next
  }

  /** The sequence number of the oldest live event; `totalWritten` if there is none. */
  get oldestSeq(): number {
    return this.ring.oldest
  }

  /** Whether `close` has been called. */
  get closed(): boolean {
    return this.ring.closed
  }

  /**
   * Writes one event and returns its sequence number. Copies everything, keeps nothing of the object. O(1).
   *
   * @throws {InvalidArgumentError} if a field is out of range; nothing is written.
   * @throws {SequenceExhaustedError} after sequence number 2^53 − 1.
   */
  writeEvent(event: EventInput): number {
    return this.encoder.write(event)
  }

  /**
   * Writes a batch: a list of events, packed 128-byte records, or one array per field. All events are checked first; if
   * one is refused, none is written. In packed records floats and timestamps are checked, the rest is taken verbatim,
   * ids included. A batch of columns without timestamps gets one reading of the clock.
   *
   * @returns the sequence numbers `[start, end)`. Of a batch larger than the ring the last `capacity` events stay.
   * @throws {InvalidArgumentError} naming the event and the field; nothing is written.
   */
  writeBatch(events: readonly EventInput[] | Uint8Array | EventColumns): SeqRange {
    return this.batches.write(events)
  }

  /**
   * Writes one appraiser's reward slot and sets its bit in the event's mask. The write that completes the mask sets
   * FULLY_APPRAISED. O(1); sampling folds the change in when it next draws.
   *
   * @throws {SequenceEvictedError} if the event has left the ring: it never touches the one that took its place.
   * @throws {SequenceNotWrittenError} if it has not been written yet.
   * @throws {InvalidArgumentError} if the reward is not a number of at most 8·10^37 in magnitude.
   */
  setAppraiserReward(seq: number, appraiser: AppraiserType, reward: number): 'applied' | 'corrected' {
    return this.late.setReward(seq, appraiser, reward)
  }

  /**
   * Writes one appraiser's slot of many events. Evicted events are counted, not an error; of doubles the last one wins.
   *
   * @throws {SequenceNotWrittenError} if any event has not been written, `InvalidArgumentError` if any reward is out of
   * range: nothing is changed.
   */
  setAppraiserRewards(seqs: ArrayLike<number>, appraiser: AppraiserType, rewards: ArrayLike<number>): BulkResult {
    return this.late.setRewards(seqs, appraiser, rewards)
  }

  /**
   * Sets the priorities that `prioritizedReward` weighs by, of a stream with `priority: 'explicit'`. As
   * `setAppraiserRewards` in everything else.
   *
   * @param priorities at least 0 and finite as f32.
   */
  setPriorities(seqs: ArrayLike<number>, priorities: ArrayLike<number>): BulkResult {
    return this.late.setPriorities(seqs, priorities)
  }

  /** The present priorities, `[n] f32`, NaN for evicted events; of a stream with `priority: 'explicit'`. */
  getPriorities(seqs: ArrayLike<number>): Float32Array {
    return this.late.getPriorities(seqs)
  }

  /** Sets FULLY_APPRAISED and completes the mask. Throws as `setAppraiserReward`. */
  markFullyAppraised(seq: number): 'applied' | 'corrected' {
    return this.late.setBits(seq, 2 ** L.REWARD_SLOTS - 1)
  }

  /** Sets one appraiser's bit in the mask alone. Throws as `setAppraiserReward`. */
  markAppraised(seq: number, appraiser: AppraiserType): 'applied' | 'corrected' {
    assertAppraiser(appraiser)
    return this.late.setBits(seq, 1 << appraiser)
  }

  /** A snapshot of an event that owns its data; undefined if it is evicted or not yet written. O(1). */
  getEvent(seq: number): ExperienceEvent | undefined {
    return this.view(seq, new EventView())?.toEvent()
  }

  /**
   * A view on an event where it stands in the ring, without a copy: `target`, or the stream's one view, moved to it;
   * undefined if the event is evicted or not yet written. The view is good until it is moved or its event is evicted,
   * which `isLive` tells. O(1).
   */
  view(seq: number, target?: EventView): EventView | undefined {
    const { ring } = this
    if (ring.closed) ring.assertOpen()
    if (!Number.isInteger(seq) || !ring.isLive(seq)) {
      assertSeq(seq, 'seq')
      return undefined
    }
    return (target ?? this.cursor).moveTo(ring.kernel, ring.wordOf(seq), seq, ring)
  }

  /**
   * A copy of the live part of `[start, end)`; `start` and `end` of the batch say what it covers.
   *
   * @param options `into` a batch of an earlier call, whose buffers are reused.
   */
  queryRange(start: number, end: number, options: { into?: EventBatch | undefined } = {}): EventBatch {
    const { from, to } = this.liveRange(start, end)
    return copyRange(this.ring, from, to, intoBatch(options, EventBatch))
  }

  /**
   * The records of the live part of `[start, end)` where they stand, without a copy: none, one or two pieces of packed
   * bytes, good until the next write. Treat them as read-only.
   */
  segments(start: number, end: number): Uint8Array[] {
    const { from, to } = this.liveRange(start, end)
    return pieces(this.ring, from, to)
  }

  /**
   * Copies of the live events that meet a filter, oldest first unless asked otherwise. With `types` the search goes over
   * a column of 2 bytes an event, else over the records.
   */
  find(options: FindOptions & { into?: EventBatch | undefined } = {}): EventBatch {
    this.ring.assertOpen()
    const { into, ...filter } = options
    return this.finder.find(filter, intoBatch({ into }, EventBatch))
  }

  /** The sequence numbers of the live events that meet a filter, `[n] f64`. */
  findSeqs(options: FindOptions = {}): Float64Array {
    this.ring.assertOpen()
    return this.finder.findSeqs(options)
  }

  /** How many live events meet a filter. */
  count(filter: EventFilter = {}): number {
    this.ring.assertOpen()
    return this.finder.count(filter)
  }

  /**
   * Draws events with their records, probabilities and importance weights. See {@link SamplingStrategy} for what each
   * strategy draws by, and whether with replacement by default. Without replacement a batch has `min(size, matches)`
   * events; an empty window gives an empty batch.
   *
   * @param size events, or runs for `sequences`; at most 2^24 rows.
   */
  sampleBatch(size: number, strategy: SamplingStrategy = uniform(), options: SampleOptions = {}): SampleBatch {
    const replacement = this.checkSample(size, strategy, options)
    return this.sampler.batch(size, strategy, replacement, intoBatch(options, SampleBatch))
  }

  /** The same draws without copying records; the same seed gives the same sequence numbers. */
  sampleSeqs(
    size: number,
    strategy: SamplingStrategy = uniform(),
    options: { replacement?: boolean | undefined; into?: SampledSeqs | undefined } = {},
  ): SampledSeqs {
    const replacement = this.checkSample(size, strategy, options)
    return this.sampler.seqs(size, strategy, replacement, intoBatch(options, SampledSeqs))
  }

  /** The state of the sampler's generator, 32 bytes: restored, it repeats the draws that follow. */
  saveSamplerState(): Uint8Array {
    this.ring.assertOpen()
    return this.sampler.save()
  }

  /** Restores what `saveSamplerState` returned, of this stream or another. */
  restoreSamplerState(state: Uint8Array): void {
    this.ring.assertOpen()
    this.sampler.restore(state)
  }

  /** A cursor on what is written; see {@link Subscription}. */
  subscribe(options: SubscribeOptions = {}): Subscription {
    this.ring.assertOpen()
    return new Subscription(this.ring, this.registry, options, this.maxLag)
  }

  /** The accounting of the stream and its open subscriptions. */
  stats(): StreamStats {
    this.ring.assertOpen()
    return collectStats(this.ring, this.late, this.registry)
  }

  /**
   * Closes the stream. Subscribers that iterate still receive what was written; then their iteration ends. Every other
   * call throws `ClosedError` from now on. Does nothing the second time.
   */
  async close(): Promise<void> {
    if (this.ring.closed) return
    this.ring.closed = true
    this.registry.wakeAll()
  }

  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private liveRange(start: number, end: number): { from: number; to: number } {
    const { ring } = this
    ring.assertOpen()
    assertSeq(start, 'start')
    assertSeq(end, 'end')
    if (end < start) throw invalid('end', `be at least start = ${start}`, end)
    const from = Math.min(Math.max(start, ring.oldest), ring.next)
    return { from, to: Math.max(from, Math.min(end, ring.next)) }
  }

  private checkSample(size: number, strategy: SamplingStrategy, options: object): boolean {
    this.ring.assertOpen()
    if (typeof strategy !== 'object' || strategy === null || typeof strategy.draw !== 'function') {
      throw invalid('strategy', 'be made by SamplingStrategy', strategy)
    }
    assertInteger(size, 'size', 0, Math.floor(LARGEST_BATCH / strategy.rows))
    assertKeys(options, 'options', ['replacement', 'into'])
    const { replacement = strategy.replacement } = options as SampleOptions
    if (typeof replacement === 'boolean') return replacement
    throw invalid('replacement', 'be true or false', replacement)
  }
}

/** The batch to fill: `into` of the options, or a new one. */
function intoBatch<T extends object>(options: { into?: unknown }, type: new () => T): T {
  assertKeys(options, 'options', ['replacement', 'into'])
  const { into } = options
  if (into === undefined) return new type()
  if (into instanceof type) return into
  throw invalid('into', `be a ${type.name} of an earlier call`, into)
}
