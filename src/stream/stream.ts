/**
 * The stream: the ring with its writers, readers, subscribers and samplers, behind one face. It checks that it is open
 * and what it is given, and hands over to the part that does the work.
 *
 * @module
 */

import { invalid } from '../errors.js'
import type { EventEncoder } from '../event/encode.js'
import type { AppraiserType, EventColumns, EventInput, ExperienceEvent } from '../event/types.js'
import type { EventView } from '../event/view.js'
import type { EventWriter } from '../event/writer.js'
import { Kernel } from '../kernel/kernel.js'
import * as L from '../layout.js'
import { EventBatch, SampleBatch, SampledSeqs } from './batch.js'
import type { ExperienceReader, ExperienceWriter } from './interfaces.js'
import { assertAppraiser } from './late-writer.js'
import { loadThreads } from './load-threads.js'
import { resolveOptions } from './options.js'
import type { StreamParts } from './parts.js'
import { ringParts } from './ring-parts.js'
import { checkSample } from './sampler.js'
import type { SamplingStrategy } from './sampling/strategy.js'
import { uniform } from './sampling/uniform.js'
import type { Subscription } from './subscription.js'
import type {
  AttachOptions,
  BulkResult,
  EventFilter,
  FindOptions,
  HandleOptions,
  RetireOptions,
  SampleOptions,
  SeqRange,
  StreamHandle,
  StreamOptions,
  StreamStats,
  SubscribeOptions,
} from './types.js'
import { intoBatch } from './validate.js'

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
  private readonly parts: StreamParts
  private readonly ring: StreamParts['ring']
  private readonly encoder: EventEncoder
  private closing = false

  protected constructor(parts: StreamParts) {
    this.parts = parts
    this.ring = parts.ring
    this.capacity = parts.ring.capacity
    this.writer = parts.writer
    this.encoder = parts.encoder
  }

  /**
   * Makes a stream without blocking the event loop while the module is compiled. With `shared: true` other threads can
   * take part; see `handle`.
   *
   * @throws {InvalidArgumentError} for an option that is unknown or out of range, or more memory than there is.
   * @throws {SharedMemoryUnavailableError} with `shared: true` where there is no SharedArrayBuffer.
   */
  static async create(options: StreamOptions = {}): Promise<ExperienceStream> {
    const resolved = resolveOptions(options)
    if (resolved.shared) return new ExperienceStream(await (await loadThreads()).createShared(resolved))
    return new ExperienceStream(ringParts(await Kernel.create(resolved), resolved))
  }

  /**
   * Makes a stream at once. Chromium before version 115 refuses this on a page's main thread.
   * @throws {InvalidArgumentError} as `create`, and for `shared`, whose module has to be loaded first.
   */
  static createSync(options: StreamOptions = {}): ExperienceStream {
    const resolved = resolveOptions(options)
    if (resolved.shared) throw invalid('shared', 'be false for createSync; use create', true)
    return new ExperienceStream(ringParts(Kernel.createSync(resolved), resolved))
  }

  /**
   * Takes part in the shared stream of another thread, which made the handle for this one. A handle is good for one
   * attachment.
   *
   * @throws {InvalidArgumentError} if it is no handle, or was used or retired before.
   * @throws {LayoutMismatchError} if it comes from another version of this package.
   * @throws {ClosedError} if the stream has been closed.
   */
  static async attach(handle: StreamHandle, options: AttachOptions = {}): Promise<ExperienceStream> {
    return new ExperienceStream(await (await loadThreads()).attachShared(handle, options))
  }

  /** Live events. */
  get size(): number {
    return this.ring.size
  }

  /**
   * The sequence number that the next event gets: all events that were ever written, when the numbers start at 0. Where
   * threads share the ring, the number behind the last that any of them has claimed.
   */
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
   * @returns the sequence numbers `[start, end)`. Of a batch larger than the ring the last `capacity` events stay.
   * @throws {InvalidArgumentError} naming the event and the field; nothing is written.
   */
  writeBatch(events: readonly EventInput[] | Uint8Array | EventColumns): SeqRange {
    return this.parts.batches.write(events)
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
    return this.parts.late.setReward(seq, appraiser, reward)
  }

  /**
   * Adds to one appraiser's reward slot and sets its bit in the event's mask; what several threads add is not lost.
   * Throws as `setAppraiserReward`, also if the sum is out of range.
   */
  addReward(seq: number, appraiser: AppraiserType, amount: number): 'applied' | 'corrected' {
    return this.parts.late.addReward(seq, appraiser, amount)
  }

  /**
   * Writes one appraiser's slot of many events. Evicted events are counted, not an error; of doubles the last one wins.
   * @throws {SequenceNotWrittenError} if any event has not been written, `InvalidArgumentError` if any reward is out of
   * range: nothing is changed.
   */
  setAppraiserRewards(seqs: ArrayLike<number>, appraiser: AppraiserType, rewards: ArrayLike<number>): BulkResult {
    return this.parts.late.setRewards(seqs, appraiser, rewards)
  }

  /**
   * Sets the priorities that `prioritizedReward` weighs by, of a stream with `priority: 'explicit'`. As
   * `setAppraiserRewards` in everything else.
   * @param priorities at least 0 and finite as f32.
   */
  setPriorities(seqs: ArrayLike<number>, priorities: ArrayLike<number>): BulkResult {
    return this.parts.late.setPriorities(seqs, priorities)
  }

  /** The present priorities, `[n] f32`, NaN for evicted events; of a stream with `priority: 'explicit'`. */
  getPriorities(seqs: ArrayLike<number>): Float32Array {
    return this.parts.late.getPriorities(seqs)
  }

  /** Sets FULLY_APPRAISED and completes the mask. Throws as `setAppraiserReward`. */
  markFullyAppraised(seq: number): 'applied' | 'corrected' {
    return this.parts.late.setBits(seq, 2 ** L.REWARD_SLOTS - 1)
  }

  /** Sets one appraiser's bit in the mask alone. Throws as `setAppraiserReward`. */
  markAppraised(seq: number, appraiser: AppraiserType): 'applied' | 'corrected' {
    assertAppraiser(appraiser)
    return this.parts.late.setBits(seq, 1 << appraiser)
  }

  /** A snapshot of an event that owns its data; undefined if it is evicted or not yet written. O(1). */
  getEvent(seq: number): ExperienceEvent | undefined {
    return this.parts.reader.event(seq)
  }

  /**
   * A view on an event where it stands in the ring, without a copy: `target`, or the stream's one view, moved to it;
   * undefined if the event is evicted or not yet written. The view is good until it is moved or its event is evicted,
   * which `isLive` tells; where threads share the ring, it shows a copy. O(1).
   */
  view(seq: number, target?: EventView): EventView | undefined {
    return this.parts.reader.view(seq, target)
  }

  /**
   * A copy of the live part of `[start, end)`; `start` and `end` of the batch say what it covers.
   * @param options `into` a batch of an earlier call, whose buffers are reused.
   */
  queryRange(start: number, end: number, options: { into?: EventBatch | undefined } = {}): EventBatch {
    return this.parts.reader.range(start, end, intoBatch(options, EventBatch))
  }

  /**
   * The records of the live part of `[start, end)` where they stand, without a copy: none, one or two pieces of packed
   * bytes, good until the next write. Treat them as read-only. Where threads share the ring, a copy in one piece.
   */
  segments(start: number, end: number): Uint8Array[] {
    return this.parts.reader.segments(start, end)
  }

  /**
   * Copies of the live events that meet a filter, oldest first unless asked otherwise. With `types` the search goes over
   * a column of 2 bytes an event, else over the records.
   */
  find(options: FindOptions & { into?: EventBatch | undefined } = {}): EventBatch {
    this.ring.assertOpen()
    const { into, ...filter } = options
    return this.parts.finder.find(filter, intoBatch({ into }, EventBatch))
  }

  /** The sequence numbers of the live events that meet a filter, `[n] f64`. */
  findSeqs(options: FindOptions = {}): Float64Array {
    this.ring.assertOpen()
    return this.parts.finder.findSeqs(options)
  }

  /** How many live events meet a filter. */
  count(filter: EventFilter = {}): number {
    this.ring.assertOpen()
    return this.parts.finder.count(filter)
  }

  /**
   * Draws events with their records, probabilities and importance weights. See {@link SamplingStrategy} for what each
   * strategy draws by, and whether with replacement by default. Without replacement a batch has `min(size, matches)`
   * events; an empty window gives an empty batch.
   *
   * @param size events, or runs for `sequences`; at most 2^24 rows.
   */
  sampleBatch(size: number, strategy: SamplingStrategy = uniform(), options: SampleOptions = {}): SampleBatch {
    this.ring.assertOpen()
    const replacement = checkSample(size, strategy, options)
    return this.parts.sampler.batch(size, strategy, replacement, intoBatch(options, SampleBatch))
  }

  /** The same draws without copying records; the same seed gives the same sequence numbers. */
  sampleSeqs(
    size: number,
    strategy: SamplingStrategy = uniform(),
    options: { replacement?: boolean | undefined; into?: SampledSeqs | undefined } = {},
  ): SampledSeqs {
    this.ring.assertOpen()
    const replacement = checkSample(size, strategy, options)
    return this.parts.sampler.seqs(size, strategy, replacement, intoBatch(options, SampledSeqs))
  }

  /** The state of the sampler's generator, 32 bytes: restored, it repeats the draws that follow. */
  saveSamplerState(): Uint8Array {
    this.ring.assertOpen()
    return this.parts.sampler.save()
  }

  /** Restores what `saveSamplerState` returned, of this stream or another. */
  restoreSamplerState(state: Uint8Array): void {
    this.ring.assertOpen()
    this.parts.sampler.restore(state)
  }

  /** A cursor on what is written; see {@link Subscription}. */
  subscribe(options: SubscribeOptions = {}): Subscription {
    this.ring.assertOpen()
    return this.parts.subscribe(options)
  }

  /**
   * A handle that lets one other thread take part: send it there and call `attach`. It holds a place until that thread
   * closes its stream or is retired; with the `worker` that it is for, Node's exit of it does the latter.
   *
   * @throws {InvalidArgumentError} unless the stream was created with `shared: true`, or if all places are taken.
   */
  handle(options: HandleOptions = {}): StreamHandle {
    this.ring.assertOpen()
    return this.parts.threads.handle(options)
  }

  /**
   * Retires a thread by the `writerId` of its handle: numbers that it has claimed and not begun are aborted, its next
   * write throws. Say `ended` if it is known to have ended; its place is then free again. False if there is no such thread.
   */
  retire(writerId: number, options: RetireOptions = {}): boolean {
    this.ring.assertOpen()
    return this.parts.threads.retire(writerId, options)
  }

  /**
   * Gives up the sequence numbers that this thread has claimed and not used, which readers of a shared stream wait for.
   * Call it before the thread blocks, as in `Atomics.wait`; otherwise it happens by itself. Does nothing elsewhere.
   */
  release(): void {
    this.ring.assertOpen()
    this.parts.threads.release()
  }

  /** The accounting of the stream and its open subscriptions. */
  stats(): StreamStats {
    this.ring.assertOpen()
    return this.parts.stats()
  }

  /**
   * Closes the stream. Subscribers that iterate still receive what was written; then their iteration ends. Every other
   * call throws `ClosedError` from now on. Does nothing the second time.
   */
  async close(): Promise<void> {
    if (this.closing) return
    this.closing = true
    this.parts.close()
  }

  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
