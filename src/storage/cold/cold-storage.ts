/**
 * The contract of cold storage: what follows the journal and keeps events for good. Files are one implementation, a
 * database another. `experience-stream/node` and `/postgres` have theirs; anybody may write one.
 *
 * Contract:
 * - One caller at a time: every call of `open`, `write`, `flush` and `close` is awaited before the next. The follower
 *   guarantees it. `query` and `count` may come at any time, several at once, also from others; a query shows what was
 *   accepted when it began, and may be given up by ending its iterator.
 * - Data and checkpoint are one: after a crash at any point, `open` tells the checkpoint of what is committed, no event
 *   of it is missing or doubled, and nothing behind it is there.
 * - `write` may hold events back in memory, within a bound of the store's own; `flush` commits everything.
 *   `checkpoint` is what is committed, not what was accepted.
 * - After a `write`, `idle` or `flush` that failed the follower calls `open` again: the store drops what it accepted and did
 *   not commit, and tells what is committed. So a failure in between needs no other care than a crash.
 * - Events and gaps of all batches together are all numbers from `identity.firstSeq` to `checkpoint.seq`.
 * - Corrections go to events below `checkpoint.seq`; those of events that the store does not keep are passed over.
 *   Merging is that of `journal/corrections.ts`.
 * - Queries see what was accepted, whether flushed or not, with the newest rewards, each event once.
 *
 * @module
 */

import type { CorrectionList } from '../journal/corrections.js'
import type { Gap, JournalPosition, StreamIdentity } from '../journal/source.js'

/** How far a store is: it has all events before `seq`, with the corrections of the journal before `position`. */
export interface Checkpoint {
  readonly seq: number
  readonly position: JournalPosition
}

/** What stands beside an event and was given with it. */
export interface EventMetadata {
  readonly intentType?: string | undefined
  readonly executorId?: string | undefined
  /** Any JSON. */
  readonly parameters?: unknown
}

/** Events on their way into a store or out of it: ascending sequence numbers, packed 128-byte records. */
export interface StoredEvents {
  readonly length: number
  readonly seqs: Float64Array
  readonly bytes: Uint8Array
  readonly masks: Uint8Array
  /** By sequence number; events without metadata have no entry. */
  readonly metadata: ReadonlyMap<number, EventMetadata>
  /** Of a store that keeps events in several places: which one these came from. History names it behind the store. */
  readonly place?: string | undefined
}

/** What a query takes; conditions are joined by AND. */
export interface ColdQuery {
  /** Sequence numbers [startSeq, endSeq). */
  readonly startSeq?: number | undefined
  readonly endSeq?: number | undefined
  /** Timestamps in µs, [from, to). */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly episodeId?: bigint | undefined
  readonly types?: readonly number[] | undefined
  /** Events in a batch at most. Default 1024. */
  readonly batchSize?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** A store of one stream's events. */
export interface ColdStorage {
  /** Names the store in reports, in `stats()` and, unless `follow` is given another, its place in the journal. */
  readonly name: string
  /**
   * Makes the store ready for a stream and returns what it has of it, or undefined.
   * @throws {StoreMismatchError} if it holds another stream's events.
   */
  open(identity: StreamIdentity): Promise<Checkpoint | undefined>
  /** What is committed. */
  readonly checkpoint: Checkpoint | undefined
  /**
   * Takes the next events, corrections of earlier ones and the gaps between, which together lead to checkpoint `to`.
   * Any of the three may be empty.
   */
  write(batch: ColdBatch, to: Checkpoint, signal?: AbortSignal): Promise<void>
  /** Commits everything that was accepted. */
  flush(signal?: AbortSignal): Promise<void>
  /**
   * Called when there is nothing more to write for now. A store that commits while the next batches are read waits here
   * for what is under way, so that a failure is not told with the next event only. What it would hold back stays so.
   */
  idle?(signal?: AbortSignal): Promise<void>
  /** The events that meet a query, ascending by sequence number, in batches of bounded size. */
  query(query: ColdQuery): AsyncIterable<StoredEvents>
  /** How many events of [startSeq, endSeq) the store holds; uniform sampling over all tiers needs it. */
  count(startSeq: number, endSeq: number): Promise<number>
  /** Flushes and lets go of everything. Does nothing the second time. */
  close(): Promise<void>
}

/** What goes into a store in one step. */
export interface ColdBatch {
  readonly events: StoredEvents
  readonly corrections: CorrectionList
  readonly gaps: readonly Gap[]
}
