/**
 * Where a journal lies, and where it ends: what recovery finds and the writer goes on from.
 *
 * @module
 */

import { v4 } from 'uuid'
import type { Checkpoint } from '../cold/cold-storage.js'
import type { Disk } from '../disk/disk.js'
import type { Crc32 } from './crc32.js'
import type { SegmentHeader } from './segment-header.js'
import type { JournalPosition, StreamIdentity } from './source.js'

/** Where a journal lies and how it is checked. */
export interface JournalFolder {
  readonly disk: Disk
  readonly crc32: Crc32
}

/** A segment as the writer and recovery know it. */
export interface SegmentPlace {
  readonly number: number
  /** Position of its first block. */
  readonly position: JournalPosition
  /** Sequence number of the first event that may come in it. */
  readonly nextSeq: number
}

/** The end of a journal, where writing goes on. */
export interface JournalEnd {
  readonly identity: StreamIdentity
  /** Ascending; the last one is written on. Empty for a journal that does not exist yet. */
  readonly segments: readonly SegmentPlace[]
  /** Header of the last segment and where its next block goes; undefined for a journal that does not exist yet. */
  readonly last: { readonly header: SegmentHeader; readonly offset: number } | undefined
  readonly position: JournalPosition
  readonly nextSeq: number
  /** Every block before it survived a sync. */
  readonly synced: JournalPosition
  /** The last STATE. */
  readonly state: string | undefined
}

/** What a new journal belongs to; it gets an id if none is given. */
export type NewIdentity = Omit<StreamIdentity, 'streamId'> & { readonly streamId?: string | undefined }

/** The end of a journal that does not exist yet. */
export function newJournal(identity: NewIdentity): JournalEnd {
  const { capacity, requiredMask, firstSeq, streamId = v4() } = identity
  return {
    identity: { streamId, capacity, requiredMask, firstSeq },
    segments: [],
    last: undefined,
    position: 0,
    nextSeq: firstSeq,
    synced: 0,
    state: undefined,
  }
}

/** The end of a journal that does not exist yet, of a stream that does: its first block and event are those of `from`. */
export function continuedJournal(identity: StreamIdentity, { seq, position }: Checkpoint): JournalEnd {
  return { ...newJournal(identity), position, nextSeq: seq, synced: position }
}

/** A number before which every event is known to have survived a sync. */
export function syncedSeqOf(end: JournalEnd): number {
  if (end.synced >= end.position) return end.nextSeq
  const before = end.segments.filter((place) => place.position <= end.synced)
  return (before.at(-1) ?? end.segments[0])?.nextSeq ?? end.nextSeq
}
