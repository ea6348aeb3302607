/**
 * What history holds in memory at most, and how much it does at a time.
 *
 * @module
 */

/** All are numbers of events or of corrections; tests take small ones. */
export interface HistoryLimits {
  /** Numbers that are looked at before the event loop gets a turn; 1 MiB of records. */
  readonly width: number
  /** Events that a walk backwards through a store keeps at a time. */
  readonly kept: number
  /** Corrections kept at a time that a store may not have; some 10 MB. */
  readonly corrections: number
  /** Numbers that are looked at one by one instead of being halved again when events are counted. */
  readonly few: number
  /** Events in a batch that a store is asked for. */
  readonly storeBatch: number
}

export const HISTORY_LIMITS: HistoryLimits = {
  width: 8192,
  kept: 8192,
  corrections: 65_536,
  few: 4096,
  storeBatch: 1024,
}
