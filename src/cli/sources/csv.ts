/**
 * CSV: one event for each record, by a mapping from columns to fields.
 *
 * The first record names the columns, unless there is no header: columns are then numbered from 1. Without a mapping
 * the columns must have the names of the fields (`timestamp`, `state.0`, …). A record whose quotes are wrong, whose
 * number of columns differs from the header's, or whose values do not fit is malformed and reported by its first line.
 *
 * @module
 */

import { parse } from 'csv-parse/sync'
import { InputError, UsageError } from '../errors.js'
import type { RowSink, SourceCounts } from '../rows.js'
import { CsvRecordSplitter, type RecordSpan } from './csv-records.js'
import { type FieldRule, fieldsByName } from './mapping.js'
import { RecordMapper } from './record.js'

/** Column names that an error message lists at most. */
const COLUMNS_SHOWN = 20

/** How a CSV file is written. */
export interface CsvDialect {
  /** One character. */
  delimiter: string
  /** Whether the first record names the columns. */
  header: boolean
}

/** Reads one CSV stream; feed it chunks, then call `end`. */
export class CsvSource {
  readonly #sink: RowSink
  readonly #salt: Uint8Array | string
  readonly #rules: readonly FieldRule[] | undefined
  readonly #dialect: CsvDialect
  readonly #splitter: CsvRecordSplitter
  #mapper: RecordMapper | undefined
  #columns = 0

  constructor(sink: RowSink, salt: Uint8Array | string, dialect: CsvDialect, rules?: readonly FieldRule[]) {
    this.#sink = sink
    this.#salt = salt
    this.#rules = rules
    this.#dialect = dialect
    this.#splitter = new CsvRecordSplitter(
      (bytes, records) => this.#takeBlock(bytes, records),
      (line) => sink.malformed(line, 'the record is longer than 1 MiB'),
      dialect.delimiter,
    )
  }

  get counts(): SourceCounts {
    const { records, blank } = this.#splitter
    const { episodes, forgotten } = this.#mapper?.steps ?? { episodes: 0, forgotten: 0 }
    const header = this.#dialect.header && records > 0 ? 1 : 0
    return { records: records - header + blank, blank, episodes, forgotten }
  }

  push(chunk: Buffer): void {
    this.#splitter.push(chunk)
  }

  end(): void {
    this.#splitter.end()
  }

  #takeBlock(bytes: Buffer, records: readonly RecordSpan[]): void {
    const first = records[0] as RecordSpan
    const last = records.at(-1) as RecordSpan
    const rows = this.#parse(bytes.toString('utf8', first.start, last.end))
    if (rows?.length === records.length) {
      for (const [i, row] of rows.entries()) this.#take(row, (records[i] as RecordSpan).line)
      return
    }
    // one record of the block is at fault, so each is parsed on its own
    for (const { start, end, line } of records) {
      const alone = this.#parse(bytes.toString('utf8', start, end))
      if (alone?.length === 1) this.#take(alone[0] as string[], line)
      else this.#sink.malformed(line, 'a quote stands where none may stand, or is not closed')
    }
  }

  #parse(text: string): string[][] | undefined {
    try {
      return parse(text, {
        bom: true,
        delimiter: this.#dialect.delimiter,
        // one delimiter is a third faster than a choice of two
        record_delimiter: text.includes('\r') ? ['\r\n', '\n'] : '\n',
        relax_column_count: true,
        skip_empty_lines: true,
      })
    } catch {
      return undefined
    }
  }

  #take(row: string[], line: number): void {
    if (this.#mapper === undefined) {
      this.#columns = row.length
      this.#mapper = this.#bind(this.#dialect.header ? row : row.map((_, i) => String(i + 1)))
      if (this.#dialect.header) return
    }
    if (row.length === this.#columns) this.#mapper.take(row as unknown as Record<number, string>, line)
    else this.#sink.malformed(line, `the record has ${row.length} columns, expected ${this.#columns}`)
  }

  #bind(names: string[]): RecordMapper {
    const columns = names.map((name) => name.trim())
    const rules = this.#rules ?? fieldsByName(columns)
    if (rules.length === 0) {
      throw new UsageError(
        `no column has the name of a field, say what they mean with --map; the columns are ${listed(columns)}`,
      )
    }
    for (const { column } of rules) {
      if (column !== undefined && !columns.includes(column)) {
        throw new UsageError(
          `--map names the column "${column}", which is not there; the columns are ${listed(columns)}`,
        )
      }
    }
    if (new Set(columns).size < columns.length) throw new InputError('two columns of the header have the same name')
    return new RecordMapper(this.#sink, this.#salt, rules, (column) => columns.indexOf(column))
  }
}

/** The delimiter that the first line has most often; a comma if it has none. */
export function guessDelimiter(firstLine: string): string {
  const counts = [',', ';', '\t', '|'].map((delimiter) => ({ delimiter, count: firstLine.split(delimiter).length }))
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).delimiter
}

function listed(columns: readonly string[]): string {
  const shown = columns.slice(0, COLUMNS_SHOWN).join(', ')
  return columns.length > COLUMNS_SHOWN ? `${shown} and ${columns.length - COLUMNS_SHOWN} more` : shown
}
