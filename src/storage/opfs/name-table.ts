/**
 * Which file of the pool holds which file of the journal. Opening and renaming are asynchronous in browsers, so the
 * files of the pool never change their own names; this table does, and it can be written synchronously.
 *
 * It is a file with room for two copies, written in turn, so that the other one is whole whatever happens to the one
 * that is being written. All integers are little-endian:
 *
 *     0 u32 magic `XPSN`     8 u64 generation, the newest counts    20 u32 CRC-32 of [0, 20)
 *     4 u32 format version  16 u32 bytes of the text                24 u32 CRC-32 of the text
 *                                                                   28 UTF-8 JSON: [name, pool file][]
 *
 * @module
 */

import { CorruptSegmentError, StorageError } from '../errors.js'
import { crc32 } from '../journal/crc32.js'
import { getU64, setU64 } from '../journal/u64.js'
import { type AccessHandle, refused } from './access-handle.js'

/** Room for one copy: some 4,000 names. */
export const COPY_BYTES = 256 * 1024
const HEADER_BYTES = 28
const HEADER_CRC = 20
const TEXT_CRC = 24
/** `XPSN` read as a little-endian u32. */
const MAGIC = 0x4e535058
const VERSION = 1

interface Copy {
  readonly generation: number
  readonly names: Map<string, string>
}

/** The table of one folder. */
export class NameTable {
  /** Pool file by name. */
  readonly names: Map<string, string>
  private readonly path: string
  private readonly handle: AccessHandle
  private generation: number
  private unsynced = false

  /**
   * Reads the table, or makes an empty one.
   * @throws {CorruptSegmentError} if neither copy is whole. {@link StorageError}
   */
  constructor(path: string, handle: AccessHandle) {
    this.path = path
    this.handle = handle
    const copies = [this.load(0), this.load(1)].filter((copy) => copy !== undefined)
    copies.sort((a, b) => b.generation - a.generation)
    this.names = copies[0]?.names ?? new Map()
    this.generation = copies[0]?.generation ?? 0
    if (copies.length === 0) this.begin()
  }

  /**
   * Writes the table as `names` stands. When it returns, the change survives the end of the process; after `sync`, a
   * loss of power. @throws {StorageError}, and what was written before stands.
   */
  save(): void {
    const text = new TextEncoder().encode(JSON.stringify([...this.names]))
    if (HEADER_BYTES + text.length > COPY_BYTES) {
      throw new StorageError(`${this.path} has no room for ${this.names.size} names`, { names: this.names.size })
    }
    // The copy that is overwritten next is the older one; the newer one must be safe by then.
    this.sync()
    const generation = this.generation + 1
    const bytes = new Uint8Array(HEADER_BYTES + text.length)
    bytes.set(text, HEADER_BYTES)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, MAGIC, true)
    view.setUint32(4, VERSION, true)
    setU64(view, 8, generation)
    view.setUint32(16, text.length, true)
    view.setUint32(HEADER_CRC, crc32(bytes.subarray(0, HEADER_CRC)), true)
    view.setUint32(TEXT_CRC, crc32(text), true)
    this.unsynced = true
    let written: number
    try {
      written = this.handle.write(bytes, { at: (generation % 2) * COPY_BYTES })
    } catch (error) {
      throw refused('write', this.path, error)
    }
    if (written < bytes.length) throw new StorageError(`wrote ${written} of ${bytes.length} bytes of ${this.path}`)
    this.generation = generation
  }

  /** Makes the table safe against a loss of power. */
  sync(): void {
    if (!this.unsynced) return
    try {
      this.handle.flush()
    } catch (error) {
      throw refused('sync', this.path, error)
    }
    this.unsynced = false
  }

  /** No copy is whole: a new table, unless there is what once was one. */
  private begin(): void {
    if (this.wasUsed()) {
      throw new CorruptSegmentError(this.path, 0, 'neither copy of the table of names is whole')
    }
    try {
      // All the room at once: removing files, which makes room, must not need any.
      this.handle.truncate(2 * COPY_BYTES)
    } catch (error) {
      throw refused('reserve', this.path, error)
    }
  }

  /** The first copy ever goes to place 1; as long as place 0 is empty, a torn one there was never relied upon. */
  private wasUsed(): boolean {
    const head = new Uint8Array(HEADER_BYTES)
    this.handle.read(head, { at: 0 })
    return head.some((byte) => byte !== 0)
  }

  private load(place: number): Copy | undefined {
    const head = new Uint8Array(HEADER_BYTES)
    const at = place * COPY_BYTES
    if (this.handle.read(head, { at }) < HEADER_BYTES) return undefined
    const view = new DataView(head.buffer)
    if (view.getUint32(0, true) !== MAGIC) return undefined
    if (view.getUint32(HEADER_CRC, true) !== crc32(head.subarray(0, HEADER_CRC))) return undefined
    const version = view.getUint32(4, true)
    if (version !== VERSION) {
      throw new StorageError(`${this.path} is of format ${version}, this version reads ${VERSION}`, { version })
    }
    const text = new Uint8Array(view.getUint32(16, true))
    if (this.handle.read(text, { at: at + HEADER_BYTES }) < text.length) return undefined
    if (view.getUint32(TEXT_CRC, true) !== crc32(text)) return undefined
    const names = new Map(JSON.parse(new TextDecoder().decode(text)) as [string, string][])
    return { generation: getU64(view, 8), names }
  }
}
