/**
 * The journal's reading end. It only ever reads, so it works beside the writer, in another thread or process, and on a
 * directory that nobody has open; a torn tail is just the end.
 *
 * Payloads are checked when they are read. Memory: the indexes of `segment-table.ts`, one block, and what a call returns.
 * A first look into old events costs a walk over the headers of the segments behind them, in search of corrections;
 * later ones know which segments have any.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import { FLAGS, FULLY_APPRAISED, RECORD_BYTES } from '../../layout.js'
import { CorruptSegmentError } from '../errors.js'
import { CorrectionCache } from './correction-cache.js'
import { applyCorrections, type CorrectionList, CorrectionMerger } from './corrections.js'
import * as F from './format.js'
import type { JournalFolder } from './journal-end.js'
import { decodeMetadata } from './payloads.js'
import { readPayload } from './segment-index.js'
import { type LiveJournal, SegmentTable } from './segment-table.js'
import type {
  BlockInfo,
  Gap,
  JournalEvents,
  JournalPosition,
  JournalSource,
  SegmentInfo,
  StreamIdentity,
} from './source.js'

/** Reads a journal; see the contract of the module. */
export class JournalReader implements JournalSource {
  readonly identity: StreamIdentity
  private readonly folder: JournalFolder
  private readonly table: SegmentTable
  private readonly cache = new CorrectionCache((...range) => this.merge(...range))
  /** The payload that was read last, since small reads often come back to the same block. */
  private cached: { readonly file: string; readonly offset: number; readonly payload: Uint8Array } | undefined

  /**
   * @param live the journal's writer, if it is in the same thread: then no look into the folder is needed.
   * @throws {StorageError} if there is no journal in the folder.
   */
  constructor(folder: JournalFolder, live?: LiveJournal) {
    this.folder = folder
    this.table = new SegmentTable(folder, live)
    this.identity = this.table.header(0).identity
  }

  get startSeq(): number {
    return this.table.header(0).nextSeq
  }

  get endSeq(): number {
    return this.table.last.endSeq
  }

  get startPosition(): JournalPosition {
    return this.table.header(0).position
  }

  get endPosition(): JournalPosition {
    return this.table.last.endPosition
  }

  /** The files, ascending, as of the last `refresh`. */
  segments(): readonly SegmentInfo[] {
    return Array.from({ length: this.table.length }, (_, place) => this.table.info(place))
  }

  /** Looks for blocks that were written since; true if there are any. */
  refresh(): boolean {
    const before = this.endPosition
    this.table.refresh()
    return this.endPosition !== before
  }

  /** The blocks of [from, to) in order, those that are there at the end included. */
  *blocks(from: JournalPosition, to: JournalPosition = Number.POSITIVE_INFINITY): Generator<BlockInfo> {
    let position = Math.max(from, this.startPosition)
    while (position < to && position < this.endPosition) {
      const index = this.table.index(this.table.placeOf((header) => header.position <= position))
      const at = index.indexOf(position)
      if (at === index.length) return
      const block = index.at(at)
      if (block.position >= to) return
      position = block.position + 1
      yield block
    }
  }

  /** The payload of a block, the caller's own. @throws {CorruptSegmentError} if it is damaged. */
  payload(block: BlockInfo): Uint8Array {
    const place = this.table.placeOf((header) => header.position <= block.position)
    const index = this.table.index(place)
    const payload = readPayload(index.file, block, index.header.salt, this.folder.crc32)
    if (payload !== undefined) return payload
    throw new CorruptSegmentError(block.file, block.offset, 'a block does not fit its checksum', {
      bytes: block.payloadBytes,
      position: block.position,
      events: [block.seq, block.seq + block.span],
    })
  }

  /** The events of [start, end) as the corrections before position `asOf` have made them. */
  events(start: number, end: number, asOf: JournalPosition = Number.POSITIVE_INFINITY): JournalEvents {
    assertRange(start, end)
    const blocks = [...this.concerned(F.RECORDS, start, end)]
    const length = blocks.reduce((sum, block) => sum + overlap(block, start, end), 0)
    const events = {
      length,
      seqs: new Float64Array(length),
      bytes: new Uint8Array(length * RECORD_BYTES),
      masks: new Uint8Array(length),
    }
    let at = 0
    for (const block of blocks) at += this.copy(block, start, end, events, at)
    const first = blocks[0]
    if (first === undefined || asOf <= first.position) return events
    const to = Math.min(asOf, this.endPosition)
    const list = this.cache.list(start, end, to, (seq) => this.positionOf(seq))
    applyCorrections(list, events, this.identity.requiredMask)
    return events
  }

