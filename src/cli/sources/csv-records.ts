/**
 * Cuts a stream of bytes into the records of a CSV file, in bounded memory: a record is a line, or several if a quoted
 * field holds line ends. Records are handed over in blocks of complete ones, ready for a parser.
 *
 * A record that is longer than the limit, such as one whose quote never closes, is reported by the number of its first
 * line; reading goes on with the line after the place where the limit was reached.
 *
 * @module
 */

import { Carry } from './carry.js'
import { MAX_LINE_BYTES } from './lines.js'

const LF = 10
const CR = 13
const QUOTE = 34

/** Where a record lies in the block, and its first line, counted from 1. */
export interface RecordSpan {
  start: number
  end: number
  line: number
}

/** What becomes of complete records; `bytes` is valid until the handler returns. */
export type BlockHandler = (bytes: Buffer, records: readonly RecordSpan[]) => void

/** Splits chunks into records. */
export class CsvRecordSplitter {
  /** Lines seen so far. */
  lines = 0
  /** Empty lines between records. */
  blank = 0
  /** Records cut so far, the over-long ones included. */
  records = 0
  readonly #onBlock: BlockHandler
  readonly #onLongRecord: (line: number) => void
  readonly #delimiter: number
  readonly #maxBytes: number
  readonly #carry: Carry
  /** Line on which the record being read began. */
  #firstLine = 1
  #quoted = false
  #justClosed = false
  #atFieldStart = true

  constructor(
    onBlock: BlockHandler,
    onLongRecord: (line: number) => void,
    delimiter: string,
    maxBytes: number = MAX_LINE_BYTES,
  ) {
    this.#onBlock = onBlock
    this.#onLongRecord = onLongRecord
    this.#delimiter = delimiter.charCodeAt(0)
    this.#maxBytes = maxBytes
    this.#carry = new Carry(maxBytes)
  }

  /** Takes the next bytes; they may be reused when this returns. */
  push(chunk: Buffer): void {
    const whole: RecordSpan[] = []
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (byte === LF) {
        this.lines++
        if (this.#quoted && !this.#carry.tooLong) continue
        if (this.#carry.begun) this.#finishCarried(chunk, start, at)
        else this.#add(whole, chunk, start, at)
        start = at + 1
        this.#beginRecord()
      } else if (byte === QUOTE) {
        // a doubled quote closes and opens again, which comes to the same; elsewhere in a field a quote is text
        const opens = !this.#quoted && (this.#atFieldStart || this.#justClosed)
        this.#justClosed = this.#quoted
        this.#quoted = opens
        this.#atFieldStart = false
      } else if (!this.#quoted) {
        this.#atFieldStart = byte === this.#delimiter
        this.#justClosed = false
      }
    }
    if (whole.length > 0) this.#onBlock(chunk, whole)
    this.#carry.add(chunk, start, chunk.length)
  }

  /** Tells that no bytes follow: what is left is the last record. */
  end(): void {
    if (!this.#carry.begun) return
    this.lines++
    this.#finishCarried(this.#carry.bytes, 0, 0)
    this.#beginRecord()
  }

  #beginRecord(): void {
    this.#firstLine = this.lines + 1
    this.#quoted = false
    this.#justClosed = false
    this.#atFieldStart = true
    this.#carry.clear()
  }

  #finishCarried(bytes: Buffer, start: number, end: number): void {
    this.#carry.add(bytes, start, end)
    if (this.#carry.tooLong) {
      this.records++
      this.#onLongRecord(this.#firstLine)
      return
    }
    const one: RecordSpan[] = []
    this.#add(one, this.#carry.bytes, 0, this.#carry.length)
    if (one.length > 0) this.#onBlock(this.#carry.bytes, one)
  }

  #add(spans: RecordSpan[], bytes: Buffer, start: number, end: number): void {
    const last = end > start && bytes[end - 1] === CR ? end - 1 : end
    if (last === start) {
      this.blank++
      return
    }
    this.records++
    if (last - start > this.#maxBytes) this.#onLongRecord(this.#firstLine)
    else spans.push({ start, end: last, line: this.#firstLine })
  }
}
