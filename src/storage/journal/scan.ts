/**
 * Checks every block of a segment and tells where they end and where they do not follow each other.
 *
 * @module
 */

import { advances, type BlockHeader, positionsOf } from './block-header.js'
import { BlockScanner } from './block-scanner.js'
import * as F from './format.js'
import type { JournalFolder } from './journal-end.js'
import type { SegmentHeader } from './segment-header.js'

/** A place where the next block should be and is not, with something behind it. */
export interface Hole {
  /** What is missing: blocks of a segment, its header, or the whole file. */
  readonly kind: 'blocks' | 'header' | 'file'
  readonly header: SegmentHeader
  readonly file: string
  readonly offset: number
  /** Bytes up to the next whole block, or to the end of the file. */
  readonly bytes: number
  /** Whether nothing of the segment follows. */
  readonly isAtEnd: boolean
  readonly what: string
  /** The position and the sequence number that should have come next. */
  readonly position: number
  readonly seq: number
  /** Those of what follows; undefined if nothing of this segment does, or does not tell. */
  nextPosition: number | undefined
  nextSeq: number | undefined
}

/** A block about events that had not been written when it was. */
export interface BlockAhead {
  readonly file: string
  readonly offset: number
  readonly block: BlockHeader
}

/** What a segment holds. */
export interface SegmentScan {
  readonly header: SegmentHeader
  /** Bytes of the file. */
  readonly size: number
  /** Blocks that are whole. */
  blocks: number
  holes: Hole[]
  /** Where the last whole block ends, and what comes next. */
  endOffset: number
  endPosition: number
  endSeq: number
  /** What is not zero behind the last whole block ends here. */
  usedEnd: number
  /** The newest promise that a block speaks of. */
  synced: number
  state: string | undefined
  /** The numbers behind the last gap, and behind the last one that is more than aborted numbers; 0 without. */
  gapEnd: number
  damageEnd: number
  /** Metadata whose events do not come in this segment. */
  ahead: BlockAhead[]
  bytesRead: number
}

/** Nothing behind a header. */
export function emptyScan(header: SegmentHeader): SegmentScan {
  return {
    header,
    size: 0,
    blocks: 0,
    holes: [],
    endOffset: F.SEGMENT_HEADER_BYTES,
    endPosition: header.position,
    endSeq: header.nextSeq,
    usedEnd: F.SEGMENT_HEADER_BYTES,
    synced: 0,
    state: undefined,
    gapEnd: 0,
    damageEnd: 0,
    ahead: [],
    bytesRead: 0,
  }
}

/**
 * Goes through a segment. Reads only.
 * @param wantedSeq of records before it nobody asks for more than the header of their block
 */
export function scanSegment(folder: JournalFolder, header: SegmentHeader, wantedSeq = 0): SegmentScan {
  const name = F.segmentName(header.number)
  const file = folder.disk.open(name, 'read')
  try {
    return new Scan(name, header, new BlockScanner(file, header.salt, folder.crc32), wantedSeq).run()
  } finally {
    file.close()
  }
}

class Scan {
  private readonly name: string
  private readonly scanner: BlockScanner
  private readonly found: SegmentScan
  private readonly wantedSeq: number
  /** The last hole, as long as it is not known which number comes behind it. */
  private open: Hole | undefined

  constructor(name: string, header: SegmentHeader, scanner: BlockScanner, wantedSeq: number) {
    this.wantedSeq = wantedSeq
    this.name = name
    this.scanner = scanner
    this.found = { ...emptyScan(header), size: scanner.size }
  }

  run(): SegmentScan {
    const { scanner, found } = this
    for (;;) {
      const fault = this.faultAt(found.endOffset)
      if (fault === undefined) this.take(found.endOffset)
      else if (!this.skip(fault)) break
    }
    found.usedEnd = scanner.usedEnd(found.endOffset)
    found.ahead = found.ahead.filter(({ block }) => block.seq + block.span > found.endSeq)
    found.bytesRead = scanner.bytesRead
    return found
  }

