/**
 * Ids of events that are known by their numbers.
 *
 * @module
 */

import type { SqlDriver } from '../driver/driver.js'

/** An event by its values. */
export interface EventReference {
  readonly stream: number
  readonly seq: number
}

/** Only the partitions of these days are planned and locked; there may be thousands. */
const DAYS = `SELECT DISTINCT day - DATE '1970-01-01' AS day
  FROM unnest($1::int2[], $2::int8[]) AS wanted (stream, seq)
  JOIN experience_days AS days ON days.stream = wanted.stream AND wanted.seq BETWEEN days.min_seq AND days.max_seq
  ORDER BY day`

const IDS = `SELECT events.stream, events.sequence_number, events.event_id
  FROM unnest($1::int2[], $2::int8[]) AS wanted (stream, seq)
  JOIN experience_events AS events ON events.stream = wanted.stream AND events.sequence_number = wanted.seq
  WHERE events.timestamp >= $3::int8 * 86400000000 AND events.timestamp < ($3::int8 + 1) * 86400000000`

/** Ids by {@link referenceKey}, of those events that are in tables: one statement, and one for each of their days. */
export async function eventIds(
  driver: SqlDriver,
  wanted: readonly EventReference[],
  signal: AbortSignal | undefined,
): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  if (wanted.length === 0) return found
  await driver.session(
    async (session) => {
      const lists = [wanted.map(({ stream }) => stream), wanted.map(({ seq }) => seq)]
      for (const { day } of await session.query<{ day: number }>(DAYS, lists)) {
        for (const row of await session.query<IdRow>(IDS, [...lists, day])) {
          found.set(referenceKey({ stream: row.stream, seq: Number(row.sequence_number) }), row.event_id)
        }
      }
    },
    { signal },
  )
  return found
}

/** One text for each event. */
export function referenceKey({ stream, seq }: EventReference): string {
  return `${stream}/${seq}`
}

type IdRow = {
  readonly stream: number
  readonly sequence_number: bigint
  readonly event_id: string
}
