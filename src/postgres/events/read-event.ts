/**
 * One event, by its number or by its id.
 *
 * @module
 */

import { formatId } from '../../event/id.js'
import type { ExperienceEvent } from '../../event/types.js'
import * as L from '../../layout.js'
import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { chooseRows, NO_EVENTS } from '../../storage/cold/events.js'
import { EVENT_COLUMNS } from '../codec/columns.js'
import { decodeEvents } from '../codec/decode-events.js'
import { uuid } from '../sql/text.js'
import type { FileBounds } from '../store/source.js'
import { eventBatch } from './batches.js'
import { Conditions, LAST_TIME } from './conditions.js'
import { type Day, readDays } from './days.js'
import type { QueryLimits } from './limits.js'
import { copyOf } from './page-reader.js'
import type { EventTables } from './tables.js'
import { archivedOf, whereOf } from './where.js'

/** The event of a number. */
export function readBySeq(
  tables: EventTables,
  seq: number,
  limits: QueryLimits,
  signal?: AbortSignal,
): Promise<ExperienceEvent | undefined> {
  return readNewest(tables, new Conditions({ startSeq: seq, endSeq: seq + 1 }), undefined, limits, signal)
}

/**
 * The newest event of an id. The database has an index. Files are read if the id lies between the least and the largest of
 * theirs, which rules out most for ids of version 7 and none for those of version 4.
 */
export function readById(
  tables: EventTables,
  id: Uint8Array,
  limits: QueryLimits,
  signal?: AbortSignal,
): Promise<ExperienceEvent | undefined> {
  return readNewest(tables, new Conditions({}), id, limits, signal)
}

async function readNewest(
  tables: EventTables,
  conditions: Conditions,
  id: Uint8Array | undefined,
  limits: QueryLimits,
  signal: AbortSignal | undefined,
): Promise<ExperienceEvent | undefined> {
  const days = await readDays(tables.driver, tables.stream, conditions, signal)
  let newest = NO_EVENTS
  for (let i = 0; i < days.length; i += limits.days) {
    const found = await readDaysOf(tables, conditions, days.slice(i, i + limits.days), id, signal)
    newest = newer(newest, found)
  }
  return newest.length === 0 ? undefined : eventBatch(newest).at(0)
}

function readDaysOf(
  tables: EventTables,
  conditions: Conditions,
  days: readonly Day[],
  id: Uint8Array | undefined,
  signal: AbortSignal | undefined,
): Promise<StoredEvents> {
  const { startSeq, endSeq } = conditions
  const bounded = { conditions, stream: tables.stream, days, low: 0, high: LAST_TIME + 1, startSeq, endSeq }
  const text = id && formatId(id)
  const mayHave = ({ leastId, largestId }: FileBounds): boolean => {
    return text === undefined || (leastId <= text && text <= largestId)
  }
  const wanted = id === undefined ? '' : ` AND event_id = ${uuid(id)}`
  const rows = `SELECT ${EVENT_COLUMNS} FROM experience_events e WHERE ${whereOf(bounded)}${wanted}`
  // The sum keeps the planner from walking down the index of numbers in search of an id of which it thinks there are many.
  return tables.together(
    async (session) => decodeEvents(await session.copyOut(copyOf(`${rows} ORDER BY sequence_number + 0 DESC LIMIT 1`))),
    async (warm, view) => {
      if (id === undefined && warm.length > 0) return warm
      let newest = warm
      for await (const events of view.rows(archivedOf(bounded), signal, mayHave)) {
        signal?.throwIfAborted()
        newest = newer(newest, id === undefined ? events : chooseRows(events, (records, at) => hasId(records, at, id)))
      }
      return newest
    },
    { signal },
  )
}

/** The last event of the one or of the other, whichever is newer; both ascend. */
function newer(a: StoredEvents, b: StoredEvents): StoredEvents {
  const lastOf = (events: StoredEvents): number => events.seqs[events.length - 1] ?? -1
  return lastOf(b) > lastOf(a) ? last(b) : a
}

function last(events: StoredEvents): StoredEvents {
  const seq = events.seqs[events.length - 1]
  return events.length === 1 ? events : chooseRows(events, (_, __, other) => other === seq)
}

function hasId(records: DataView, at: number, id: Uint8Array): boolean {
  for (let k = 0; k < 16; k++) if (records.getUint8(at + L.EVENT_ID + k) !== id[k]) return false
  return true
}
