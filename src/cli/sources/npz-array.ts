/**
 * One array of an `.npz` file, read as a stream: the header first, then values block by block.
 *
 * The shape of the header bounds what is read: it must account for every byte that the archive declares for the entry,
 * or nothing is read at all, so that a small file cannot unfold into more than it says. The checksum is compared when
 * the last value has been read. Memory is one block, whatever the size of the array.
 *
 * @module
 */

import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { describeError, InputError } from '../errors.js'
import { NPY_PREFIX_BYTES, type NpyDecoder, npyHeaderBytes, npyType, parseNpyHeader, product } from './npy.js'

/** Values that are decoded at once. */
const BLOCK_VALUES = 8192

/** What the archive says of an entry. */
export interface NpzEntry {
  name: string
  bytes: number
  crc32: number
}

/** Values of one array in order. */
export class NpzArray {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  /** Length of the first dimension; 1 for a scalar. */
  readonly rows: number
  /** Values per row. */
  readonly width: number
  /** Decoded values; those of the current row begin at `position`. */
  readonly values: Float64Array
  /** Index in `values` of the current row. */
  position = 0
  readonly #source: ByteSource
  readonly #decode: NpyDecoder
  readonly #valueBytes: number
  #decoded = 0
  #rowsLeft: number

  private constructor(source: ByteSource, dtype: string, shape: number[], type: { bytes: number; decode: NpyDecoder }) {
    this.name = source.entry.name
    this.dtype = dtype
    this.shape = shape
    this.rows = shape[0] ?? 1
    this.width = product(shape.slice(1))
    this.#rowsLeft = this.rows
    this.#source = source
    this.#decode = type.decode
    this.#valueBytes = type.bytes
    const blockRows = Math.max(1, Math.floor(BLOCK_VALUES / Math.max(1, this.width)))
    this.values = new Float64Array(Math.min(blockRows, Math.max(1, this.rows)) * this.width)
  }

  /**
   * Reads the header.
   *
   * @throws InputError if the array is of objects, or its shape does not account for the bytes of the entry
   */
  static async open(entry: NpzEntry, stream: Readable): Promise<NpzArray> {
    const source = new ByteSource(entry, stream)
    const prefix = await source.read(NPY_PREFIX_BYTES)
    const rest = await source.read(npyHeaderBytes(prefix, entry.name) - NPY_PREFIX_BYTES)
    const header = parseNpyHeader(Buffer.concat([prefix, rest]), entry.name)
    const { dtype, shape } = header
    if (dtype.endsWith('O')) throw new InputError(`${entry.name} holds pickled objects, which are never read`)
    const type = npyType(dtype)
    if (type === undefined) throw new InputError(`${entry.name} is of type ${dtype}, expected numbers or booleans`)
    if (header.fortranOrder && shape.filter((length) => length > 1).length > 1) {
      throw new InputError(`${entry.name} is in Fortran order, expected C order: save it with numpy.ascontiguousarray`)
    }
    const declared = header.headerBytes + product(shape) * type.bytes
    if (declared !== entry.bytes) {
      throw new InputError(
        `${entry.name} has the shape (${shape.join(', ')}) of ${dtype}, which is ${declared} bytes with its header, ` +
          `but the archive declares ${entry.bytes}`,
      )
    }
    if (product(shape.slice(1)) > BLOCK_VALUES) {
      throw new InputError(
        `${entry.name} has rows of ${product(shape.slice(1))} values, expected at most ${BLOCK_VALUES}`,
      )
    }
    return new NpzArray(source, dtype, shape, type)
  }

  /** Whether a current row is decoded. */
  get ready(): boolean {
    return this.position < this.#decoded
  }

  /** Goes to the next row. */
  advance(): void {
    this.position += this.width
  }

  /** Decodes the next block; call it when no row is ready and rows are left. */
  async fill(): Promise<void> {
    const rows = Math.min(this.#rowsLeft, this.values.length / this.width)
    if (!(rows > 0)) throw new InputError(`${this.name} has too few rows`)
    const bytes = await this.#source.read(rows * this.width * this.#valueBytes)
    this.#decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), rows * this.width, this.values)
    this.#decoded = rows * this.width
    this.position = 0
    this.#rowsLeft -= rows
  }

  /** Checks that nothing follows the last value, and the checksum. */
  finish(): Promise<void> {
    return this.#source.finish()
  }

  /** Stops reading. */
  close(): void {
    this.#source.close()
  }
}

/** Exact numbers of bytes from a stream of chunks. */
class ByteSource {
  readonly entry: NpzEntry
  readonly #stream: Readable
  readonly #chunks: AsyncIterator<Buffer>
  #chunk: Buffer = Buffer.alloc(0)
  #crc = 0

  constructor(entry: NpzEntry, stream: Readable) {
    this.entry = entry
    this.#stream = stream
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  async read(length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length)
    let filled = 0
    while (filled < length) {
      if (this.#chunk.length === 0 && !(await this.#next())) {
        throw new InputError(`${this.entry.name} ends before its last value`)
      }
      const copied = this.#chunk.copy(bytes, filled)
      this.#chunk = this.#chunk.subarray(copied)
      filled += copied
    }
    return bytes
  }

  async finish(): Promise<void> {
    if (this.#chunk.length > 0 || (await this.#next()))
      throw new InputError(`${this.entry.name} is longer than it says`)
    if (this.#crc !== this.entry.crc32) throw new InputError(`${this.entry.name} is damaged: its checksum is wrong`)
  }

  close(): void {
    this.#stream.destroy()
  }

  async #next(): Promise<boolean> {
    let next: IteratorResult<Buffer>
    try {
      next = await this.#chunks.next()
    } catch (error) {
      throw new InputError(`${this.entry.name} cannot be unpacked: ${describeError(error)}`)
    }
    if (next.done) return false
    this.#crc = crc32(next.value, this.#crc)
    this.#chunk = next.value
    return next.value.length > 0 || this.#next()
  }
}
