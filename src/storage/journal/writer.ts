/**
 * The journal's writing end: blocks behind blocks, segments behind segments.
 *
 * Contract:
 * - Everything is synchronous. When a call returns, its blocks are with the operating system: the end of the process
 *   does not lose them. `sync` and `syncLater` make them survive a loss of power.
 * - Bytes are written from where they stand, without a copy; a call costs no garbage that grows with its events.
 * - A write that fails throws `StorageError` and may be tried again. The blocks that were written before are in the
 *   journal, the failed one is not: `endSeq` and `position` tell. Corrections and states may safely be written again.
 * - A sync that fails ends it: nobody knows which bytes are on the disk, so every later call throws `failure` and
 *   nothing is acknowledged any more. The directory has to be opened anew.
 *
 * @module
 */

import { ClosedError, invalid } from '../../errors.js'
import { RECORD_BYTES } from '../../layout.js'
import type { DiskFile } from '../disk/disk.js'
import { BackpressureError, StorageError } from '../errors.js'
import { type BlockFields, blankBlock } from './block-header.js'
import type { CorrectionList } from './corrections.js'
import * as F from './format.js'
import { GroupSync } from './group-sync.js'
import { type JournalEnd, type JournalFolder, type SegmentPlace, syncedSeqOf } from './journal-end.js'
import { correctionsEnd, encodeCorrections, encodeMetadata, type MetadataEntry, metadataEnd } from './payloads.js'
import { part } from './pieces.js'
import { SegmentChain } from './segment-chain.js'
import type { SegmentWriter } from './segment-writer.js'
import type { Gap, JournalPosition, StreamIdentity } from './source.js'

/** Records in a block at most: what is larger than a processor's cache is read twice, by the checksum and the system. */
export const BLOCK_RECORDS = 4096
const DEFAULT_SEGMENT = 64 * 1024 * 1024
/** Offsets in a segment have 32 bits. */
const LONGEST_SEGMENT = 2 ** 31
/** Full segments that wait for a sync at most. */
const MOST_RETIRED = 8
const EMPTY_STATE = '{"cursors":{},"followers":{}}'

/** How a journal is written. */
export interface JournalWriterOptions {
  /** Size of a segment. Default 64 MiB. */
  readonly segmentBytes?: number | undefined
  /** Whether segments are filled with zeros ahead, in quiet times, which makes syncs cheaper. */
  readonly reserve?: boolean | undefined
  /** How long a quiet time is. Default 2. */
  readonly quietMs?: number | undefined
  /** Unix µs. */
  readonly nowUs?: (() => number) | undefined
}

/** Writes a journal; see the contract of the module. */
export class JournalWriter {
  readonly identity: StreamIdentity
  /** The sequence number that the next record has. */
  endSeq: number
  /** The position that the next block gets. */
  position: JournalPosition
  /** Events and blocks before these have survived a sync. */
  syncedSeq: number
  syncedPosition: JournalPosition
  /** Bytes written by this writer, padding and headers included. */
  bytesWritten = 0
  /** Syncs that succeeded. */
  syncs = 0
  /** Why nothing can be written any more. */
  failure: StorageError | undefined
  private readonly folder: JournalFolder
  private readonly nowUs: () => number
  private readonly chain: SegmentChain
  private state: string
  private readonly group = new GroupSync(() => this.runSync())
  private closed = false
  /** Whether the next block belongs into the segment of the last one. */
  private isJoined = false
  private readonly block = blankBlock()
  private readonly staging = new Uint8Array(64 * 1024)

  /** Goes on at `end`, which `recoverJournal` or `newJournal` gave. @throws {StorageError} */
  constructor(folder: JournalFolder, end: JournalEnd, options: JournalWriterOptions = {}) {
    const { segmentBytes = DEFAULT_SEGMENT, reserve = false, quietMs = 2, nowUs = () => Date.now() * 1000 } = options
    this.folder = folder
    this.identity = end.identity
    this.nowUs = nowUs
    this.endSeq = end.nextSeq
    this.position = end.position
    this.syncedPosition = end.synced
    this.syncedSeq = syncedSeqOf(end)
    this.state = end.state ?? EMPTY_STATE
    this.chain = new SegmentChain(folder, end, segmentBytes, reserve ? { quietMs } : undefined)
    if (end.last !== undefined) return
    this.begin()
    // No other segment could tell which stream it is if power were lost.
    this.sync()
  }

