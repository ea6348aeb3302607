/**
 * How the warm rows of a query are read: which days may have them, between which numbers they lie, and by which way.
 *
 * In order: ranges of numbers one behind the other, each touching the partitions that overlap it. Gathered: all rows that
 * an index of the conditions finds, sorted; for few rows that stand far apart.
 *
 * @module
 */

import type { RowFilter } from '../../storage/cold/file-format.js'
import { US_PER_DAY } from '../../storage/cold/partition.js'
import type { SqlSession } from '../driver/driver.js'
import { int4, int8, unsigned16List } from '../sql/text.js'
import { IS_WARM, MOST_DAYS } from './days.js'

const END = Number.MAX_SAFE_INTEGER
/** More rows than this are not counted before they are read. */
const MOST_GATHERED = 500_000

/** A day that has warm rows, and between which numbers those of the stream lie, ends included. */
interface WarmDay {
  readonly day: number
  readonly minSeq: number
  readonly maxSeq: number
}

/** A range of numbers and the timestamps of the days that have some of them. */
export interface PlannedRange {
  readonly startSeq: number
  readonly endSeq: number
  readonly within: { readonly from: number; readonly to: number }
}

/** What is known of the warm rows of a query. */
export class ReadPlan {
  readonly conditions: readonly string[]
  /** Whether the rows are gathered and sorted. */
  readonly sorts: boolean
  private readonly days: readonly WarmDay[]

  private constructor(days: readonly WarmDay[], conditions: readonly string[], sorts: boolean) {
    this.days = days
    this.conditions = conditions
    this.sorts = sorts
  }

  /** Plans the reading of [start, end), in the transaction that reads the first page. */
  static async make(
    session: SqlSession,
    stream: number,
    filter: RowFilter,
    start: number,
    end: number,
  ): Promise<ReadPlan> {
    const from = Math.max(0, Math.ceil(filter.from ?? 0))
    const to = Math.min(END, Math.ceil(filter.to ?? END))
    const episode = filter.episodeId === undefined ? undefined : BigInt.asIntN(64, filter.episodeId)
    const conditions = conditionsOf(filter, from, to, episode)
    if (start >= end || from >= to) return new ReadPlan([], conditions, false)
    const found = await session.query<DayRow>(DAYS_SQL, [stream, start, end, from, to, episode ?? null])
    const days = found.map((row) => ({ day: row.day, minSeq: Number(row.min_seq), maxSeq: Number(row.max_seq) }))
    const plan = new ReadPlan(days, conditions, false)
    if (days.length === 0 || !isWorthCounting(found, from, to, episode !== undefined)) return plan
    const all = { startSeq: start, endSeq: end, within: plan.spanOf(days) }
    const { count, least, most } = await bounds(session, stream, all, conditions)
    if (count === 0) return new ReadPlan([], conditions, false)
    const cut = days
      .map(({ day, minSeq, maxSeq }) => ({ day, minSeq: Math.max(minSeq, least), maxSeq: Math.min(maxSeq, most) }))
      .filter(({ minSeq, maxSeq }) => minSeq <= maxSeq)
    return new ReadPlan(cut, conditions, count <= MOST_GATHERED && count * 4 < most - least)
  }

  /** The next range from `start` on, of about `width` numbers; undefined if there are no warm rows any more. */
  next(start: number, end: number, width: number): PlannedRange | undefined {
    const ahead = this.days.filter(({ minSeq, maxSeq }) => maxSeq >= start && minSeq < end)
    if (ahead.length === 0) return undefined
    const first = ahead.reduce((least, { minSeq }) => Math.min(least, Math.max(minSeq, start)), end)
    let last = Math.min(
      end,
      ahead.reduce((most, { maxSeq }) => Math.max(most, maxSeq + 1), 0),
    )
    if (!this.sorts) {
      last = Math.min(last, first + width)
      const overlapping = ahead.filter(({ minSeq }) => minSeq < last).sort((a, b) => a.minSeq - b.minSeq)
      const beyond = overlapping[MOST_DAYS]
      if (beyond !== undefined && beyond.minSeq > first) last = beyond.minSeq
    }
    return { startSeq: first, endSeq: last, within: this.spanOf(ahead.filter(({ minSeq }) => minSeq < last)) }
  }

  private spanOf(days: readonly WarmDay[]): { from: number; to: number } {
    const least = days.reduce((least, { day }) => Math.min(least, day), END)
    const most = days.reduce((most, { day }) => Math.max(most, day), 0)
    return { from: least * US_PER_DAY, to: (most + 1) * US_PER_DAY }
  }
}

type DayRow = {
  readonly day: number
  readonly min_seq: bigint
  readonly max_seq: bigint
  readonly min_timestamp: bigint
  readonly max_timestamp: bigint
  readonly events: bigint
}

const DAYS_SQL = `SELECT day - DATE '1970-01-01' AS day, min_seq, max_seq, min_timestamp, max_timestamp, events
  FROM experience_days WHERE stream = $1 AND max_seq >= $2 AND min_seq < $3 AND max_timestamp >= $4
    AND min_timestamp < $5 AND ($6::INT8 IS NULL OR $6::INT8 BETWEEN min_episode AND max_episode)
    AND ${IS_WARM}`

function conditionsOf({ types }: RowFilter, from: number, to: number, episode: bigint | undefined): string[] {
  const conditions: string[] = []
  if (from > 0) conditions.push(`timestamp >= ${int8(from)}`)
  if (to < END) conditions.push(`timestamp < ${int8(to)}`)
  if (episode !== undefined) conditions.push(`episode_id = ${int8(episode)}`)
  if (types !== undefined) conditions.push(`event_type = ANY (${unsigned16List(types)})`)
  return conditions
}

/** Whether to count the rows first pays: an index finds them, and they are a small part of the days. */
function isWorthCounting(days: readonly DayRow[], from: number, to: number, hasEpisode: boolean): boolean {
  if (hasEpisode) return true
  let all = 0
  let expected = 0
  for (const { min_timestamp, max_timestamp, events } of days) {
    const [least, most] = [Number(min_timestamp), Number(max_timestamp)]
    const part = (Math.min(most + 1, to) - Math.max(least, from)) / (most + 1 - least)
    all += Number(events)
    expected += Number(events) * part
  }
  return expected < all / 2 && expected < MOST_GATHERED
}

async function bounds(
  session: SqlSession,
  stream: number,
  { startSeq, endSeq, within }: PlannedRange,
  conditions: readonly string[],
): Promise<{ count: number; least: number; most: number }> {
  const where = [
    `stream = ${int4(stream)}`,
    `timestamp >= ${int8(within.from)} AND timestamp < ${int8(within.to)}`,
    `sequence_number + 0 >= ${int8(startSeq)} AND sequence_number + 0 < ${int8(endSeq)}`,
    ...conditions,
  ]
  // Sums are no column of an index: the conditions are to find the rows, not the order of the numbers.
  const [row] = await session.query<{ count: bigint; least: bigint | null; most: bigint | null }>(
    `SELECT count(*) AS count, min(sequence_number + 0) AS least, max(sequence_number + 0) AS most
     FROM experience_events WHERE ${where.join(' AND ')}`,
  )
  return { count: Number(row?.count ?? 0), least: Number(row?.least ?? 0), most: Number(row?.most ?? 0) }
}
