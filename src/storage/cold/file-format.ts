/**
 * The two formats of event files behind one face. A file is made once, whole, and never changed; it holds events in
 * ascending order of their sequence numbers.
 *
 * @module
 */

import type { CorrectionList } from '../journal/corrections.js'
import type { StoredEvents } from './cold-storage.js'

/** Which rows a read is about; conditions are joined by AND. */
export interface RowFilter {
  readonly startSeq?: number | undefined
  readonly endSeq?: number | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly episodeId?: bigint | undefined
  readonly types?: readonly number[] | undefined
}

/** Rows of a file that could not be read: damaged bytes that a reader passed over. */
export interface FileDamage {
  readonly file: string
  readonly offset: number
  readonly what: string
}

/** An event file that is open for reading. */
export interface EventFile {
  /** Exactly the rows that meet the filter, ascending, in batches of the file's own granularity; prunes what it can. */
  rows(filter: RowFilter, signal?: AbortSignal): AsyncIterable<StoredEvents>
  /** What reads have passed over so far. */
  readonly damage: readonly FileDamage[]
  close(): Promise<void>
}

/** One format of event files. */
export interface FileFormat {
  /** File name extension without the dot. */
  readonly extension: string
  /** The bytes of an event file. */
  encode(events: StoredEvents): Promise<Uint8Array>
  open(path: string): Promise<EventFile>
  /** The bytes of a file of corrections, and back. Small: read whole. */
  encodeCorrections(list: CorrectionList): Promise<Uint8Array>
  decodeCorrections(bytes: Uint8Array, path: string): Promise<CorrectionList>
}