  /** The segments of the journal, ascending. */
  get segments(): readonly SegmentPlace[] {
    return this.chain.places
  }

  /** The last state that was written. */
  get lastState(): string {
    return this.state
  }

  /**
   * Writes `count` records with the numbers from `seq` on, which must be `endSeq`. The pieces hold them packed, as
   * `segments` of a ring gives them; `masks`, if any, the byte of each event, cut into pieces in any way.
   * @throws {StorageError}
   */
  writeRecords(seq: number, count: number, pieces: readonly Uint8Array[], masks?: readonly Uint8Array[]): void {
    this.assertNext(seq)
    for (let done = 0; done < count; ) {
      const length = Math.min(BLOCK_RECORDS, count - done)
      const payload = part(pieces, done * RECORD_BYTES, length * RECORD_BYTES)
      if (masks !== undefined) payload.push(...part(masks, done, length))
      const flags = masks === undefined ? 0 : F.HAS_MASKS
      this.put({ kind: F.RECORDS, flags, seq: seq + done, count: length, span: length }, payload)
      done += length
      this.endSeq = seq + done
    }
  }

  /** Writes what became of events. @throws {StorageError} */
  writeCorrections(list: CorrectionList): void {
    for (let start = 0; start < list.length; ) {
      const end = correctionsEnd(list, start)
      const first = list.seqs[start] as number
      const span = (list.seqs[end - 1] as number) - first + 1
      const payload = encodeCorrections(list, start, end, this.staging)
      this.put({ kind: F.CORRECTIONS, flags: 0, seq: first, count: end - start, span }, [payload])
      start = end
    }
  }

  /**
   * Writes metadata, ascending by sequence number, of events of the block of records that is written next. That one goes
   * into the same segment, so that a journal whose older segments are removed has the metadata of the events that it has.
   * @throws {StorageError}
   */
  writeMetadata(entries: readonly MetadataEntry[]): void {
    for (let start = 0; start < entries.length; ) {
      const end = metadataEnd(entries, start)
      const first = (entries[start] as MetadataEntry)[0]
      const span = (entries[end - 1] as MetadataEntry)[0] - first + 1
      const payload = encodeMetadata(entries, start, end)
      this.put({ kind: F.METADATA, flags: 0, seq: first, count: end - start, span }, [payload])
      start = end
    }
  }

  /** Writes the names that the journal keeps, in full. @throws {StorageError} */
  writeState(json: string): void {
    this.put({ kind: F.STATE, flags: 0, seq: this.endSeq, count: 1, span: 0 }, [new TextEncoder().encode(json)])
    this.state = json
  }

  /** Writes that the numbers [start, end) hold no event; `start` must be `endSeq`. @throws {StorageError} */
  writeGap(start: number, end: number, reason: Gap['reason']): void {
    this.assertNext(start)
    const flags = reason === 'aborted' ? F.GAP_ABORTED : F.GAP_DAMAGED
    for (let seq = start; seq < end; ) {
      const span = Math.min(end - seq, 2 ** 32 - 1)
      this.put({ kind: F.GAP, flags, seq, count: 1, span }, [])
      seq += span
      this.endSeq = seq
    }
  }

  /** Returns once everything written so far survives a loss of power. @throws {StorageError} and ends the journal. */
  sync(): void {
    this.assertUsable()
    const { position, endSeq, chain } = this
    const full = [...chain.retired]
    try {
      for (const file of full) file.sync()
      chain.current.file.sync()
      chain.syncNames()
    } catch (error) {
      throw this.fail(error)
    }
    this.synced(position, endSeq, full)
  }

  /** The same without blocking; calls that come while one is under way share the next. */
  syncLater(): Promise<void> {
    return this.group.later()
  }

