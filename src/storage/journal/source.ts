/**
 * What the journal offers to those who read it: history, followers, commands, named subscriptions. They read files, not
 * the ring, so that they work alike behind the writer's thread, in another one, or on a directory that nobody has open.
 *
 * @module
 */

import type { CorrectionList } from './corrections.js'

/** Number of the block that comes next: everything before it has been looked at. */
export type JournalPosition = number

/** What a stream is known by, from its first segment on. */
export interface StreamIdentity {
  /** UUID of the stream, made when its directory was. */
  readonly streamId: string
  /** Events that the ring holds. */
  readonly capacity: number
  /** Bits of the appraisers that complete an event. */
  readonly requiredMask: number
  /** Sequence number of the first event ever. */
  readonly firstSeq: number
}

/** A block without its payload. Sequence numbers [seq, seq + span). */
export interface BlockInfo {
  readonly kind: number
  readonly flags: number
  readonly position: JournalPosition
  readonly seq: number
  readonly count: number
  readonly span: number
  /** Unix µs. */
  readonly writtenUs: number
  readonly file: string
  readonly offset: number
  readonly payloadBytes: number
}

/**
 * Sequence numbers that hold no event, and why: claimed by a thread that never wrote, lost to damage, or (in a store)
 * missed, since the journal no longer had them when the store began to follow, or the store was not to have them.
 */
export interface Gap {
  readonly start: number
  readonly end: number
  readonly reason: 'aborted' | 'damaged' | 'missed'
}

/** A file of the journal. */
export interface SegmentInfo {
  readonly number: number
  readonly file: string
  /** Position of its first block, and the sequence number that came next when it began. */
  readonly startPosition: JournalPosition
  readonly startSeq: number
  /** Unix µs of creation. */
  readonly createdUs: number
  /** Bytes from its beginning to the end of its last block; what is reserved beyond is not counted. */
  readonly bytes: number
}

/** Events with what stands beside them: ascending sequence numbers, packed records, masks. Owned by who got it. */
export interface JournalEvents {
  readonly length: number
  readonly seqs: Float64Array
  readonly bytes: Uint8Array
  readonly masks: Uint8Array
}

/** A reader of the journal's files. Everything that it returns has been checked against its checksum. */
export interface JournalSource {
  readonly identity: StreamIdentity
  /** The events that the files hold: [startSeq, endSeq), gaps included. */
  readonly startSeq: number
  readonly endSeq: number
  /** The blocks that the files hold: [startPosition, endPosition). */
  readonly startPosition: JournalPosition
  readonly endPosition: JournalPosition
  /** The files, ascending, as of the last `refresh`. Reads no block. */
  segments(): readonly SegmentInfo[]
  /** Looks for blocks that were written since; true if there are any. */
  refresh(): boolean
  /** The blocks of [from, to) in order. Bounded memory; stays valid while the journal grows. */
  blocks(from: JournalPosition, to?: JournalPosition): Iterable<BlockInfo>
  /** The payload of a block. @throws {CorruptSegmentError} if it is damaged. */
  payload(block: BlockInfo): Uint8Array
  /**
   * The events of [start, end) as the corrections before position `asOf` have made them (default: all of them); with 0
   * as they were written first, and no correction is looked at. Numbers without an event are left out; see `gaps`.
   */
  events(start: number, end: number, asOf?: JournalPosition): JournalEvents
  /** The corrections of blocks [from, to), merged to one entry an event, those of events below `belowSeq` only. */
  corrections(from: JournalPosition, to: JournalPosition, belowSeq?: number): CorrectionList
  /** Metadata of the events of [start, end), by sequence number, still packed. */
  metadata(start: number, end: number): Map<number, Uint8Array>
  /** The numbers of [start, end) that hold no event. */
  gaps(start: number, end: number): Gap[]
  /** Position of the block that holds record `seq`, or of the first block behind it. */
  positionOf(seq: number): JournalPosition
  close(): void
}
