/**
 * History: everything that a stream has written and that is still stored, whether it stands in the ring, in the
 * journal's files or in a store that follows the journal, read as if it were one.
 *
 * Contract:
 * - Each event comes once, from the uppermost tier that holds it when its turn comes, however events move from the ring
 *   to the journal and on to the stores meanwhile.
 * - A call sees the events, rewards and flags that were accepted before it began (an iteration, before its first batch).
 *   Events that are written later are not part of it. A reward that is given while it runs may be seen or not; a
 *   condition on rewards is asked with the reward that the batch shows.
 * - Numbers that hold no event are left out; `gaps` tells them and why.
 * - What waits to be written out is written out first, unless a call is about live events alone. So a disk that fails
 *   makes calls about older events throw, rather than answer with rewards that are not the newest.
 * - Memory is bounded by the batch and some MiB, however much is read; a sample holds what it draws. The event loop gets
 *   a turn every 8192 events.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import type { ExperienceEvent } from '../../event/types.js'
import { assertSeq } from '../../kernel/ring.js'
import { assertRange } from '../../stream/ranges.js'
import type { EventFilter } from '../../stream/types.js'
import { assertNumber, episodeNumber } from '../../stream/validate.js'
import type { EventMetadata } from '../cold/cold-storage.js'
import type { JournalSource } from '../journal/source.js'
import { HistoryBatch, type HistorySample } from './batch.js'
import { batchesOf } from './batches.js'
import { Census } from './census.js'
import { fetchEvents } from './fetch.js'
import { HISTORY_LIMITS, type HistoryLimits } from './limits.js'
import { JournalTier, RingTier } from './near-tiers.js'
import {
  type HistoryQuery,
  type HistoryReadOptions,
  type HistorySampleOptions,
  type ResolvedQuery,
  resolveQuery,
  resolveRead,
  resolveSample,
} from './options.js'
import { Random } from './random.js'
import { RecordFilter } from './record-filter.js'
import { HistoryResult } from './result.js'
import { drawSample } from './sample.js'
import { StoreTier } from './store-tier.js'
import type { HistoryGap, HistoryRing, HistoryStore } from './tier.js'
import { TierStack } from './walk.js'

/** What a history stands on. */
export interface HistoryParts {
  /** None for a directory that is only read. */
  readonly ring?: HistoryRing | undefined
  readonly source: JournalSource
  /** The stores that follow the journal at present and are open, in the order in which they are asked. */
  stores(): readonly HistoryStore[]
  /** Writes out what was accepted before the call, so that the journal's files have it. */
  flush?(): Promise<void>
  /** @throws {ClosedError} once the stream is closed. */
  assertOpen?(): void
}

/**
 * Reads all tiers. One object serves any number of readers at a time.
 *
 * @example
 * ```ts
 * const stream = await openExperienceStream({ directory, capacity: 100 })
 * for (let i = 0; i < 1000; i++) stream.writeEvent({ stepNumber: i, episodeId: i % 4 })
 * stream.setAppraiserReward(7, AppraiserType.Goal, 0.5) // has left the ring long ago
 * const { history } = stream
 * console.log((await history.getEvent(7))?.rewardGoal, await history.count({ episodeId: 3 })) // 0.5 250
 * const tiers = []
 * for await (const batch of history.queryRange(800, 1000)) tiers.push(`${batch.length} from the ${batch.tier}`)
 * console.log(tiers.join(', ')) // 100 from the journal, 100 from the ring
 * console.log((await history.sample(32, { seed: 1 })).population) // 1000
 * await stream.close()
 * ```
 */
export class History {
  private readonly parts: HistoryParts
  private readonly tiers: TierStack

  /** @internal */
  constructor(parts: HistoryParts, limits: HistoryLimits = HISTORY_LIMITS) {
    const { ring, source } = parts
    this.parts = parts
    const below = [new JournalTier(source), new StoreTier(() => parts.stores(), source, limits)]
    this.tiers = new TierStack(ring === undefined ? below : [new RingTier(ring, source), ...below], limits)
  }

  /** A snapshot of an event that owns its data; undefined if nobody holds it, or it is not written yet. */
  async getEvent(seq: number, options: HistoryReadOptions = {}): Promise<ExperienceEvent | undefined> {
    const batch = await this.single(seq, options, false)
    return batch.length === 0 ? undefined : batch.at(0)
  }

  /** The metadata of an event; undefined if it has none, or nobody holds the event. */
  async getMetadata(seq: number, options: HistoryReadOptions = {}): Promise<EventMetadata | undefined> {
    return (await this.single(seq, options, true)).metadata.get(seq)
  }

  /** The events that meet all conditions. A mistake in them throws here, everything else when the result is iterated. */
  query(query: HistoryQuery = {}): HistoryResult {
    this.parts.assertOpen?.()
    const resolved = resolveQuery(query)
    return new HistoryResult(() => this.run(resolved))
  }

