/**
 * NDJSON: one JSON object in each line, one event for each object.
 *
 * Lines of nothing but blanks are skipped and counted. A line that is no object, or whose values do not fit, is
 * malformed; the next line is read as usual.
 *
 * @module
 */

import type { RowSink, SourceCounts } from '../rows.js'
import { LineSplitter } from './lines.js'
import type { FieldRule } from './mapping.js'
import { RecordMapper, type RecordValues } from './record.js'

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** Reads one NDJSON stream; feed it chunks, then call `end`. */
export class NdjsonSource {
  readonly #sink: RowSink
  readonly #mapper: RecordMapper
  readonly #splitter: LineSplitter
  #blank = 0

  constructor(sink: RowSink, salt: Uint8Array | string, rules?: readonly FieldRule[]) {
    this.#sink = sink
    this.#mapper = new RecordMapper(sink, salt, rules)
    this.#splitter = new LineSplitter(
      (bytes, start, end, line) => this.#take(bytes, start, end, line),
      (line) => sink.malformed(line, 'the line is longer than 1 MiB'),
    )
  }

  get counts(): SourceCounts {
    const { episodes, forgotten } = this.#mapper.steps
    return { records: this.#splitter.lines, blank: this.#blank, episodes, forgotten }
  }

  push(chunk: Buffer): void {
    this.#splitter.push(chunk)
  }

  end(): void {
    this.#splitter.end()
  }

  #take(bytes: Buffer, start: number, end: number, line: number): void {
    const marked = line === 1 && bytes.subarray(start, end).subarray(0, 3).equals(BYTE_ORDER_MARK)
    const text = bytes.toString('utf8', marked ? start + 3 : start, end)
    if (text.trim() === '') {
      this.#blank++
      return
    }
    let record: unknown
    try {
      record = JSON.parse(text)
    } catch {
      this.#sink.malformed(line, 'the line is not valid JSON')
      return
    }
    if (!isRecord(record)) this.#sink.malformed(line, 'the line is no JSON object')
    else this.#mapper.take(record, line)
  }
}

/** Whether a decoded value is an object with keys. */
export function isRecord(value: unknown): value is RecordValues {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
