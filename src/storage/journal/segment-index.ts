/**
 * The blocks of one segment, found by going from header to header without reading payloads: 50 bytes of memory a block.
 *
 * @module
 */

import type { DiskFile } from '../disk/disk.js'
import { advances, blankBlock, blockBytes, decodeBlock, isSalvaged, positionsOf } from './block-header.js'
import type { Crc32 } from './crc32.js'
import * as F from './format.js'
import type { SegmentHeader } from './segment-header.js'
import type { BlockInfo } from './source.js'

const WINDOW_BYTES = 64 * 1024
const FIRST_BLOCKS = 64

/** The sequence numbers that the blocks of a kind name: within [start, end), empty if there are none. */
export interface SeqRange {
  start: number
  end: number
}

/** The blocks of a segment, in order, as far as they have been found. */
export class SegmentIndex {
  readonly header: SegmentHeader
  readonly file: DiskFile
  /** Blocks found. */
  length = 0
  /** Where the next block would begin, and the position that it would have. */
  endOffset = F.SEGMENT_HEADER_BYTES
  endPosition: number
  /** The number behind the last event. */
  endSeq: number
  /** What the blocks of each kind name, by kind. */
  readonly ranges: readonly SeqRange[] = Array.from({ length: F.GAP + 1 }, () => ({ start: Infinity, end: 0 }))
  private readonly crc32: Crc32
  private readonly block = blankBlock()
  private offsets = new Uint32Array(FIRST_BLOCKS)
  private payloads = new Uint32Array(FIRST_BLOCKS)
  private counts = new Uint32Array(FIRST_BLOCKS)
  private spans = new Uint32Array(FIRST_BLOCKS)
  private positions = new Float64Array(FIRST_BLOCKS)
  private seqs = new Float64Array(FIRST_BLOCKS)
  /** The number behind the last event up to and with the block. */
  private nexts = new Float64Array(FIRST_BLOCKS)
  private written = new Float64Array(FIRST_BLOCKS)
  private kinds = new Uint8Array(FIRST_BLOCKS)
  private flags = new Uint8Array(FIRST_BLOCKS)
  /** The last block whose payload is known to be whole ends here. */
  private wholeOffset = F.SEGMENT_HEADER_BYTES

  constructor(file: DiskFile, header: SegmentHeader, crc32: Crc32) {
    this.file = file
    this.header = header
    this.crc32 = crc32
    this.endPosition = header.position
    this.endSeq = header.nextSeq
  }

  /**
   * Looks for blocks behind the last one. At the end of the journal, where somebody may be in the middle of writing, the
   * last block counts only if its payload is whole; a block with another behind it was finished.
   */
  extend(isLast: boolean): void {
    const window = new Uint8Array(
      Math.min(WINDOW_BYTES, Math.max(F.BLOCK_HEADER_BYTES, this.file.size() - this.endOffset)),
    )
    const view = new DataView(window.buffer)
    let base = 0
    let filled = 0
    for (;;) {
      let at = this.endOffset - base
      if (filled === 0 || at + F.BLOCK_HEADER_BYTES > filled) {
        base = this.endOffset
        filled = this.file.read(window, base)
        at = 0
      }
      const found = decodeBlock(window.subarray(0, filled), view, at, this.header.salt, this.crc32, this.block)
      if (!found || this.block.position !== this.endPosition) break
      this.add()
    }
    if (isLast && this.endOffset > this.wholeOffset && !this.lastIsWhole()) this.dropLast()
    this.wholeOffset = this.endOffset
  }

  /** The block at `index`. */
  at(index: number): BlockInfo {
    return {
      kind: this.kinds[index] as number,
      flags: this.flags[index] as number,
      position: this.positions[index] as number,
      seq: this.seqs[index] as number,
      count: this.counts[index] as number,
      span: this.spans[index] as number,
      writtenUs: this.written[index] as number,
      file: this.file.name,
      offset: this.offsets[index] as number,
      payloadBytes: this.payloads[index] as number,
    }
  }

