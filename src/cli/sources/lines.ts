/**
 * Cuts a stream of bytes into lines, in bounded memory.
 *
 * A line ends with LF or CRLF; the last one may lack its end. A line longer than the limit is reported by its number
 * and skipped without being held. Handlers run during `push` and `end`; the bytes that they are lent are valid only
 * until they return. The cuts do not depend on where the chunks begin and end.
 *
 * @module
 */

/** Longest line that is looked at, in bytes. */
export const MAX_LINE_BYTES = 1 << 20

const LF = 10
const CR = 13
const FIRST_CARRY_BYTES = 4096

/** What becomes of a line: `bytes[start, end)` without its end, and its number, counted from 1. */
export type LineHandler = (bytes: Buffer, start: number, end: number, line: number) => void

/** Splits chunks into lines. */
export class LineSplitter {
  /** Lines seen so far, the over-long ones included. */
  lines = 0
  readonly #onLine: LineHandler
  readonly #onLongLine: (line: number) => void
  readonly #maxBytes: number
  #carry = Buffer.alloc(FIRST_CARRY_BYTES)
  #carried = 0
  #tooLong = false

  /**
   * @param onLine called for every line of at most `maxBytes`
   * @param onLongLine called with the number of every other line
   * @param maxBytes limit in bytes, without the end of the line
   */
  constructor(onLine: LineHandler, onLongLine: (line: number) => void, maxBytes: number = MAX_LINE_BYTES) {
    this.#onLine = onLine
    this.#onLongLine = onLongLine
    this.#maxBytes = maxBytes
  }

  /** Takes the next bytes; they may be reused when this returns. */
  push(chunk: Buffer): void {
    let from = 0
    if (this.#carried > 0 || this.#tooLong) {
      const end = chunk.indexOf(LF)
      this.#hold(chunk, 0, end === -1 ? chunk.length : end)
      if (end === -1) return
      this.#release()
      from = end + 1
    }
    for (let end = chunk.indexOf(LF, from); end !== -1; end = chunk.indexOf(LF, from)) {
      this.#emit(chunk, from, end)
      from = end + 1
    }
    if (from < chunk.length) this.#hold(chunk, from, chunk.length)
  }

  /** Tells that no bytes follow: what is left is the last line. */
  end(): void {
    if (this.#carried > 0 || this.#tooLong) this.#release()
  }

  #emit(bytes: Buffer, start: number, end: number): void {
    const last = end > start && bytes[end - 1] === CR ? end - 1 : end
    this.lines++
    if (last - start > this.#maxBytes) this.#onLongLine(this.lines)
    else this.#onLine(bytes, start, last, this.lines)
  }

  #release(): void {
    const { length, tooLong } = { length: this.#carried, tooLong: this.#tooLong }
    this.#carried = 0
    this.#tooLong = false
    if (tooLong) this.#onLongLine(++this.lines)
    else this.#emit(this.#carry, 0, length)
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    if (this.#tooLong) return
    const needed = this.#carried + end - start
    // one byte more than the limit may be the CR of a line that just fits
    if (needed > this.#maxBytes + 1) {
      this.#tooLong = true
      this.#carried = 0
      return
    }
    if (needed > this.#carry.length) {
      const grown = Buffer.alloc(Math.min(Math.max(needed, this.#carry.length * 2), this.#maxBytes + 1))
      this.#carry.copy(grown, 0, 0, this.#carried)
      this.#carry = grown
    }
    bytes.copy(this.#carry, this.#carried, start, end)
    this.#carried = needed
  }
}
