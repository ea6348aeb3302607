/**
 * Columns back to packed records, those rows of them that a filter wants.
 *
 * @module
 */

import * as L from '../../../layout.js'
import type { EventMetadata, StoredEvents } from '../cold-storage.js'
import type { RowFilter } from '../file-format.js'
import type { ColumnBatch, ColumnValues } from './schema.js'
import { EVENT_COLUMNS, isValid, RECORD_COLUMNS, UNITS } from './schema.js'

const HIGH = 2 ** 32
const RECORD_WORDS = L.RECORD_BYTES / 4
const RECORD_HALVES = L.RECORD_BYTES / 2
const SEQ = place('seq')
const TIMESTAMP = place('timestamp')
const EPISODE = place('episode_id')
const TYPE = place('event_type')
const APPRAISED = place('appraised')
const METADATA = place('metadata')

function place(name: string): number {
  return EVENT_COLUMNS.findIndex((column) => column.name === name)
}

/** The rows of a batch of `EVENT_COLUMNS` that meet a filter. */
export function readRows(batch: ColumnBatch, filter: RowFilter): StoredEvents {
  const rows = matching(batch, filter)
  const length = rows.length
  const bytes = new Uint8Array(length * L.RECORD_BYTES)
  const words = new Uint32Array(bytes.buffer)
  const halves = new Uint16Array(bytes.buffer)
  RECORD_COLUMNS.forEach(({ kind, at }, i) => {
    const { values } = batch.columns[1 + i] as ColumnValues
    if (kind === 'u16') scatter(values, 1, rows, halves, RECORD_HALVES, at / 2)
    else {
      const units = new Uint32Array(values.buffer, values.byteOffset, values.byteLength / 4)
      scatter(units, UNITS[kind], rows, words, RECORD_WORDS, at / 4)
    }
  })
  const seqs = new Float64Array(length)
  const masks = new Uint8Array(length)
  const stored = batch.columns[SEQ] as ColumnValues
  const appraised = batch.columns[APPRAISED] as ColumnValues
  for (let i = 0; i < length; i++) {
    const row = rows[i] as number
    seqs[i] = u64(stored.values, row)
    masks[i] = appraised.values[row] as number
  }
  return { length, seqs, bytes, masks, metadata: readMetadata(batch.columns[METADATA] as ColumnValues, rows, seqs) }
}

/** A u64 column's value as a number, exact below 2^53. */
export function u64(words: ColumnValues['values'], row: number): number {
  return (words[2 * row] as number) + (words[2 * row + 1] as number) * HIGH
}

function matching(batch: ColumnBatch, filter: RowFilter): Uint32Array {
  const { startSeq = 0, endSeq = Infinity, from = 0, to = Infinity, episodeId, types } = filter
  const seqs = (batch.columns[SEQ] as ColumnValues).values
  const timestamps = (batch.columns[TIMESTAMP] as ColumnValues).values
  const episodes = (batch.columns[EPISODE] as ColumnValues).values
  const codes = (batch.columns[TYPE] as ColumnValues).values
  const low = Number(BigInt.asUintN(32, episodeId ?? 0n))
  const high = Number((episodeId ?? 0n) >> 32n)
  const wanted = types && new Set(types)
  const rows = new Uint32Array(batch.length)
  let count = 0
  for (let row = 0; row < batch.length; row++) {
    const seq = u64(seqs, row)
    if (seq < startSeq || seq >= endSeq) continue
    const timestamp = u64(timestamps, row)
    if (timestamp < from || timestamp >= to) continue
    if (episodeId !== undefined && (episodes[2 * row] !== low || episodes[2 * row + 1] !== high)) continue
    if (wanted && !wanted.has(codes[row] as number)) continue
    rows[count++] = row
  }
  return rows.subarray(0, count)
}

/** Copies `width` units of each of the rows to `at` of consecutive records. */
function scatter(
  values: ColumnValues['values'],
  width: number,
  rows: Uint32Array,
  target: Uint32Array | Uint16Array,
  stride: number,
  at: number,
): void {
  for (let unit = 0; unit < width; unit++) {
    for (let i = 0, to = at + unit; i < rows.length; i++, to += stride) {
      target[to] = values[(rows[i] as number) * width + unit] as number
    }
  }
}

function readMetadata(
  { values, offsets, valid }: ColumnValues,
  rows: Uint32Array,
  seqs: Float64Array,
): ReadonlyMap<number, EventMetadata> {
  const metadata = new Map<number, EventMetadata>()
  if (offsets === undefined || values.length === 0) return metadata
  const decoder = new TextDecoder()
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number
    if (!isValid(valid, row)) continue
    const text = decoder.decode((values as Uint8Array).subarray(offsets[row], offsets[row + 1]))
    metadata.set(seqs[i] as number, JSON.parse(text) as EventMetadata)
  }
  return metadata
}
