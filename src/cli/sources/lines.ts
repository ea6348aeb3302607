/**
 * Cuts a stream of bytes into lines, in bounded memory.
 *
 * A line ends with LF or CRLF; the last one may lack its end. A line longer than the limit is reported by its number
 * and skipped without being held. Handlers run during `push` and `end`; the bytes that they are lent are valid only
 * until they return. The cuts do not depend on where the chunks begin and end.
 *
 * @module
 */

import { Carry } from './carry.js'

/** Longest line that is looked at, in bytes. */
export const MAX_LINE_BYTES = 1 << 20

const LF = 10
const CR = 13

/** What becomes of a line: `bytes[start, end)` without its end, and its number, counted from 1. */
export type LineHandler = (bytes: Buffer, start: number, end: number, line: number) => void

/** Splits chunks into lines. */
export class LineSplitter {
  /** Lines seen so far, the over-long ones included. */
  lines = 0
  readonly #onLine: LineHandler
  readonly #onLongLine: (line: number) => void
  readonly #maxBytes: number
  readonly #carry: Carry

  /**
   * @param onLine called for every line of at most `maxBytes`
   * @param onLongLine called with the number of every other line
   * @param maxBytes limit in bytes, without the end of the line
   */
  constructor(onLine: LineHandler, onLongLine: (line: number) => void, maxBytes: number = MAX_LINE_BYTES) {
    this.#onLine = onLine
    this.#onLongLine = onLongLine
    this.#maxBytes = maxBytes
    this.#carry = new Carry(maxBytes)
  }

  /** Takes the next bytes; they may be reused when this returns. */
  push(chunk: Buffer): void {
    let from = 0
    if (this.#carry.begun) {
      const end = chunk.indexOf(LF)
      this.#carry.add(chunk, 0, end === -1 ? chunk.length : end)
      if (end === -1) return
      this.#release()
      from = end + 1
    }
    for (let end = chunk.indexOf(LF, from); end !== -1; end = chunk.indexOf(LF, from)) {
      this.#emit(chunk, from, end)
      from = end + 1
    }
    if (from < chunk.length) this.#carry.add(chunk, from, chunk.length)
  }

  /** Tells that no bytes follow: what is left is the last line. */
  end(): void {
    if (this.#carry.begun) this.#release()
  }

  #emit(bytes: Buffer, start: number, end: number): void {
    const last = end > start && bytes[end - 1] === CR ? end - 1 : end
    this.lines++
    if (last - start > this.#maxBytes) this.#onLongLine(this.lines)
    else this.#onLine(bytes, start, last, this.lines)
  }

  #release(): void {
    const { bytes, length, tooLong } = this.#carry
    this.#carry.clear()
    if (tooLong) this.#onLongLine(++this.lines)
    else this.#emit(bytes, 0, length)
  }
}
