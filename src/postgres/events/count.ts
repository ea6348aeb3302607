/**
 * How many events meet conditions. Days that lie within them entirely are counted as `experience_days` says; the others
 * are looked at, so many at a time as a statement can count in a moment.
 *
 * @module
 */

import { recordsOf } from '../../storage/cold/events.js'
import type { ArchiveView } from '../store/source.js'
import { type Conditions, LAST_TIME } from './conditions.js'
import { type Day, readDays } from './days.js'
import type { QueryLimits } from './limits.js'
import type { EventTables } from './tables.js'
import { archivedOf, type Bounded, whereOf } from './where.js'

/** Counts the events of a stream. */
export async function countEvents(
  tables: EventTables,
  conditions: Conditions,
  limits: QueryLimits,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (conditions.none) return 0
  const days = await readDays(tables.driver, tables.stream, conditions, signal)
  let count = 0
  for (const group of groupsOf(
    days.filter((day) => !isWithin(day, conditions)),
    limits,
  )) {
    count += await countDays(tables, conditions, group, signal)
  }
  return days.reduce((sum, day) => (isWithin(day, conditions) ? sum + day.events : sum), count)
}

function isWithin({ minTime, maxTime, minSeq, maxSeq }: Day, conditions: Conditions): boolean {
  const { from, to, startSeq, endSeq, selective } = conditions
  return !selective && minTime >= from && maxTime <= to && minSeq >= startSeq && maxSeq < endSeq
}

/** Days that follow one another, not too many and not too large together. */
function groupsOf(days: readonly Day[], limits: QueryLimits): Day[][] {
  const groups: Day[][] = []
  let events = 0
  for (const day of days) {
    const group = groups.at(-1)
    const joins = group?.at(-1)?.day === day.day - 1 && group.length < limits.days
    if (joins && events + day.events <= limits.counted) {
      group.push(day)
      events += day.events
    } else {
      groups.push([day])
      events = day.events
    }
  }
  return groups
}

function countDays(
  tables: EventTables,
  conditions: Conditions,
  days: readonly Day[],
  signal: AbortSignal | undefined,
): Promise<number> {
  const { from, to, startSeq, endSeq } = conditions
  const bounds = { low: from, high: Math.min(to, LAST_TIME) + 1, startSeq, endSeq }
  const bounded = { conditions, stream: tables.stream, days, ...bounds }
  return tables.together(
    async (session) => {
      await conditions.metadata?.prepare(session)
      const [row] = await session.query<{ count: bigint }>(
        `SELECT count(*) AS count FROM experience_events e WHERE ${whereOf(bounded)}`,
      )
      return Number(row?.count)
    },
    async (warm, view) => warm + (await countArchived(bounded, view, signal)),
    { signal },
  )
}

async function countArchived(bounded: Bounded, view: ArchiveView, signal: AbortSignal | undefined): Promise<number> {
  let count = 0
  for await (const events of view.rows(archivedOf(bounded), signal)) {
    signal?.throwIfAborted()
    const records = recordsOf(events)
    for (let i = 0; i < events.length; i++) if (bounded.conditions.matches(events, records, i)) count++
  }
  return count
}
