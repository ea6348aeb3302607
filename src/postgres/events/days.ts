/**
 * The days that a query is about, as `experience_days` knows them: which partitions to touch, and how densely they are
 * filled.
 *
 * @module
 */

import { SEQ_LIMIT } from '../../kernel/ring.js'
import { US_PER_DAY } from '../../storage/cold/partition.js'
import type { SqlDriver } from '../driver/driver.js'
import { int8 } from '../sql/text.js'
import { type Conditions, LAST_TIME } from './conditions.js'

/** Days that lie apart in this many groups or fewer are named one by one; beyond, all between the first and the last. */
const MOST_RUNS = 32

/** A day of a stream, warm, archived or both. Bounds are inclusive. */
export interface Day {
  /** Counted from 1970-01-01. */
  readonly day: number
  readonly minSeq: number
  readonly maxSeq: number
  readonly minTime: number
  readonly maxTime: number
  readonly events: number
}

/** The days that may hold events that meet the conditions, ascending. */
export async function readDays(
  driver: SqlDriver,
  stream: number,
  conditions: Conditions,
  signal: AbortSignal | undefined,
): Promise<Day[]> {
  const { from, to, startSeq, endSeq, episodeId } = conditions
  const rows = await driver.query<Row>(
    `SELECT day - DATE '1970-01-01' AS day, min_seq, max_seq, min_timestamp, max_timestamp, events
       FROM experience_days
      WHERE stream = $1 AND max_timestamp >= $2 AND min_timestamp <= $3 AND max_seq >= $4 AND min_seq < $5
        AND ($6::BIGINT IS NULL OR $6::BIGINT BETWEEN min_episode AND max_episode)
      ORDER BY day`,
    [
      stream,
      BigInt(from),
      BigInt(to),
      BigInt(startSeq),
      BigInt(endSeq),
      episodeId === undefined ? null : bits(episodeId),
    ],
    { signal },
  )
  return rows.map((row) => ({
    day: row.day,
    minSeq: Number(row.min_seq),
    maxSeq: Number(row.max_seq),
    minTime: Number(row.min_timestamp),
    maxTime: Number(row.max_timestamp),
    events: Number(row.events),
  }))
}

/** A u64 as the INT8 of the same bits. */
export function bits(value: bigint): bigint {
  return BigInt.asIntN(64, value)
}

/** The condition on the timestamp that leads to the partitions of the days, which are ascending, and to [low, high). */
export function timesOf(days: readonly Day[], low: number, high: number): string {
  const runs: { from: number; to: number }[] = []
  for (const { day } of days) {
    const from = Math.max(low, day * US_PER_DAY)
    const to = Math.min(high, (day + 1) * US_PER_DAY)
    const last = runs.at(-1)
    if (last?.to === from) last.to = to
    else if (from < to) runs.push({ from, to })
  }
  const first = runs[0]
  const last = runs.at(-1)
  if (first === undefined || last === undefined) return 'FALSE'
  const whole = between(first.from, last.to)
  if (runs.length === 1 || runs.length > MOST_RUNS) return whole
  return `${whole} AND (${runs.map(({ from, to }) => `(${between(from, to)})`).join(' OR ')})`
}

function between(from: number, to: number): string {
  const above = `timestamp >= ${int8(from)}`
  return to > LAST_TIME ? above : `${above} AND timestamp < ${int8(to)}`
}

/** The condition on the sequence number that leads to [start, end). */
export function numbersOf(start: number, end: number): string[] {
  const bounds = start > 0 ? [`sequence_number >= ${int8(start)}`] : []
  return end < SEQ_LIMIT ? [...bounds, `sequence_number < ${int8(end)}`] : bounds
}

type Row = {
  readonly day: number
  readonly min_seq: bigint
  readonly max_seq: bigint
  readonly min_timestamp: bigint
  readonly max_timestamp: bigint
  readonly events: bigint
}
