/**
 * The days of events: which ones a batch has, between which bounds, and where it is cut so that one transaction touches
 * few of them.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { recordsOf, timestampAt } from '../../storage/cold/events.js'
import { MS_PER_DAY, US_PER_DAY } from '../../storage/cold/partition.js'
import type { Queryable } from './streams.js'

/**
 * Days of which one transaction writes events. Every partition is a handful of relations to lock, and a server has room
 * for some thousands of locks in all.
 */
export const MOST_DAYS = 64

/** What events of one UTC day have in common. */
export interface DayBounds {
  /** Days since 1970-01-01. */
  readonly day: number
  events: number
  minSeq: number
  maxSeq: number
  /** µs. */
  minTimestamp: number
  maxTimestamp: number
  /** As the column has them: bits of a u64 in an INT8. */
  minEpisode: bigint
  maxEpisode: bigint
}

/** Rows [from, to) of events, of at most `MOST_DAYS` days. */
export interface Slice {
  readonly from: number
  readonly to: number
  /** Ascending. */
  readonly days: readonly DayBounds[]
}

/** Cuts events, in their order, where they would be of too many days. Events that are none are one slice. */
export function slicesOf(events: StoredEvents, mostDays = MOST_DAYS): Slice[] {
  const records = recordsOf(events)
  const slices: Slice[] = []
  let days = new Map<number, DayBounds>()
  let from = 0
  let bounds: DayBounds | undefined
  for (let i = 0, at = 0; i < events.length; i++, at += L.RECORD_BYTES) {
    const timestamp = timestampAt(records, at)
    const day = Math.floor(timestamp / US_PER_DAY)
    if (bounds?.day !== day) {
      bounds = days.get(day)
      if (bounds === undefined) {
        if (days.size === mostDays) {
          slices.push(sliceOf(from, i, days))
          days = new Map()
          from = i
        }
        bounds = newBounds(day, events.seqs[i] as number)
        days.set(day, bounds)
      }
    }
    include(bounds, events.seqs[i] as number, timestamp, records.getBigInt64(at + L.EPISODE_ID, true))
  }
  slices.push(sliceOf(from, events.length, days))
  return slices
}

/** Condition on a row of `experience_days`: the day has partitions. By rows, as a transaction sees them. */
export const IS_WARM = `EXISTS (SELECT FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid
  WHERE inhparent = 'experience_events'::REGCLASS AND relname = 'experience_events_' || to_char(day, 'YYYYMMDD'))`

/** Names of a day's partitions. */
export function partitionsOf(day: number): { readonly events: string; readonly metadata: string } {
  const suffix = new Date(day * MS_PER_DAY).toISOString().slice(0, 10).replaceAll('-', '')
  return { events: `experience_events_${suffix}`, metadata: `action_metadata_${suffix}` }
}

/** Widens the rows of `experience_days` by what a transaction has written; the caller holds the row of the stream. */
export async function addDays(on: Queryable, stream: number, days: readonly DayBounds[]): Promise<void> {
  await on.query(
    `INSERT INTO experience_days AS d
       (stream, day, events, min_seq, max_seq, min_timestamp, max_timestamp, min_episode, max_episode)
     SELECT $1, DATE '1970-01-01' + day, events, min_seq, max_seq, min_timestamp, max_timestamp, min_episode, max_episode
     FROM unnest($2::INT4[], $3::INT8[], $4::INT8[], $5::INT8[], $6::INT8[], $7::INT8[], $8::INT8[], $9::INT8[])
       AS new (day, events, min_seq, max_seq, min_timestamp, max_timestamp, min_episode, max_episode)
     ON CONFLICT (day, stream) DO UPDATE SET
       events = d.events + excluded.events,
       min_seq = LEAST(d.min_seq, excluded.min_seq), max_seq = GREATEST(d.max_seq, excluded.max_seq),
       min_timestamp = LEAST(d.min_timestamp, excluded.min_timestamp),
       max_timestamp = GREATEST(d.max_timestamp, excluded.max_timestamp),
       min_episode = LEAST(d.min_episode, excluded.min_episode),
       max_episode = GREATEST(d.max_episode, excluded.max_episode)`,
    [
      stream,
      days.map(({ day }) => day),
      days.map(({ events }) => events),
      days.map(({ minSeq }) => minSeq),
      days.map(({ maxSeq }) => maxSeq),
      days.map(({ minTimestamp }) => minTimestamp),
      days.map(({ maxTimestamp }) => maxTimestamp),
      days.map(({ minEpisode }) => minEpisode),
      days.map(({ maxEpisode }) => maxEpisode),
    ],
  )
}

function sliceOf(from: number, to: number, days: ReadonlyMap<number, DayBounds>): Slice {
  return { from, to, days: [...days.values()].sort((a, b) => a.day - b.day) }
}

function newBounds(day: number, seq: number): DayBounds {
  return {
    day,
    events: 0,
    minSeq: seq,
    maxSeq: seq,
    minTimestamp: Number.POSITIVE_INFINITY,
    maxTimestamp: 0,
    minEpisode: 2n ** 63n - 1n,
    maxEpisode: -(2n ** 63n),
  }
}

function include(bounds: DayBounds, seq: number, timestamp: number, episode: bigint): void {
  bounds.events++
  bounds.maxSeq = seq
  if (timestamp < bounds.minTimestamp) bounds.minTimestamp = timestamp
  if (timestamp > bounds.maxTimestamp) bounds.maxTimestamp = timestamp
  if (episode < bounds.minEpisode) bounds.minEpisode = episode
  if (episode > bounds.maxEpisode) bounds.maxEpisode = episode
}
