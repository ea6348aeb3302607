/**
 * What `experience-stream stats` tells about a directory.
 *
 * @module
 */

import type { Gap } from '../storage/journal/source.js'
import type { DayOfFiles } from './cold-files.js'
import type { AppraiserName } from './ingestion.js'
import type { JournalAccount } from './journal-account.js'

/** Everything that is told about a directory. */
export interface DirectoryStats {
  directory: string
  streamId: string
  capacity: number
  /** Those that complete an event. */
  appraisers: AppraiserName[]
  /** All numbers that the stream has given out: [firstSeq, endSeq). */
  firstSeq: number
  endSeq: number
  /** What a ring gets back when the directory is opened: [startSeq, endSeq). */
  window: { startSeq: number; endSeq: number }
  journal: JournalAccount & { startSeq: number; endSeq: number }
  /** The files in the directory's `cold`; null if there are none. */
  files: FileStats | null
}

/** What is told about files. */
export interface FileStats {
  checkpoint: { seq: number; position: number } | null
  /** Numbers that are in the journal and not in the files yet. */
  lag: number
  files: number
  events: number
  bytes: number
  /** Files of corrections that are not folded in, and their entries. */
  correctionFiles: number
  corrections: number
  skipped: number
  dropped: number
  gapNumbers: number
  gaps: readonly Gap[]
  days: DayOfFiles[]
}
