/**
 * Metadata of events into rows of a COPY and back.
 *
 * The columns hold what SQL can look into. U+0000 in a text, which PostgreSQL does not know, is U+FFFD there, and `exact`
 * holds the whole in MessagePack, which is then what is read. The order of an object's keys is not kept: JSONB has its own.
 * −0 is 0, as in the journal.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { EventMetadata, StoredEvents } from '../../storage/cold/cold-storage.js'
import { recordsOf } from '../../storage/cold/events.js'
import { packMetadata, unpackMetadata } from '../../storage/journal/metadata.js'
import { CopyFormatError, HEADER, rowsOf, TRAILER } from './framing.js'

/** The list for COPY FROM that `metadataCopy` writes. */
export const METADATA_COPY_COLUMNS =
  'stream, sequence_number, timestamp, event_id, intent_type, executor_id, parameters, exact'

/** The list for SELECT whose result `decodeMetadata` reads. */
export const METADATA_COLUMNS = 'sequence_number, intent_type, executor_id, parameters, exact'

const COPIED_FIELDS = 8
const SELECTED_FIELDS = 5
/** What a row has beside texts, parameters and `exact`: the number of fields, eight lengths, four values. */
const FIXED = 2 + COPIED_FIELDS * 4 + 2 + 8 + 8 + 16
const PIECE_BYTES = 128 * 1024
const JSONB_VERSION = 1
const NUL = /\0/gu
const NUL_ESCAPE = '\\u0000'
/** A backslash before it would make it something else. */
const NUL_ESCAPES = /(?<!\\)((?:\\\\)*)\\u0000/gu
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Whether rows [from, to) have metadata. */
export function hasMetadata({ metadata, seqs }: StoredEvents, from: number, to: number): boolean {
  if (metadata.size === 0) return false
  for (let i = from; i < to; i++) if (metadata.has(seqs[i] as number)) return true
  return false
}

/** The pieces of `COPY action_metadata (METADATA_COPY_COLUMNS) FROM STDIN (FORMAT binary)` for rows [from, to). */
export function* metadataCopy(
  events: StoredEvents,
  stream: number,
  from = 0,
  to = events.length,
): Generator<Uint8Array, void, undefined> {
  yield HEADER
  const records = recordsOf(events)
  let rows: Uint8Array[] = []
  let bytes = 0
  for (let i = from; i < to; i++) {
    const seq = events.seqs[i] as number
    const metadata = events.metadata.get(seq)
    if (metadata === undefined) continue
    const row = encodeRow(stream, seq, records, i * L.RECORD_BYTES, metadata)
    rows.push(row)
    bytes += row.length
    if (bytes < PIECE_BYTES) continue
    yield joined(rows, bytes)
    rows = []
    bytes = 0
  }
  if (bytes > 0) yield joined(rows, bytes)
  yield TRAILER
}

/** By sequence number. @throws {CopyFormatError} */
export function decodeMetadata(pieces: readonly Uint8Array[]): Map<number, EventMetadata> {
  const rows = rowsOf(pieces)
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength)
  const found = new Map<number, EventMetadata>()
  for (let at = 0; at < rows.length; ) {
    if (at + 2 > rows.length || view.getInt16(at) !== SELECTED_FIELDS)
      throw new CopyFormatError(`a row has not ${SELECTED_FIELDS} fields`, at)
    const fields: (Uint8Array | undefined)[] = []
    at += 2
    for (let i = 0; i < SELECTED_FIELDS; i++) {
      const length = at + 4 <= rows.length ? view.getInt32(at) : rows.length
      at += 4
      if (at + Math.max(length, 0) > rows.length) throw new CopyFormatError('a field is longer than the result', at)
      fields.push(length === -1 ? undefined : rows.subarray(at, at + length))
      if (length > 0) at += length
    }
    const [number, intent, executor, parameters, exact] = fields
    if (number?.length !== 8) throw new CopyFormatError('a row has no number', at)
    found.set(numberOf(number), exact === undefined ? metadataOf(intent, executor, parameters) : unpackMetadata(exact))
  }
  return found
}

function metadataOf(intent?: Uint8Array, executor?: Uint8Array, parameters?: Uint8Array): EventMetadata {
  return {
    ...(intent !== undefined && { intentType: decoder.decode(intent) }),
    ...(executor !== undefined && { executorId: decoder.decode(executor) }),
    ...(parameters !== undefined && { parameters: JSON.parse(decoder.decode(parameters.subarray(1))) as unknown }),
  }
}

function encodeRow(
  stream: number,
  seq: number,
  records: DataView,
  record: number,
  metadata: EventMetadata,
): Uint8Array {
  const { intentType, executorId, parameters } = metadata
  const text = parameters === undefined ? undefined : JSON.stringify(parameters)
  const hasNul = intentType?.includes('\0') || executorId?.includes('\0') || text?.includes(NUL_ESCAPE)
  const exact = hasNul ? packMetadata(metadata, Number.POSITIVE_INFINITY) : undefined
  const json = textBytes(hasNul ? text?.replace(NUL_ESCAPES, '$1\ufffd') : text)
  const values = [textBytes(columnText(intentType)), textBytes(columnText(executorId)), json, exact]
  const size = values.reduce((sum, value) => sum + (value?.length ?? 0), FIXED) + (json === undefined ? 0 : 1)
  const row = new Uint8Array(size)
  const view = new DataView(row.buffer)
  view.setInt16(0, COPIED_FIELDS)
  view.setInt32(2, 2)
  view.setInt16(6, stream)
  view.setInt32(8, 8)
  view.setBigInt64(12, BigInt(seq))
  view.setInt32(20, 8)
  view.setBigUint64(24, records.getBigUint64(record + L.TIMESTAMP, true))
  view.setInt32(32, 16)
  for (let k = 0; k < 16; k++) row[36 + k] = records.getUint8(record + L.EVENT_ID + k)
  let at = 52
  for (const value of values) {
    const prefix = value !== undefined && value === json ? 1 : 0
    view.setInt32(at, value === undefined ? -1 : value.length + prefix)
    at += 4
    if (prefix === 1) row[at++] = JSONB_VERSION
    if (value === undefined) continue
    row.set(value, at)
    at += value.length
  }
  return row
}

function columnText(text: string | undefined): string | undefined {
  return text?.replace(NUL, '\ufffd')
}

function textBytes(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : encoder.encode(text)
}

function numberOf(field: Uint8Array): number {
  const view = new DataView(field.buffer, field.byteOffset, 8)
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4)
}

function joined(rows: readonly Uint8Array[], bytes: number): Uint8Array {
  const piece = new Uint8Array(bytes)
  let at = 0
  for (const row of rows) {
    piece.set(row, at)
    at += row.length
  }
  return piece
}