  /** Why the block that should come next does not begin at `offset`, and where to look for another one. */
  private faultAt(offset: number): { what: string; next: number } | undefined {
    const { scanner, found, open } = this
    const { block } = scanner
    if (!scanner.readHeader(offset)) return { what: 'no block begins here', next: offset + F.BLOCK_ALIGN }
    if (block.position !== found.endPosition) {
      return { what: `the block has position ${block.position} instead of ${found.endPosition}`, next: offset }
    }
    const next = Math.min(scanner.behind(offset), scanner.size)
    if (!this.isPassedOver(block, offset) && !scanner.readPayload(offset)) {
      return { what: 'a block does not fit its checksum', next }
    }
    if (advances(block) && (open === undefined ? block.seq !== found.endSeq : block.seq < found.endSeq)) {
      return { what: `the block has events from ${block.seq} instead of ${found.endSeq}`, next }
    }
    return undefined
  }

  private isPassedOver({ kind, seq, span, payloadBytes }: BlockHeader, offset: number): boolean {
    const isWhole = offset + F.BLOCK_HEADER_BYTES + payloadBytes <= this.scanner.size
    return kind === F.RECORDS && seq + span <= this.wantedSeq && isWhole
  }

  private take(offset: number): void {
    const { found, scanner } = this
    const { block } = scanner
    this.resolve(block)
    found.blocks++
    found.synced = Math.max(found.synced, block.synced)
    if (advances(block)) found.endSeq = block.seq + block.span
    if (block.kind === F.METADATA) found.ahead.push({ file: this.name, offset, block: { ...block } })
    if (block.kind === F.STATE) found.state = new TextDecoder().decode(scanner.payload)
    if (block.kind === F.GAP && block.span > 0) {
      found.gapEnd = found.endSeq
      if (block.flags !== F.GAP_ABORTED) found.damageEnd = found.endSeq
    }
    found.endOffset = scanner.behind(offset)
    found.endPosition = block.position + positionsOf(block)
  }

  /** Learns from a block which number comes behind the last hole. */
  private resolve(block: BlockHeader): void {
    const { found, open } = this
    if (open === undefined) return
    if (block.kind === F.CORRECTIONS) found.endSeq = Math.max(found.endSeq, block.seq + block.span)
    if (!advances(block) && block.kind !== F.STATE) return
    found.endSeq = Math.max(found.endSeq, block.seq)
    open.nextSeq = found.endSeq
    this.open = undefined
  }

  /** Goes on behind a fault; false if nothing comes behind it. */
  private skip(fault: { what: string; next: number }): boolean {
    const { found, scanner } = this
    const offset = found.endOffset
    const lost = this.seqBehindFault(offset)
    const next = scanner.find(fault.next, found.endPosition)
    if (next === undefined) return false
    // The number behind an earlier hole that no block has told is not known any better here.
    if (this.open !== undefined) this.open.nextSeq = found.endSeq
    const hole: Hole = {
      kind: 'blocks',
      header: found.header,
      file: this.name,
      offset,
      bytes: next - offset,
      isAtEnd: false,
      what: fault.what,
      position: found.endPosition,
      seq: found.endSeq,
      nextPosition: scanner.block.position,
      nextSeq: undefined,
    }
    found.holes.push(hole)
    this.open = hole
    found.endSeq = lost
    found.endOffset = next
    found.endPosition = scanner.block.position
    return true
  }

  /** The least number that can come behind a damaged block: its header may still tell. */
  private seqBehindFault(offset: number): number {
    const { found, scanner } = this
    const { block } = scanner
    const isTold = scanner.readHeader(offset) && block.position === found.endPosition
    return isTold && advances(block) ? Math.max(found.endSeq, block.seq + block.span) : found.endSeq
  }
}
