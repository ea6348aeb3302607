/**
 * The columns of `experience_events` as the codec writes and reads them: their order in COPY, and where each stands in a
 * row of `COPY … (FORMAT binary)`. Every column is NOT NULL and of fixed width, so that every row has the same layout:
 *
 *     0 ── number of fields, i16
 *     2 ── for each field its length, i32, and its bytes, big-endian
 *
 * @module
 */

/** Name and width in bytes of each column, in the order of the fields. */
const COLUMNS: readonly (readonly [name: string, bytes: number])[] = [
  ['event_id', 16],
  ['sequence_number', 8],
  ['timestamp', 8],
  ['episode_id', 8],
  ['step_number', 4],
  ['adna_version_hash', 4],
  ['event_type', 2],
  ['flags', 2],
  ['appraisals', 2],
  ...Array.from({ length: 8 }, (_, i) => [`state_l${i + 1}`, 4] as const),
  ...Array.from({ length: 8 }, (_, i) => [`action_l${i + 1}`, 4] as const),
  ['reward_homeostasis', 4],
  ['reward_curiosity', 4],
  ['reward_efficiency', 4],
  ['reward_goal', 4],
]

/** What a row is made of, `stream` aside: the list for SELECT whose result `decodeEvents` reads. */
export const EVENT_COLUMNS = COLUMNS.map(([name]) => name).join(', ')

/** The same behind `stream`: the list for COPY FROM that `EventCopy` writes. */
export const COPY_COLUMNS = `stream, ${EVENT_COLUMNS}`

/** Where the values of a row stand, from the row's first byte on, and how long it is. */
export interface RowLayout {
  readonly fields: number
  readonly bytes: number
  readonly seq: number
  readonly timestamp: number
  readonly episode: number
  readonly step: number
  readonly adna: number
  readonly type: number
  readonly flags: number
  /** The first of the twenty floats, which stand `FLOAT_STRIDE` apart in the record's order. */
  readonly floats: number
  readonly appraisals: number
  readonly id: number
}

/** From a float to the next: its own bytes and the next one's length. */
export const FLOAT_STRIDE = 8

/** State, action and rewards. */
export const FLOATS = 20

/** A field of `stream` before the others. */
const STREAM_FIELD = 6

/** What `decodeEvents` reads. */
export const SELECTED = layoutFrom(2, COLUMNS.length)

/** What `EventCopy` writes. */
export const COPIED = layoutFrom(2 + STREAM_FIELD, COLUMNS.length + 1)

/** Where the value of `stream` stands in a row that is written. */
export const COPIED_STREAM = 6

/** The lengths of the fields from `from` on: `[offset of the length, length]`. */
export function fieldLengths(from: number): [offset: number, bytes: number][] {
  let at = from
  return COLUMNS.map(([, bytes]) => {
    const offset = at
    at += 4 + bytes
    return [offset, bytes]
  })
}

function layoutFrom(from: number, fields: number): RowLayout {
  const values = new Map(fieldLengths(from).map(([offset], i) => [COLUMNS[i]?.[0], offset + 4]))
  const at = (name: string): number => values.get(name) as number
  return {
    fields,
    bytes: at('reward_goal') + 4,
    seq: at('sequence_number'),
    timestamp: at('timestamp'),
    episode: at('episode_id'),
    step: at('step_number'),
    adna: at('adna_version_hash'),
    type: at('event_type'),
    flags: at('flags'),
    floats: at('state_l1'),
    appraisals: at('appraisals'),
    id: at('event_id'),
  }
}
