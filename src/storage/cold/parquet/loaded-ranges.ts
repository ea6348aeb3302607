/**
 * The parts of a file that are in memory, as a `Blob`: the form in which parquet-wasm asks for bytes. It asks with
 * promises and cannot bear that one is rejected, so that whatever it may ask for is loaded, and checked, before.
 *
 * @module
 */

import { StorageError } from '../../errors.js'

interface Range {
  readonly start: number
  readonly bytes: Uint8Array
}

/** Parts of a file of `size` bytes. */
export class LoadedRanges {
  readonly size: number
  private readonly ranges = new Set<Range>()

  constructor(size: number) {
    this.size = size
  }

  /** Adds the bytes that begin at `start`; the returned function takes them out again. */
  add(start: number, bytes: Uint8Array): () => void {
    const range = { start, bytes }
    this.ranges.add(range)
    return () => this.ranges.delete(range)
  }

  /** The bytes [start, end), copied. @throws {StorageError} if they are not loaded. */
  copy(start: number, end: number): ArrayBuffer {
    for (const range of this.ranges) {
      if (start < range.start || end > range.start + range.bytes.length) continue
      return range.bytes.slice(start - range.start, end - range.start).buffer as ArrayBuffer
    }
    throw new StorageError(`bytes ${start} to ${end} of the file were asked for but not loaded`, { start, end })
  }

  /** The file, for a reader that asks for nothing but `size`, `slice` and `arrayBuffer`. */
  blob(): Blob {
    return new Part(this, 0, this.size) as unknown as Blob
  }
}

class Part {
  readonly type = ''
  private readonly file: LoadedRanges
  private readonly start: number
  private readonly end: number

  constructor(file: LoadedRanges, start: number, end: number) {
    this.file = file
    this.start = start
    this.end = end
  }

  get size(): number {
    return this.end - this.start
  }

  slice(start = 0, end = this.size): Part {
    return new Part(this.file, this.start + start, Math.min(this.end, this.start + end))
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.file.copy(this.start, this.end)
  }
}