  /** The corrections of blocks [from, to), merged to one entry an event, those of events below `belowSeq` only. */
  corrections(from: JournalPosition, to: JournalPosition, belowSeq = Number.POSITIVE_INFINITY): CorrectionList {
    const merger = new CorrectionMerger()
    this.merge(merger, from, to, 0, belowSeq)
    return merger.list()
  }

  /** Metadata of the events of [start, end), by sequence number, still packed. */
  metadata(start: number, end: number): Map<number, Uint8Array> {
    assertRange(start, end)
    const found = new Map<number, Uint8Array>()
    for (const block of this.concerned(F.METADATA, start, end)) {
      decodeMetadata(this.payload(block), block.seq, block.count, (seq, bytes) => {
        if (seq >= start && seq < end) found.set(seq, bytes)
      })
    }
    return found
  }

  /** The numbers of [start, end) that hold no event. */
  gaps(start: number, end: number): Gap[] {
    assertRange(start, end)
    return Array.from(this.concerned(F.GAP, start, end), (block) => ({
      start: Math.max(start, block.seq),
      end: Math.min(end, block.seq + block.span),
      reason: block.flags === F.GAP_ABORTED ? ('aborted' as const) : ('damaged' as const),
    }))
  }

  /** Position of the block that holds record `seq`, or of the first block behind it. */
  positionOf(seq: number): JournalPosition {
    if (seq >= this.endSeq) return this.endPosition
    const place = this.table.placeOf((header) => header.nextSeq <= seq)
    const index = this.table.index(place)
    const at = index.indexOfSeq(seq)
    return at < index.length ? index.at(at).position : index.endPosition
  }

  /** Closes all files. */
  close(): void {
    this.cached = undefined
    this.table.close()
  }

  /** The blocks of a kind that name numbers of [start, end), in order. */
  private *concerned(kind: number, start: number, end: number, from = 0, to = Number.POSITIVE_INFINITY) {
    const ordered = kind === F.RECORDS || kind === F.GAP
    const first = this.table.placeOf((header) => (ordered ? header.nextSeq <= start : header.position <= from))
    for (let place = first; place < this.table.length; place++) {
      const header = this.table.header(place)
      if (header.position >= to || (ordered && header.nextSeq >= end)) return
      if (!this.table.mayConcern(place, kind, start, end)) continue
      const index = this.table.index(place)
      for (let i = index.indexOf(from); i < index.length; i++) {
        if (!index.concerns(i, kind, start, end)) continue
        const block = index.at(i)
        if (block.position >= to) return
        yield block
      }
    }
  }

  private merge(merger: CorrectionMerger, from: number, to: number, start: number, end: number): void {
    for (const block of this.concerned(F.CORRECTIONS, start, end, from, to)) {
      merger.addPayload(this.payload(block), block.seq, block.count, start, end)
    }
  }

  /** Copies what [start, end) wants of a block of records and returns how many events that were. */
  private copy(block: BlockInfo, start: number, end: number, events: JournalEvents, at: number): number {
    const payload = this.cachedPayload(block)
    const skipped = Math.max(0, start - block.seq)
    const count = overlap(block, start, end)
    const records = payload.subarray(skipped * RECORD_BYTES, (skipped + count) * RECORD_BYTES)
    events.bytes.set(records, at * RECORD_BYTES)
    for (let i = 0; i < count; i++) events.seqs[at + i] = block.seq + skipped + i
    if (block.flags & F.HAS_MASKS) {
      const masks = block.count * RECORD_BYTES + skipped
      events.masks.set(payload.subarray(masks, masks + count), at)
    } else {
      const view = new DataView(records.buffer, records.byteOffset, records.length)
      for (let i = 0; i < count; i++) {
        if (view.getUint16(i * RECORD_BYTES + FLAGS, true) & FULLY_APPRAISED)
          events.masks[at + i] = this.identity.requiredMask
      }
    }
    return count
  }

  private cachedPayload(block: BlockInfo): Uint8Array {
    const { cached } = this
    if (cached !== undefined && cached.file === block.file && cached.offset === block.offset) return cached.payload
    const payload = this.payload(block)
    this.cached = { file: block.file, offset: block.offset, payload }
    return payload
  }
}

function overlap(block: BlockInfo, start: number, end: number): number {
  return Math.max(0, Math.min(end, block.seq + block.span) - Math.max(start, block.seq))
}

function assertRange(start: number, end: number): void {
  if (!Number.isInteger(start) || start < 0) throw invalid('start', 'be an integer of at least 0', start)
  if (!Number.isInteger(end) || end < start) throw invalid('end', `be an integer of at least ${start}`, end)
}
