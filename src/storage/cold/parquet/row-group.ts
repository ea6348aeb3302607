/**
 * A row group as it fills: packed records become columns. The arrays are made once and used for every group of a file.
 *
 * @module
 */

import { invalid } from '../../../errors.js'
import * as L from '../../../layout.js'
import { StorageError } from '../../errors.js'
import type { StoredEvents } from '../cold-storage.js'
import type { GroupSummary } from './group-summary.js'
import { leastU64, mostU64, typeBits } from './group-summary.js'
import type { ColumnBatch, ColumnValues } from './schema.js'
import { RECORD_COLUMNS, ROW_GROUP_ROWS, UNITS } from './schema.js'

const RECORD_WORDS = L.RECORD_BYTES / 4
const RECORD_HALVES = L.RECORD_BYTES / 2
const HIGH = 2 ** 32
/** Metadata, as JSON, at which the first row group of a file ends; the others have as many rows. */
const ENOUGH_TEXT_BYTES = 16 * 1024 * 1024
/** Metadata that no row group may pass: the module that encodes it has 4 GiB for everything, several times over. */
const MOST_TEXT_BYTES = 512 * 1024 * 1024
const EMPTY = new Uint8Array(0)

/**
 * Takes events until it is full: at ROW_GROUP_ROWS, or at fewer rows if the metadata of the first group of the file is
 * large. All groups of a file but the last have as many rows as the first.
 */
export class RowGroup {
  private readonly mostTextBytes: number
  private readonly seqs = new Uint32Array(2 * ROW_GROUP_ROWS)
  private readonly masks = new Uint8Array(ROW_GROUP_ROWS)
  private readonly records = RECORD_COLUMNS.map(({ kind }) =>
    kind === 'u16' ? new Uint16Array(ROW_GROUP_ROWS) : new Uint32Array(UNITS[kind] * ROW_GROUP_ROWS),
  )
  private texts = new Map<number, Uint8Array>()
  private readonly encoder = new TextEncoder()
  private textBytes = 0
  private rows = 0
  private most = ROW_GROUP_ROWS
  private isFirst = true
  private lastSeq = -1

  constructor(mostTextBytes = MOST_TEXT_BYTES) {
    this.mostTextBytes = mostTextBytes
  }

  get length(): number {
    return this.rows
  }

  get isFull(): boolean {
    return this.rows === this.most
  }

  /**
   * Takes events from row `from` on, as many as there is room for, and returns how many.
   * @throws {InvalidArgumentError} if their sequence numbers do not ascend, those before included
   * @throws {StorageError} if their metadata is too large for a row group
   */
  take(events: StoredEvents, from: number): number {
    const count = this.takeMetadata(events, from, Math.min(events.length - from, this.most - this.rows))
    const { rows, seqs, masks } = this
    const bytes = events.bytes.subarray(from * L.RECORD_BYTES, (from + count) * L.RECORD_BYTES)
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
    const words = new Uint32Array(aligned.buffer, aligned.byteOffset, count * RECORD_WORDS)
    const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, count * RECORD_HALVES)
    RECORD_COLUMNS.forEach(({ kind, at }, i) => {
      const column = this.records[i] as Uint32Array | Uint16Array
      if (kind === 'u16') gather(halves, RECORD_HALVES, at / 2, column, rows, 1, count)
      else gather(words, RECORD_WORDS, at / 4, column, rows, UNITS[kind], count)
    })
    for (let i = 0; i < count; i++) {
      const seq = events.seqs[from + i] as number
      if (seq <= this.lastSeq) throw invalid('events', `ascend, with a number above ${this.lastSeq}`, seq)
      this.lastSeq = seq
      seqs[2 * (rows + i)] = seq >>> 0
      seqs[2 * (rows + i) + 1] = Math.floor(seq / HIGH)
      masks[rows + i] = events.masks[from + i] as number
    }
    this.rows += count
    return count
  }

  /** Takes the metadata of `count` events, or of fewer if there is enough of it then, and returns how many. */
  private takeMetadata(events: StoredEvents, from: number, count: number): number {
    if (events.metadata.size === 0) return count
    for (let i = 0; i < count; i++) {
      const metadata = events.metadata.get(events.seqs[from + i] as number)
      if (metadata === undefined) continue
      const text = this.encoder.encode(JSON.stringify(metadata))
      this.texts.set(this.rows + i, text)
      this.textBytes += text.length
      if (this.textBytes > this.mostTextBytes) {
        throw new StorageError(`the metadata of ${this.most} events takes more than ${this.mostTextBytes} bytes`)
      }
      if (!this.isFirst || this.textBytes < ENOUGH_TEXT_BYTES) continue
      this.most = this.rows + i + 1
      return i + 1
    }
    return count
  }

  /** The rows so far, in the order of `EVENT_COLUMNS`. Lent until the next call. */
  batch(): ColumnBatch {
    const n = this.rows
    const records = RECORD_COLUMNS.map(({ kind }, i): ColumnValues => {
      const column = this.records[i] as Uint32Array | Uint16Array
      if (kind === 'f32') return { values: new Float32Array(column.buffer, 0, n) }
      return { values: column.subarray(0, n * UNITS[kind]) }
    })
    const seqs = { values: this.seqs.subarray(0, 2 * n) }
    return { length: n, columns: [seqs, ...records, { values: this.masks.subarray(0, n) }, this.metadata()] }
  }

  private metadata(): ColumnValues {
    const n = this.rows
    const offsets = new Int32Array(n + 1)
    const valid = new Uint8Array(Math.ceil(n / 8))
    if (this.texts.size === 0) return { values: EMPTY, offsets, valid }
    for (let i = 0; i < n; i++) {
      const text = this.texts.get(i)
      offsets[i + 1] = (offsets[i] as number) + (text?.length ?? 0)
      if (text) valid[i >> 3] = (valid[i >> 3] as number) | (1 << (i & 7))
    }
    const values = new Uint8Array(offsets[n] as number)
    for (const [i, text] of this.texts) values.set(text, offsets[i] as number)
    return { values, offsets, valid }
  }

  /** What readers need in order to pass over the group. It holds at least one row. */
  summary(): GroupSummary {
    const n = this.rows
    const words = (name: string) => this.records[RECORD_COLUMNS.findIndex((column) => column.name === name)]
    const timestamps = words('timestamp') as Uint32Array
    const episodes = words('episode_id') as Uint32Array
    return {
      rows: n,
      minSeq: leastU64(this.seqs, 1),
      maxSeq: mostU64(this.seqs.subarray(2 * n - 2), 1),
      minTimestamp: leastU64(timestamps, n),
      maxTimestamp: mostU64(timestamps, n),
      minEpisode: leastU64(episodes, n),
      maxEpisode: mostU64(episodes, n),
      types: typeBits(words('event_type') as Uint16Array, n),
    }
  }

  /** Makes room for the next row group of the file. */
  clear(): void {
    this.isFirst = false
    this.rows = 0
    this.textBytes = 0
    this.texts = new Map()
  }
}

/** Copies `width` units at `at` of every record to consecutive places of a column. */
function gather(
  source: Uint32Array | Uint16Array,
  stride: number,
  at: number,
  column: Uint32Array | Uint16Array,
  row: number,
  width: number,
  count: number,
): void {
  for (let unit = 0; unit < width; unit++) {
    let to = row * width + unit
    for (let i = 0, from = at + unit; i < count; i++, from += stride, to += width) column[to] = source[from] as number
  }
}
