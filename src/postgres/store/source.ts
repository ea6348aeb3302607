/**
 * What the store and the queries know of days that are in files: the archive as they see it.
 *
 * A day moves from the tables into files in one transaction, which makes the archive's generation one larger. Whoever
 * reads both asks for the generation, or for a view, in the transaction that reads the tables: then every event is in
 * exactly one of the two. A view goes on to show what it showed at first; when one of its files has been replaced and
 * removed meanwhile it throws, and a reader that then finds another generation goes on with a new view.
 *
 * @module
 */

import type { ColdQuery, StoredEvents } from '../../storage/cold/cold-storage.js'
import type { CorrectionList } from '../../storage/journal/corrections.js'
import type { Queryable } from './streams.js'

/** Conditions on events, in files as in tables. */
export type RowQuery = Omit<ColdQuery, 'batchSize' | 'signal'>

/** Events that can be read in order. */
export interface EventSource {
  /** The events that meet a query, ascending by sequence number, with their newest rewards, in batches of bounded size. */
  rows(query: RowQuery, signal?: AbortSignal): AsyncIterable<StoredEvents>
  /** How many events of [startSeq, endSeq) there are. */
  count(startSeq: number, endSeq: number): Promise<number>
}

/** What is known of a file without reading it. Bounds are inclusive. */
export interface FileBounds {
  /** Of total rewards; infinite where nothing is known. */
  readonly minReward: number
  readonly maxReward: number
  /** Of ids, as text. */
  readonly leastId: string
  readonly largestId: string
}

/** The archived events of one stream as they were in one generation. */
export interface ArchiveView extends EventSource {
  readonly generation: number
  /** @param keep rules out files that cannot have what the caller looks for; the bounds are those of when the view was taken. */
  rows(query: RowQuery, signal?: AbortSignal, keep?: (file: FileBounds) => boolean): AsyncIterable<StoredEvents>
}

/** The archive of a database. */
export interface Archive {
  /** Grows with everything that moves into files, out of them, or between them. */
  generation(on: Queryable): Promise<number>
  /** What is in files, as the transaction sees it. */
  view(on: Queryable, stream: number): Promise<ArchiveView>
  /**
   * Keeps corrections of events that may be in files; those of events that are in none are passed over. Called in the
   * transaction of a write, which holds the locks of the days that it writes to. `requiredMask` says what is complete.
   */
  correct(on: Queryable, stream: number, list: CorrectionList, requiredMask: number): Promise<void>
}
