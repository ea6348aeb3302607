/**
 * One page of a query: the rows of the warm days and of the archived ones, in the order of the result.
 *
 * Contract:
 * - Metadata comes with a second statement for the whole page, never one by one.
 * - Days are read in groups, so that no statement takes more locks than a server with its usual settings has room for.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { recordsOf, timestampAt } from '../../storage/cold/events.js'
import { EVENT_COLUMNS } from '../codec/columns.js'
import { decodeEvents } from '../codec/decode-events.js'
import { decodeMetadata, METADATA_COLUMNS } from '../codec/metadata.js'
import type { SqlSession } from '../driver/driver.js'
import { int4, int8, int8List } from '../sql/text.js'
import type { ArchiveView, FileBounds } from '../store/source.js'
import { BestRows } from './best-rows.js'
import { LAST_TIME } from './conditions.js'
import type { Place } from './order.js'
import type { PageRequest } from './page-request.js'
import { sortRows } from './sort-rows.js'
import type { EventTables } from './tables.js'
import { archivedOf, type Bounded, whereOf } from './where.js'
import type { Window } from './windows.js'

/** Reads the first `limit` events of a window behind a place, in order. */
export async function readPage(
  tables: EventTables,
  request: PageRequest,
  window: Window,
  after: Place | undefined,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<StoredEvents> {
  const { conditions, ordering, limits } = request
  const byTime = ordering.by === 'time'
  const bySequence = ordering.by === 'sequence'
  const page: Page = {
    ...request,
    stream: tables.stream,
    days: window.days,
    low: byTime ? window.low : conditions.from,
    high: byTime ? window.high : Math.min(conditions.to, LAST_TIME) + 1,
    startSeq: bySequence ? window.low : conditions.startSeq,
    endSeq: bySequence ? window.high : conditions.endSeq,
    after,
    limit,
    few: window.events <= limit,
  }
  if (window.days.length <= limits.days) return readDays(tables, page, signal)
  const best = new BestRows(ordering, limit)
  for (let i = 0; i < window.days.length; i += limits.days) {
    best.addAll(await readDays(tables, { ...page, days: window.days.slice(i, i + limits.days) }, signal))
  }
  return best.take()
}

/** A request with everything that its text is made of. */
interface Page extends PageRequest, Bounded {
  readonly after: Place | undefined
  readonly limit: number
  /** Whether it is thought that there are no more than `limit`. */
  readonly few: boolean
}

function readDays(tables: EventTables, page: Page, signal: AbortSignal | undefined): Promise<StoredEvents> {
  return tables.together(
    (session) => readTables(session, page),
    (warm, view) => joinArchived(warm, view, page, signal),
    { signal, bounds: page.conditions.minReward !== undefined || page.ordering.by === 'reward' },
  )
}

async function readTables(session: SqlSession, page: Page): Promise<StoredEvents> {
  const { conditions, ordering, stream, after, limit, metadata } = page
  await conditions.metadata?.prepare(session)
  const behind = after === undefined ? '' : ` AND ${ordering.behind(after)}`
  const rows = `SELECT ${EVENT_COLUMNS} FROM experience_events e WHERE ${whereOf(page)}${behind}`
  const read = async (rest: string): Promise<StoredEvents> => {
    return decodeEvents(await session.copyOut(copyOf(`${rows} ${rest}`)))
  }
  let events = page.few ? await read(`LIMIT ${int8(limit + 1)}`) : undefined
  if (events === undefined || events.length > limit)
    events = await read(`ORDER BY ${ordering.sql} LIMIT ${int8(limit)}`)
  else events = sortRows(events, ordering)
  return metadata ? withMetadata(session, stream, events) : events
}

async function withMetadata(session: SqlSession, stream: number, events: StoredEvents): Promise<StoredEvents> {
  if (events.length === 0) return events
  const records = recordsOf(events)
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (let i = 0; i < events.length; i++) {
    const time = timestampAt(records, i * L.RECORD_BYTES)
    first = Math.min(first, time)
    last = Math.max(last, time)
  }
  const pieces = await session.copyOut(
    copyOf(
      `SELECT ${METADATA_COLUMNS} FROM action_metadata WHERE stream = ${int4(stream)}
        AND timestamp BETWEEN ${int8(first)} AND ${int8(last)} AND sequence_number = ANY (${int8List(events.seqs)})`,
    ),
  )
  return { ...events, metadata: decodeMetadata(pieces) }
}

/** The first `limit` of the rows and of what the files have. */
async function joinArchived(
  warm: StoredEvents,
  view: ArchiveView,
  page: Page,
  signal: AbortSignal | undefined,
): Promise<StoredEvents> {
  const { conditions, ordering, after, limit } = page
  const best = new BestRows(ordering, limit)
  const ascending = ordering.by === 'sequence' && !ordering.descending
  for await (const events of view.rows(archivedOf(page), signal, (file) => mayHave(file, page))) {
    signal?.throwIfAborted()
    const records = recordsOf(events)
    for (let i = 0; i < events.length; i++) {
      if (!conditions.matches(events, records, i)) continue
      if (after !== undefined && ordering.compare(ordering.placeOf(events, records, i), after) <= 0) continue
      best.add(events, records, i)
    }
    if (ascending && best.full) break
  }
  if (best.empty) return warm
  best.addAll(warm)
  return best.take()
}

/** Whether a file may have events that a page is about, by their rewards. */
function mayHave({ minReward, maxReward }: FileBounds, { conditions, ordering, after }: Page): boolean {
  if (conditions.minReward !== undefined && maxReward < conditions.minReward) return false
  if (after === undefined || ordering.by !== 'reward') return true
  return ordering.descending ? minReward <= after.value : maxReward >= after.value
}

/** The statement whose result `copyOut` takes. */
export function copyOf(select: string): string {
  return `COPY (${select}) TO STDOUT (FORMAT binary)`
}
