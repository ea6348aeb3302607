/**
 * What a frame's payload holds: one MessagePack map from the names of the columns to `[type, data]`. `type` is the name
 * that NumPy gives to the values' type (`<u8` is a little-endian u64), `data` the values one behind the other. So any
 * MessagePack library and three lines read it, and every bit of a float survives.
 *
 * Of an event: `seq <u8`, `event_id |V16`, `timestamp <u8` (µs), `episode_id <u8`, `step_number <u4`, `event_type <u2`,
 * `flags <u2`, `state <f4` (8 a row), `action <f4` (8 a row), `rewards <f4` (4 a row), `adna_version_hash <u4`,
 * `appraised |u1` (the mask), and `metadata`: a list of `[row, { intentType, executorId, parameters }]`.
 *
 * Of a correction: `seq <u8`, `flags <u2`, `appraised |u1`, `slots |u1`, `rewards <f4` (4 a row).
 *
 * @module
 */

import { Packr } from 'msgpackr'
import * as L from '../../../layout.js'
import type { CorrectionList } from '../../journal/corrections.js'
import type { EventMetadata, StoredEvents } from '../cold-storage.js'

/** A field of the record that is a column: where it stands and how wide it is, in bytes. */
const FIELDS = [
  ['event_id', '|V16', L.EVENT_ID, 16],
  ['timestamp', '<u8', L.TIMESTAMP, 8],
  ['episode_id', '<u8', L.EPISODE_ID, 8],
  ['step_number', '<u4', L.STEP_NUMBER, 4],
  ['event_type', '<u2', L.EVENT_TYPE, 2],
  ['flags', '<u2', L.FLAGS, 2],
  ['state', '<f4', L.STATE, 32],
  ['action', '<f4', L.ACTION, 32],
  ['rewards', '<f4', L.REWARDS, 16],
  ['adna_version_hash', '<u4', L.ADNA_VERSION_HASH, 4],
] as const

type Column = readonly [type: string, data: Uint8Array]
type Metadata = readonly [row: number, metadata: EventMetadata]

const packr = new Packr({ useRecords: false, mapsAsObjects: true })

/** The payload of rows [from, to). */
export function packEvents(events: StoredEvents, from: number, to: number): Uint8Array {
  const bytes = events.bytes.subarray(from * L.RECORD_BYTES, to * L.RECORD_BYTES)
  const columns: Record<string, Column | Metadata[]> = { seq: ['<u8', packNumbers(events.seqs.subarray(from, to))] }
  for (const [name, type, offset, width] of FIELDS) columns[name] = [type, gather(bytes, to - from, offset, width)]
  columns.appraised = ['|u1', events.masks.subarray(from, to)]
  const metadata: Metadata[] = []
  for (let i = from; events.metadata.size > 0 && i < to; i++) {
    const found = events.metadata.get(events.seqs[i] as number)
    if (found !== undefined) metadata.push([i - from, definedOnly(found)])
  }
  columns.metadata = metadata
  return packr.pack(columns)
}

/** The rows of a payload of `count` events. @throws {TypeError} if it is none. */
export function unpackEvents(payload: Uint8Array, count: number): StoredEvents {
  const columns = mapOf(packr.unpack(payload))
  const bytes = new Uint8Array(count * L.RECORD_BYTES)
  for (const [name, type, offset, width] of FIELDS)
    scatter(columnOf(columns, name, type, count * width), bytes, offset, width)
  const seqs = unpackNumbers(columnOf(columns, 'seq', '<u8', count * 8))
  const masks = columnOf(columns, 'appraised', '|u1', count).slice()
  const metadata = new Map<number, EventMetadata>()
  if (!Array.isArray(columns.metadata)) throw new TypeError('the metadata are no list')
  for (const [row, entry] of columns.metadata as Metadata[]) metadata.set(seqs[row] as number, entry)
  return { length: count, seqs, bytes, masks, metadata }
}

/** The payload of entries [from, to). */
export function packCorrections(list: CorrectionList, from: number, to: number): Uint8Array {
  return packr.pack({
    seq: ['<u8', packNumbers(list.seqs.subarray(from, to))],
    flags: ['<u2', bytesOf(list.flags.subarray(from, to))],
    appraised: ['|u1', list.masks.subarray(from, to)],
    slots: ['|u1', list.slots.subarray(from, to)],
    rewards: ['<f4', bytesOf(list.rewards.subarray(from * L.REWARD_SLOTS, to * L.REWARD_SLOTS))],
  })
}

/** The entries of a payload of `count` corrections. @throws {TypeError} if it is none. */
export function unpackCorrections(payload: Uint8Array, count: number): CorrectionList {
  const columns = mapOf(packr.unpack(payload))
  return {
    length: count,
    seqs: unpackNumbers(columnOf(columns, 'seq', '<u8', count * 8)),
    flags: new Uint16Array(copied(columnOf(columns, 'flags', '<u2', count * 2))),
    masks: columnOf(columns, 'appraised', '|u1', count).slice(),
    slots: columnOf(columns, 'slots', '|u1', count).slice(),
    rewards: new Float32Array(copied(columnOf(columns, 'rewards', '<f4', count * 16))),
  }
}

/** Without keys whose value is undefined, which MessagePack has no word for. */
function definedOnly(metadata: EventMetadata): EventMetadata {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined))
}

function mapOf(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new TypeError('the payload is no map')
}

function columnOf(columns: Record<string, unknown>, name: string, type: string, bytes: number): Uint8Array {
  const column = columns[name]
  if (Array.isArray(column) && column[0] === type && column[1] instanceof Uint8Array && column[1].length === bytes) {
    return column[1]
  }
  throw new TypeError(`column ${name} is not ${bytes} bytes of ${type}`)
}

/** One field of all records, side by side. */
function gather(records: Uint8Array, count: number, offset: number, width: number): Uint8Array {
  const column = new Uint8Array(count * width)
  for (let i = 0, at = offset, to = 0; i < count; i++, at += L.RECORD_BYTES) {
    for (let k = 0; k < width; k++) column[to++] = records[at + k] as number
  }
  return column
}

function scatter(column: Uint8Array, records: Uint8Array, offset: number, width: number): void {
  for (let from = 0, at = offset; from < column.length; at += L.RECORD_BYTES) {
    for (let k = 0; k < width; k++) records[at + k] = column[from++] as number
  }
}

function packNumbers(numbers: Float64Array): Uint8Array {
  const words = new Uint32Array(numbers.length * 2)
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i] as number
    words[2 * i] = value >>> 0
    words[2 * i + 1] = Math.floor(value / 2 ** 32)
  }
  return bytesOf(words)
}

function unpackNumbers(column: Uint8Array): Float64Array {
  const words = new Uint32Array(copied(column))
  return Float64Array.from({ length: words.length / 2 }, (_, i) => {
    return (words[2 * i] as number) + (words[2 * i + 1] as number) * 2 ** 32
  })
}

function bytesOf(values: Uint16Array | Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** A copy that begins at a multiple of 8, which a part of a payload need not. */
function copied(column: Uint8Array): ArrayBuffer {
  const copy = new Uint8Array(column.length)
  copy.set(column)
  return copy.buffer
}