  /** Whether the block at `index` is of that kind and names numbers of [start, end). */
  concerns(index: number, kind: number, start: number, end: number): boolean {
    if (this.kinds[index] !== kind) return false
    const seq = this.seqs[index] as number
    const span = this.spans[index] as number
    return span > 0 && seq < end && seq + span > start
  }

  /** Index of the first block at or behind a position. */
  indexOf(position: number): number {
    return this.search((index) => (this.positions[index] as number) < position)
  }

  /** Index of the block that holds the number `seq`, or of the first one behind it. */
  indexOfSeq(seq: number): number {
    return this.search((index) => (this.nexts[index] as number) <= seq)
  }

  /** How many blocks at the beginning meet a condition that no later one meets. */
  private search(before: (index: number) => boolean): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (before(middle)) low = middle + 1
      else high = middle
    }
    return low
  }

  private add(): void {
    const { block, length } = this
    if (length === this.kinds.length) this.grow()
    if (advances(block)) this.endSeq = block.seq + block.span
    this.offsets[length] = this.endOffset
    this.payloads[length] = block.payloadBytes
    this.counts[length] = block.count
    this.spans[length] = block.span
    this.positions[length] = block.position
    this.seqs[length] = block.seq
    this.nexts[length] = this.endSeq
    this.written[length] = block.writtenUs
    this.kinds[length] = block.kind
    this.flags[length] = block.flags
    const range = this.ranges[block.kind]
    if (range !== undefined) {
      range.start = Math.min(range.start, block.seq)
      range.end = Math.max(range.end, block.seq + block.span)
    }
    this.length++
    this.endOffset += blockBytes(block.payloadBytes)
    this.endPosition += positionsOf(block)
  }

  /** The numbers that the block named stay in `ranges`, which may be too wide but never too narrow. */
  private dropLast(): void {
    const last = --this.length
    this.endOffset = this.offsets[last] as number
    this.endPosition = this.positions[last] as number
    this.endSeq = last === 0 ? this.header.nextSeq : (this.nexts[last - 1] as number)
  }

  private lastIsWhole(): boolean {
    return readPayload(this.file, this.at(this.length - 1), this.header.salt, this.crc32) !== undefined
  }

  private grow(): void {
    const size = this.kinds.length * 2
    this.offsets = larger(this.offsets, new Uint32Array(size))
    this.payloads = larger(this.payloads, new Uint32Array(size))
    this.counts = larger(this.counts, new Uint32Array(size))
    this.spans = larger(this.spans, new Uint32Array(size))
    this.positions = larger(this.positions, new Float64Array(size))
    this.seqs = larger(this.seqs, new Float64Array(size))
    this.nexts = larger(this.nexts, new Float64Array(size))
    this.written = larger(this.written, new Float64Array(size))
    this.kinds = larger(this.kinds, new Uint8Array(size))
    this.flags = larger(this.flags, new Uint8Array(size))
  }
}

function larger<T extends Uint8Array | Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}

/** The payload of a block, or undefined if the file does not hold it undamaged. */
export function readPayload(file: DiskFile, block: BlockInfo, salt: number, crc32: Crc32): Uint8Array | undefined {
  if (isSalvaged(block)) return new Uint8Array(0)
  const bytes = new Uint8Array(F.BLOCK_HEADER_BYTES + block.payloadBytes)
  const found = blankBlock()
  if (file.read(bytes, block.offset) < bytes.length) return undefined
  if (!decodeBlock(bytes, new DataView(bytes.buffer), 0, salt, crc32, found)) return undefined
  const payload = bytes.subarray(F.BLOCK_HEADER_BYTES)
  const same = found.position === block.position && found.payloadBytes === block.payloadBytes
  return same && crc32(payload) === found.payloadCrc ? payload : undefined
}
