/**
 * One segment that is being written: whole blocks, one behind the other.
 *
 * A block that could not be written leaves the end where it was. What of it is in the file is no block, since its
 * checksum does not fit, and the next one is written over it.
 *
 * @module
 */

import type { DiskFile } from '../disk/disk.js'
import { StorageError } from '../errors.js'
import { type BlockHeader, blockBytes, encodeBlock, padded } from './block-header.js'
import type { Crc32 } from './crc32.js'
import * as F from './format.js'
import { encodeSegmentHeader, type SegmentHeader } from './segment-header.js'

const PADDING = new Uint8Array(F.BLOCK_ALIGN)

/** A segment and where its next block goes. */
export class SegmentWriter {
  readonly file: DiskFile
  readonly header: SegmentHeader
  /** Where the next block begins. */
  offset: number
  private readonly crc32: Crc32
  private readonly headerBytes = new Uint8Array(F.BLOCK_HEADER_BYTES)
  private readonly headerView = new DataView(this.headerBytes.buffer)
  private readonly pieces: Uint8Array[] = []

  constructor(file: DiskFile, header: SegmentHeader, offset: number, crc32: Crc32) {
    this.file = file
    this.header = header
    this.offset = offset
    this.crc32 = crc32
  }

  /** Writes the header of a new segment into `file`. */
  static begin(file: DiskFile, header: SegmentHeader, crc32: Crc32): SegmentWriter {
    writeWhole(file, [encodeSegmentHeader(header, crc32)], 0)
    return new SegmentWriter(file, header, F.SEGMENT_HEADER_BYTES, crc32)
  }

  /** Whether a block with such a payload fits into `limit` bytes. A first block always does. */
  fits(payloadBytes: number, limit: number): boolean {
    return this.offset === F.SEGMENT_HEADER_BYTES || this.offset + blockBytes(payloadBytes) <= limit
  }

  /**
   * Writes a block; its length and checksum are filled in. The pieces are read, not kept.
   * @throws {StorageError} if not all of it could be written; the segment is then as before.
   */
  write(block: BlockHeader, payload: readonly Uint8Array[]): void {
    const { pieces } = this
    pieces.length = 0
    pieces.push(this.headerBytes)
    let length = 0
    let crc = 0
    for (const piece of payload) {
      crc = this.crc32(piece, crc)
      length += piece.length
      pieces.push(piece)
    }
    block.payloadBytes = length
    block.payloadCrc = crc
    encodeBlock(block, this.header.salt, this.headerBytes, this.headerView, this.crc32)
    const padding = padded(length) - length
    if (padding > 0) pieces.push(PADDING.subarray(0, padding))
    writeWhole(this.file, pieces, this.offset)
    this.offset += blockBytes(length)
  }
}

/** Writes all of the pieces, in several steps if the disk takes fewer. */
export function writeWhole(file: DiskFile, pieces: readonly Uint8Array[], offset: number): void {
  let total = 0
  for (const piece of pieces) total += piece.length
  let done = file.write(pieces, offset)
  while (done < total) {
    const count = file.write(behind(pieces, done), offset + done)
    if (count === 0) {
      throw new StorageError(`${file.name} took ${done} of ${total} bytes at ${offset}`, {
        file: file.name,
        offset,
        written: done,
        bytes: total,
      })
    }
    done += count
  }
}

/** What is left of the pieces behind the first `done` bytes. */
function behind(pieces: readonly Uint8Array[], done: number): Uint8Array[] {
  const rest: Uint8Array[] = []
  let skip = done
  for (const piece of pieces) {
    if (skip < piece.length) rest.push(piece.subarray(skip))
    skip = Math.max(0, skip - piece.length)
  }
  return rest
}
