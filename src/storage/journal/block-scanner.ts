/**
 * Goes through the blocks of a segment with their payloads, reading large pieces in order. It knows what a whole block
 * is, not what should stand where.
 *
 * @module
 */

import type { DiskFile } from '../disk/disk.js'
import { blankBlock, blockBytes, decodeBlock, isSalvaged } from './block-header.js'
import type { Crc32 } from './crc32.js'
import * as F from './format.js'

/** A little more than a full block of records, so that such blocks are read once, in one piece each. */
const CHUNK_BYTES = 640 * 1024
/** What is read for the header of a block whose payload may be passed over. */
const HEADER_BYTES = 4096

/** A cursor on the blocks of a file. */
export class BlockScanner {
  /** The block that `read` or `find` met. */
  readonly block = blankBlock()
  /** Its payload, until the next call; empty for a block that was laid over damage. */
  payload: Uint8Array = new Uint8Array(0)
  /** Bytes of the file. */
  readonly size: number
  /** Bytes that were read from the file. */
  bytesRead = 0
  private readonly file: DiskFile
  /** Undefined until the first block of any salt was found. */
  private salt: number | undefined
  private readonly crc32: Crc32
  private buffer: Uint8Array<ArrayBuffer>
  private view: DataView
  private base = 0
  private filled = 0

  constructor(file: DiskFile, salt: number | undefined, crc32: Crc32) {
    this.file = file
    this.salt = salt
    this.crc32 = crc32
    this.size = file.size()
    this.buffer = new Uint8Array(Math.min(CHUNK_BYTES, this.size))
    this.view = new DataView(this.buffer.buffer)
  }

  /** Decodes the header at `offset` into `block`; false if there is none. */
  readHeader(offset: number): boolean {
    if (!this.hold(offset, F.BLOCK_HEADER_BYTES, HEADER_BYTES)) return false
    const bytes = this.buffer.subarray(0, this.filled)
    const at = offset - this.base
    const salt = this.salt ?? this.view.getUint32(at + F.B_SALT, true)
    return decodeBlock(bytes, this.view, at, salt, this.crc32, this.block)
  }

  /** Reads the payload of `block`, whose header is at `offset`; false unless it is whole and undamaged. */
  readPayload(offset: number, isChecked = true): boolean {
    const { block } = this
    const length = isSalvaged(block) ? 0 : block.payloadBytes
    if (!this.hold(offset, F.BLOCK_HEADER_BYTES + length)) return false
    const start = offset - this.base + F.BLOCK_HEADER_BYTES
    this.payload = this.buffer.subarray(start, start + length)
    return isSalvaged(block) || !isChecked || this.crc32(this.payload) === block.payloadCrc
  }

  /** Where the block behind the one at `offset` begins. */
  behind(offset: number): number {
    return offset + blockBytes(this.block.payloadBytes)
  }

  /** The offset of the next whole block from `from` on whose position is above `position`. */
  find(from: number, position: number): number | undefined {
    for (let offset = from; offset + F.BLOCK_HEADER_BYTES <= this.size; offset += F.BLOCK_ALIGN) {
      if (!this.hold(offset, F.BLOCK_HEADER_BYTES)) return undefined
      if (this.view.getUint32(offset - this.base, true) !== F.BLOCK_MAGIC) continue
      if (this.readHeader(offset) && this.block.position > position && this.readPayload(offset)) return offset
    }
    return undefined
  }

  /** The first block of a file whose salt is not known: where it is, and the salt, which counts from now on. */
  findFirst(): { offset: number; salt: number } | undefined {
    const offset = this.find(F.SEGMENT_HEADER_BYTES, -1)
    if (offset === undefined) return undefined
    this.salt = this.view.getUint32(offset - this.base + F.B_SALT, true)
    return { offset, salt: this.salt }
  }

  /** Where the last byte from `from` on that is not zero ends; `from` if there is none. */
  usedEnd(from: number): number {
    let end = from
    for (let offset = from; offset < this.size; offset = this.base + this.filled) {
      if (!this.hold(offset, 1)) break
      const { buffer, filled } = this
      let last = filled - 1
      const start = offset - this.base
      while (last >= start && buffer[last] === 0) last--
      if (last >= start) end = this.base + last + 1
    }
    return end
  }

  /** Makes sure that the buffer holds the bytes; false if the file ends before. After a jump it reads `little` or more. */
  private hold(offset: number, length: number, little = CHUNK_BYTES): boolean {
    if (offset >= this.base && offset + length <= this.base + this.filled) return true
    if (offset + length > this.size) return false
    if (this.buffer.length < length) this.enlarge(length)
    // What is there already moves to the front, unless the cursor jumped.
    const kept = offset >= this.base ? Math.max(0, this.base + this.filled - offset) : 0
    if (kept > 0) this.buffer.copyWithin(0, offset - this.base, this.filled)
    const end = kept > 0 ? this.buffer.length : Math.max(length, little)
    const count = this.file.read(this.buffer.subarray(kept, end), offset + kept)
    this.bytesRead += count
    this.base = offset
    this.filled = kept + count
    return this.filled >= length
  }

  private enlarge(length: number): void {
    const larger = new Uint8Array(length)
    larger.set(this.buffer.subarray(0, this.filled))
    this.buffer = larger
    this.view = new DataView(larger.buffer)
  }
}
