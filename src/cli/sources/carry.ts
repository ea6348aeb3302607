/**
 * Bytes that are carried over from one chunk to the next, in bounded memory: the beginning of a line or a record whose
 * end has not come. When there are more than the limit, they are let go of and only that is remembered.
 *
 * @module
 */

const FIRST_BYTES = 4096

/** Holds the beginning of something that ends in a later chunk. */
export class Carry {
  /** What is held: `bytes[0, length)`. */
  bytes = Buffer.alloc(FIRST_BYTES)
  length = 0
  /** Whether there was more than the limit; nothing is held then. */
  tooLong = false
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    // one byte more than the limit may be the CR of a line that just fits
    this.#maxBytes = maxBytes + 1
  }

  /** Whether something has begun. */
  get begun(): boolean {
    return this.length > 0 || this.tooLong
  }

  /** Appends `source[start, end)`. */
  add(source: Buffer, start: number, end: number): void {
    if (this.tooLong || end <= start) return
    const needed = this.length + end - start
    if (needed > this.#maxBytes) {
      this.tooLong = true
      this.length = 0
      return
    }
    if (needed > this.bytes.length) {
      const grown = Buffer.alloc(Math.min(Math.max(needed, this.bytes.length * 2), this.#maxBytes))
      this.bytes.copy(grown, 0, 0, this.length)
      this.bytes = grown
    }
    source.copy(this.bytes, this.length, start, end)
    this.length = needed
  }

  /** Begins anew. */
  clear(): void {
    this.length = 0
    this.tooLong = false
  }
}
