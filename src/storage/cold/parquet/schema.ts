/**
 * The columns of the Parquet files: one of events, one of corrections. Names and types are what a query in SQL sees.
 *
 * | kind | Parquet type | in memory |
 * |---|---|---|
 * | `u64` | INT64, UINT_64 | two u32, low half first |
 * | `time` | INT64, TIMESTAMP µs adjusted to UTC | the same |
 * | `id` | FIXED_LEN_BYTE_ARRAY(16), the bytes of RFC 9562 | four u32, as they stand in the record |
 * | `u32`, `u16`, `u8` | INT32, UINT_32, UINT_16, UINT_8 | u32, u16, u8 |
 * | `f32` | FLOAT | f32 |
 * | `text` | BYTE_ARRAY, UTF8 | bytes of UTF-8 and n + 1 offsets |
 *
 * Floats are split into streams of bytes, integers are stored as differences and ids as what differs from the one
 * before, all of it compressed by zstd: the exponents of neighbours and the time in ids of version 7 repeat, the rest is
 * close to noise.
 *
 * @module
 */

import * as L from '../../../layout.js'

export type ColumnKind = 'u64' | 'time' | 'id' | 'u32' | 'u16' | 'u8' | 'f32' | 'text'

/** A column by name. */
export interface Column {
  readonly name: string
  readonly kind: ColumnKind
  readonly nullable?: boolean
  /** Row groups say its least and its greatest value, so that readers can pass over them. */
  readonly statistics?: boolean
}

/** A column whose values stand in the records, `at` bytes from their beginning. */
export interface RecordColumn extends Column {
  readonly at: number
}

/** Units of a value in {@link ColumnValues}: u32, or what the column has of its own. */
export const UNITS: Record<ColumnKind, number> = { u64: 2, time: 2, id: 4, u32: 1, u16: 1, u8: 1, f32: 1, text: 1 }

/** Rows of a row group; the last one of a file may have fewer, and all of them where metadata is large. */
export const ROW_GROUP_ROWS = 10_000

const REWARD_NAMES = ['reward_homeostasis', 'reward_curiosity', 'reward_efficiency', 'reward_goal']

/** What a record holds, in its own order. */
export const RECORD_COLUMNS: readonly RecordColumn[] = [
  { name: 'event_id', kind: 'id', at: L.EVENT_ID },
  { name: 'timestamp', kind: 'time', at: L.TIMESTAMP, statistics: true },
  { name: 'episode_id', kind: 'u64', at: L.EPISODE_ID, statistics: true },
  { name: 'step_number', kind: 'u32', at: L.STEP_NUMBER },
  { name: 'event_type', kind: 'u16', at: L.EVENT_TYPE, statistics: true },
  { name: 'flags', kind: 'u16', at: L.FLAGS },
  ...floats('state_l', L.STATE),
  ...floats('action_l', L.ACTION),
  ...REWARD_NAMES.map((name, slot) => ({ name, kind: 'f32' as const, at: L.REWARDS + 4 * slot })),
  { name: 'adna_version_hash', kind: 'u32', at: L.ADNA_VERSION_HASH },
]

/** The columns of an event file. `appraised` has a bit for each appraiser that has scored the event. */
export const EVENT_COLUMNS: readonly Column[] = [
  { name: 'seq', kind: 'u64', statistics: true },
  ...RECORD_COLUMNS,
  { name: 'appraised', kind: 'u8' },
  { name: 'metadata', kind: 'text', nullable: true },
]

/** The columns of a file of corrections. A reward that is NULL stays as the event has it; `slots` says the same in bits. */
export const CORRECTION_COLUMNS: readonly Column[] = [
  { name: 'seq', kind: 'u64', statistics: true },
  { name: 'flags', kind: 'u16' },
  { name: 'appraised', kind: 'u8' },
  { name: 'slots', kind: 'u8' },
  ...REWARD_NAMES.map((name) => ({ name, kind: 'f32' as const, nullable: true })),
]

function floats(prefix: string, at: number): RecordColumn[] {
  return Array.from({ length: L.VECTOR_LENGTH }, (_, i) => ({ name: `${prefix}${i + 1}`, kind: 'f32', at: at + 4 * i }))
}

/** The values of a column, `[n]` or as the table above says. */
export interface ColumnValues {
  readonly values: Uint32Array | Uint16Array | Uint8Array | Float32Array
  /** Of a nullable column, a bit for each row that has a value; undefined if all have. */
  readonly valid?: Uint8Array | undefined
  /** Of `text`, where each row begins in `values`, and the end of the last. */
  readonly offsets?: Int32Array | undefined
}

/** Rows as columns, in the order of a list of {@link Column}. */
export interface ColumnBatch {
  readonly length: number
  readonly columns: readonly ColumnValues[]
}

/** Whether row `i` has a value. */
export function isValid(valid: Uint8Array | undefined, i: number): boolean {
  return valid === undefined || (((valid[i >> 3] as number) >> (i & 7)) & 1) === 1
}
