/**
 * What `verify` finds.
 *
 * @module
 */

import type { Damage } from '../storage/durable/types.js'
import type { JournalPosition } from '../storage/journal/source.js'

/** Something that is wrong. */
export interface Finding {
  kind: 'damaged' | 'missing' | 'different' | 'untyped' | 'unknown'
  what: string
}

/** What was found. All is well if there is no finding. */
export interface Verification {
  directory: string
  streamId: string
  firstSeq: number
  endSeq: number
  journal: {
    startSeq: number
    endSeq: number
    segments: number
    /** Blocks that fit their checksums, and bytes read. */
    blocks: number
    bytes: number
    /** What the next opening cuts off, or what is being written just now. */
    torn: Damage | null
  }
  /** Null if the directory has no files. */
  files: {
    /** Events before it are in the files, with the corrections of the blocks before `position`. */
    checkpoint: { seq: number; position: JournalPosition } | null
    files: number
    events: number
    corrections: number
    /** Not kept for want of the PERSIST flag, and dropped by retention. */
    skipped: number
    dropped: number
    gaps: number
  } | null
  /** Events that journal and files both hold, with equal bytes, rewards, flags, masks and metadata. */
  equal: number
  /** Events that only the files have any more, and those of them whose late rewards were compared with the journal. */
  onlyInFiles: number
  corrected: number
  /** Numbers that only the journal has, as it should be: behind the checkpoint; and entries of corrections there. */
  pending: number
  pendingCorrections: number
  /** Numbers without an event, by reason. */
  gapNumbers: { aborted: number; damaged: number; missed: number }
  /** Numbers that could not be compared, since a part of the journal or of the files cannot be read. */
  unread: number
  /** Numbers that only a follower can have which is not in this directory. */
  elsewhere: number
  findings: Finding[]
  /** Findings beyond those that are listed. */
  moreFindings: number
}
