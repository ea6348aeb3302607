/**
 * Where a stream can be moved from. Sources only read; whoever owns what they read may go on writing.
 *
 * @module
 */

import type { Checkpoint, StoredEvents } from '../../storage/cold/cold-storage.js'
import type { CorrectionList } from '../../storage/journal/corrections.js'
import type { Gap, JournalPosition, StreamIdentity } from '../../storage/journal/source.js'

/** Corrections of one piece of a journal, and where the next piece begins. */
export interface LateRewards {
  readonly corrections: CorrectionList
  readonly position: JournalPosition
}

/** A stream as a place holds it. */
export interface StreamSource {
  /** Path or address, for messages. */
  readonly name: string
  readonly identity: StreamIdentity
  /** `'direct'` for events that no journal is known to have written. */
  readonly origin: 'journal' | 'direct'
  /** What the source had when it was opened; reading ends there. */
  readonly end: Checkpoint
  /**
   * The events of [startSeq, endSeq), ascending, with their newest rewards, in batches of at most `batchSize`.
   * @throws {CorruptSegmentError} where damage hides some; nothing of the batch is given then.
   */
  query(startSeq: number, endSeq: number, options: ReadOptions): AsyncIterable<StoredEvents>
  /** The numbers of [startSeq, endSeq) of which it is known that they hold no event, and why. */
  gaps(startSeq: number, endSeq: number): Promise<readonly Gap[]>
  /**
   * What became of events below `belowSeq` in the blocks from a position on; undefined if that is not known piece by
   * piece, so that the events have to be looked at themselves.
   */
  late(from: JournalPosition, belowSeq: number): Iterable<LateRewards> | undefined
  close(): Promise<void>
}

/** How a source is read. */
export interface ReadOptions {
  readonly batchSize: number
  readonly signal?: AbortSignal | undefined
}