  /** The events with sequence numbers in [start, end). */
  queryRange(start: number, end: number, options: Omit<HistoryQuery, 'startSeq' | 'endSeq'> = {}): HistoryResult {
    assertRange(start, end)
    return this.narrowed(options, { startSeq: start, endSeq: end })
  }

  /** The events with timestamps in [fromUs, toUs), in the order of their sequence numbers: time need not ascend. */
  queryTimeRange(fromUs: number, toUs: number, options: Omit<HistoryQuery, 'from' | 'to'> = {}): HistoryResult {
    assertNumber(fromUs, 'fromUs')
    assertNumber(toUs, 'toUs')
    if (toUs < fromUs) throw invalid('toUs', `be at least fromUs = ${fromUs}`, toUs)
    return this.narrowed(options, { from: fromUs, to: toUs })
  }

  /** The events of an episode. */
  queryEpisode(episodeId: number | bigint, options: Omit<HistoryQuery, 'episodeId'> = {}): HistoryResult {
    return this.narrowed(options, { episodeId: episodeNumber(episodeId, 'episodeId') })
  }

  /** How many events meet a filter. Without conditions on anything but numbers no event is read. */
  async count(filter: EventFilter = {}, options: HistoryReadOptions = {}): Promise<number> {
    const wanted = new RecordFilter(filter)
    const signal = resolveRead(options)
    const bounds = await this.bounds(wanted)
    return this.whileOpen(new Census(this.tiers, signal).count(bounds.start, bounds.end, wanted))
  }

  /**
   * Draws `size` of the stored events, at most 2^20, each with the same probability, in the order of the draws; without
   * replacement as many as there are. Where there are no conditions only the drawn events are read.
   * @throws {StorageError} if stores drop events faster than a draw can be made.
   */
  async sample(size: number, options: HistorySampleOptions = {}): Promise<HistorySample> {
    const resolved = resolveSample(size, options)
    const random = new Random(options.seed)
    const bounds = await this.bounds(resolved.filter)
    return this.whileOpen(drawSample(this.tiers, { ...resolved, ...bounds, size, random }))
  }

  /** The numbers of [start, end) that nobody holds an event of, as far as they have been written, ascending. */
  async *gaps(start: number, end: number, options: HistoryReadOptions = {}): AsyncGenerator<HistoryGap> {
    assertRange(start, end)
    const signal = resolveRead(options)
    const bounds = await this.bounds({ startSeq: start, endSeq: end })
    yield* this.allWhileOpen(new Census(this.tiers, signal).gaps(bounds.start, bounds.end))
  }

  private narrowed(options: HistoryQuery, given: EventFilter): HistoryResult {
    this.parts.assertOpen?.()
    const resolved = resolveQuery(options, given)
    return new HistoryResult(() => this.run(resolved))
  }

  private async *run(query: ResolvedQuery): AsyncGenerator<HistoryBatch> {
    const { filter, limit } = query
    const bounds = await this.bounds(filter)
    const { width: widest } = this.tiers.limits
    const width = filter.selective ? widest : Math.max(1, Math.min(widest, limit))
    yield* this.allWhileOpen(batchesOf(this.tiers.walk({ ...query, ...bounds, width }), query))
  }

  private async single(seq: number, options: HistoryReadOptions, metadata: boolean): Promise<HistoryBatch> {
    assertSeq(seq, 'seq')
    const signal = resolveRead(options)
    const { start, end } = await this.bounds({ startSeq: seq, endSeq: seq + 1 })
    const seqs = start < end ? Float64Array.of(seq) : new Float64Array(0)
    const pieces = await this.whileOpen(fetchEvents(this.tiers, seqs, metadata, signal))
    return new HistoryBatch().fill(pieces, start, end)
  }

  /** What a tier throws because the stream was closed meanwhile is told as that. */
  private async whileOpen<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } finally {
      this.parts.assertOpen?.()
    }
  }

  private async *allWhileOpen<T>(all: AsyncGenerator<T>): AsyncGenerator<T> {
    try {
      for (;;) {
        const { value, done } = await this.whileOpen(all.next())
        if (done) return
        yield value
      }
    } finally {
      await all.return(undefined)
    }
  }

  /** The part of the numbers that has been written; what was accepted for it is in the files or the ring from now on. */
  private async bounds({ startSeq, endSeq }: Pick<RecordFilter, 'startSeq' | 'endSeq'>) {
    const { ring, source, flush, assertOpen } = this.parts
    assertOpen?.call(this.parts)
    // Live events are read where they stand: nothing need be written out, and a full disk does not matter.
    if (ring === undefined || startSeq < ring.oldest) await flush?.call(this.parts)
    source.refresh()
    const start = Math.max(startSeq, source.identity.firstSeq)
    return { start, end: Math.max(start, Math.min(endSeq, ring === undefined ? source.endSeq : ring.next)) }
  }
}
