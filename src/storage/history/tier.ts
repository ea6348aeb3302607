/**
 * Tiers: the places where events stand, each newer one wins over the older ones. Events only ever move down, from the
 * ring to the journal's files alone and from there to the stores alone, so that a reader that asks for every number
 * once, of the uppermost tier that holds it at that moment, meets each event once however the tiers move meanwhile.
 *
 * @module
 */

import type { ColdStorage } from '../cold/cold-storage.js'
import type { Gap } from '../journal/source.js'
import type { RecordFilter } from './record-filter.js'
import type { Rows } from './rows.js'

/** `'oldest'`: ascending sequence numbers; `'newest'`: descending. */
export type HistoryOrder = 'oldest' | 'newest'

/** Sequence numbers [start, end) that nobody holds an event of, and why, as far as it is known. */
export interface HistoryGap {
  readonly start: number
  readonly end: number
  /**
   * `'aborted'`: claimed by a thread that never wrote; `'damaged'`: lost to damage that was salvaged; `'missed'`: a store
   * began to follow too late for it; `'absent'`: no longer in the journal and not in any store, because a store dropped
   * it or never was to keep it.
   */
  readonly reason: Gap['reason'] | 'absent'
}

/** What a tier found in the numbers [start, end) that it looked at. */
export interface HistoryChunk {
  readonly tier: string
  readonly start: number
  readonly end: number
  /** The events that meet the filter, ascending in either order. Owned by who got it. */
  readonly rows: Rows
}

/** What a tier is asked for. */
export interface Scan {
  readonly start: number
  readonly end: number
  readonly filter: RecordFilter
  readonly order: HistoryOrder
  /** Numbers in a chunk at most. */
  readonly width: number
  /** Whether the rows are wanted with their metadata. */
  readonly metadata: boolean
  readonly signal: AbortSignal | undefined
}

/** One place of events. */
export interface HistoryTier {
  /** The numbers that it answers for at this moment; it may hold fewer events. */
  range(): { readonly start: number; readonly end: number }
  /**
   * Chunks that join: from `start` upwards or from `end` downwards. It ends early where the next number is no longer in
   * `range()`, and gives the event loop a turn between chunks.
   */
  scan(scan: Scan): AsyncIterable<HistoryChunk>
  /** How many events of [start, end), within `range()`, it holds. */
  count(start: number, end: number): Promise<number>
  /** The typed gaps that it knows of in [start, end). */
  gaps(start: number, end: number): Promise<readonly Gap[]>
  /** Numbers that it reads at no greater cost than one, for reads at random. */
  readonly reach: number
}

/** Events that were copied out of the ring: those of [start, end) that are there. */
export interface RingRead {
  /** Behind the start that was asked for if the events before it were evicted meanwhile. */
  readonly start: number
  /** Before the end that was asked for if what follows is not written yet. */
  readonly end: number
  readonly rows: Rows
}

/** The ring as history reads it. */
export interface HistoryRing {
  /** The live events: [oldest, next). */
  readonly oldest: number
  readonly next: number
  /** Copies live events with their masks and the metadata that is kept in memory. */
  read(start: number, end: number): RingRead
  /** How many events there are in the live numbers [start, end). */
  count(start: number, end: number): number
}

/** What history asks of a store that follows the journal. `query` and `count` may come while it is being written to. */
export interface HistoryStore extends Pick<ColdStorage, 'name' | 'checkpoint' | 'query' | 'count'> {
  /** The gaps that the store was given in [startSeq, endSeq), if it keeps them. */
  gaps?(startSeq: number, endSeq: number): Promise<readonly Gap[]>
}