  /** Removes the segments all of whose blocks stand before `position`, but not the last one. Returns how many. */
  removeSegmentsBefore(position: JournalPosition): number {
    this.assertUsable()
    const kept = this.segments.findLast((place) => place.position <= position)
    // What stays has to tell by itself where the journal is if power is lost.
    if (kept !== undefined && kept !== this.segments[0] && kept.position >= this.syncedPosition) this.sync()
    return this.chain.removeBefore(position)
  }

  /**
   * Closes the files. If everything has been synced, the end is sealed: damage that is found later is known to be in
   * bytes that were safe. Does nothing the second time.
   */
  close(): void {
    if (this.closed) return
    const isSafe = this.failure === undefined && this.syncedPosition === this.position
    try {
      if (isSafe && this.bytesWritten > 0) this.writeState(this.state)
    } finally {
      this.closed = true
      this.chain.close()
    }
  }

  private async runSync(): Promise<void> {
    this.assertUsable()
    const { position, endSeq, chain } = this
    const full = [...chain.retired]
    try {
      chain.syncNames()
      for (const file of [...full, chain.current.file]) {
        // `sync` may have been faster, and has closed what is full.
        if (file === chain.current.file || chain.retired.includes(file)) await file.syncLater()
        if (this.closed) throw new ClosedError('journal')
      }
    } catch (error) {
      throw this.closed ? error : this.fail(error)
    }
    this.synced(position, endSeq, full)
  }

  private synced(position: JournalPosition, endSeq: number, full: readonly DiskFile[]): void {
    this.syncs++
    this.syncedPosition = Math.max(this.syncedPosition, position)
    this.syncedSeq = Math.max(this.syncedSeq, endSeq)
    this.chain.release(full)
  }

  private fail(error: unknown): StorageError {
    this.failure ??= new StorageError(
      `the journal in ${this.folder.disk.name} cannot go on, a sync failed: ${error instanceof Error ? error.message : error}`,
      { directory: this.folder.disk.name },
      error,
    )
    return this.failure
  }

  private put(fields: BlockFields, payload: readonly Uint8Array[]): void {
    this.assertUsable()
    let length = 0
    for (const piece of payload) length += piece.length
    if (length > F.LONGEST_PAYLOAD) throw invalid('payload', `have at most ${F.LONGEST_PAYLOAD} bytes`, length)
    if (!this.isJoined && this.chain.isFull(length)) this.rotate()
    this.write(this.chain.current, fields, payload)
    this.isJoined = fields.kind === F.METADATA
    this.chain.keepUp()
  }

  private write(segment: SegmentWriter, fields: BlockFields, payload: readonly Uint8Array[]): void {
    const { block } = this
    const before = segment.offset
    block.kind = fields.kind
    block.flags = fields.flags
    block.position = this.position
    block.seq = fields.seq
    block.count = fields.count
    block.span = fields.span
    block.writtenUs = this.nowUs()
    block.synced = this.syncedPosition
    segment.write(block, payload)
    this.position++
    this.bytesWritten += segment.offset - before
  }

  private rotate(): void {
    if (this.chain.retired.length >= MOST_RETIRED) this.sync()
    try {
      this.begin()
    } catch (error) {
      // A disk that has no file ready at this moment makes the segment longer instead of failing the write.
      if (error instanceof BackpressureError && this.chain.current.offset < LONGEST_SEGMENT) return
      throw error
    }
    // Its failure is kept in `failure`, where the next call meets it.
    this.syncLater().catch(() => {})
  }

  /** Begins a segment with the state in it. */
  private begin(): void {
    const { identity, position, endSeq: nextSeq } = this
    this.chain.next({ identity, position, nextSeq, createdUs: this.nowUs() }, (segment) => {
      const fields = { kind: F.STATE, flags: 0, seq: nextSeq, count: 1, span: 0 }
      this.write(segment, fields, [new TextEncoder().encode(this.state)])
      this.bytesWritten += F.SEGMENT_HEADER_BYTES
    })
  }

  private assertUsable(): void {
    if (this.closed) throw new ClosedError('journal')
    if (this.failure !== undefined) throw this.failure
  }

  private assertNext(seq: number): void {
    if (seq !== this.endSeq) throw invalid('seq', `be the next number of the journal, ${this.endSeq}`, seq)
  }
}
