/**
 * What a ring is restored from: the newest events of a journal.
 *
 * @module
 */

import type { CorrectionList } from './corrections.js'

/** The events [startSeq, endSeq) that a ring gets back. */
export interface JournalWindow {
  readonly startSeq: number
  readonly endSeq: number
}

/** Takes the events of a window. What it is given is lent until the call returns. */
export interface WindowTarget {
  /**
   * `count` records, ascending and consecutive from `startSeq` on, packed; `masks` has the byte of each event, and is
   * missing where every mask is 0, or complete if the record says FULLY_APPRAISED.
   */
  records(seq: number, count: number, bytes: Uint8Array, masks: Uint8Array | undefined): void
  /** What became of events that were given before, in the order in which it happened. */
  corrections(list: CorrectionList): void
  /** Numbers of the window that hold no event; only in a window that was asked for with them. */
  gap?(start: number, end: number, reason: 'aborted' | 'damaged'): void
  /** Packed metadata of an event of the window; it may come before the record. The bytes may be kept. */
  metadata(seq: number, bytes: Uint8Array): void
}
