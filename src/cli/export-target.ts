/**
 * Where exported events go: one file, the files of a folder, or lines of text. A file appears under its name when it is
 * whole and safe on the disk; one that exists is never replaced.
 *
 * @module
 */

import type { HistoryBatch } from '../storage/history/batch.js'

/** What events can be written as. */
export const TARGETS = ['parquet', 'messagepack', 'ndjson'] as const
export type TargetFormat = (typeof TARGETS)[number]

/** Takes events in order. */
export interface ExportTarget {
  /** Events that it took. */
  readonly events: number
  /** Those that are in whole files, how many files these are, and their bytes. */
  readonly written: number
  readonly files: number
  readonly bytes: number
  take(batch: HistoryBatch): Promise<void>
  finish(): Promise<void>
  /** Removes what is not whole. */
  abandon(): Promise<void>
}
