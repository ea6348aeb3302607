/**
 * Rows of events for tests of what only reads them.
 *
 * @module
 */

import type { SqlDriver } from '../../../src/postgres/driver/driver.js'

/** An event; what is left out is 0. */
export interface EventRow {
  readonly seq: number
  /** In µs. */
  readonly timestamp: number
  readonly type?: number
  readonly flags?: number
  /** The bits as an INT8. */
  readonly episode?: bigint
  /** The bits as an INT4. */
  readonly adna?: number
  readonly rewards?: readonly [number, number, number, number]
  readonly metadata?: { readonly intent: string; readonly executor: string; readonly parameters: unknown }
}

const INSERT = `INSERT INTO experience_events
  SELECT gen_random_uuid(), $2::int8, $3::int8, $4::int8, 0, $5::int4, stream,
    ($6::int4 << 16 >> 16)::int2, ($7::int4 << 16 >> 16)::int2, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, $8::real, $9::real, $10::real, $11::real
  FROM experience_streams WHERE stream_id = $1::uuid
  RETURNING event_id`

const WIDEN_DAY = `INSERT INTO experience_days AS days
  SELECT DATE '1970-01-01' + $4::int4, stream, $2::int8, $2::int8, $3::int8, $3::int8, 0, 0, 1
  FROM experience_streams WHERE stream_id = $1::uuid
  ON CONFLICT (day, stream) DO UPDATE SET
    min_seq = least(days.min_seq, excluded.min_seq), max_seq = greatest(days.max_seq, excluded.max_seq),
    min_timestamp = least(days.min_timestamp, excluded.min_timestamp),
    max_timestamp = greatest(days.max_timestamp, excluded.max_timestamp), events = days.events + 1`

const INSERT_METADATA = `INSERT INTO action_metadata
    (stream, sequence_number, timestamp, event_id, intent_type, executor_id, parameters)
  SELECT stream, $2::int8, $3::int8, $4::uuid, $5, $6, $7::jsonb FROM experience_streams WHERE stream_id = $1::uuid`

/** Inserts events into a stream that is there. @returns their ids. */
export async function insertEvents(
  driver: SqlDriver,
  streamId: string,
  events: readonly EventRow[],
): Promise<string[]> {
  const ids: string[] = []
  for (const event of events) {
    const { seq, timestamp, type = 0, flags = 0, episode = 0n, adna = 0, rewards = [0, 0, 0, 0], metadata } = event
    const day = Math.floor(timestamp / 86.4e9)
    await driver.query("SELECT experience_ensure_day(DATE '1970-01-01' + $1::int4)", [day])
    await driver.query(WIDEN_DAY, [streamId, seq, timestamp, day])
    const values = [streamId, seq, timestamp, episode, adna, type, flags, ...rewards]
    const [row] = await driver.query<{ event_id: string }>(INSERT, values)
    const id = row?.event_id as string
    ids.push(id)
    if (metadata !== undefined) {
      const { intent, executor, parameters } = metadata
      await driver.query(INSERT_METADATA, [streamId, seq, timestamp, id, intent, executor, JSON.stringify(parameters)])
    }
  }
  return ids
}
