/**
 * Several ascending sources of events as one, in batches of a given size.
 *
 * A source is begun when the merge has come to its first number and ended when it has no more, so that memory is one
 * batch of each source whose numbers overlap there, not of all.
 *
 * @module
 */

import { StorageError } from '../../errors.js'
import type { StoredEvents } from '../cold-storage.js'
import { EventsBuilder, lowerBound, NO_EVENTS } from '../events.js'

/** Ascending events, none before `firstSeq`. */
export interface EventSource {
  readonly firstSeq: number
  /** How many they are at most. */
  readonly most: number
  rows(): AsyncIterable<StoredEvents>
}

interface Cursor {
  readonly rows: AsyncIterator<StoredEvents>
  events: StoredEvents
  at: number
}

/**
 * The events of all sources, ascending; each batch owns its arrays.
 * @throws {StorageError} if two sources have the same event
 */
export async function* merged(
  sources: readonly EventSource[],
  batchSize: number,
): AsyncGenerator<StoredEvents, void, undefined> {
  const waiting = [...sources].sort((a, b) => a.firstSeq - b.firstSeq)
  let left = waiting.reduce((sum, { most }) => sum + most, 0)
  const cursors: Cursor[] = []
  let begun = 0
  let builder = new EventsBuilder(Math.min(batchSize, left))
  try {
    for (;;) {
      let cursor = lowest(cursors)
      for (let next = waiting[begun]; next !== undefined; next = waiting[begun]) {
        if (cursor !== undefined && seqOf(cursor) < next.firstSeq) break
        begun++
        const rows = next.rows()[Symbol.asyncIterator]()
        const started: Cursor = { rows, events: NO_EVENTS, at: 0 }
        cursors.push(started)
        if (!(await advance(started))) cursors.splice(cursors.indexOf(started), 1)
        cursor = lowest(cursors)
      }
      if (cursor === undefined) break
      const limit = Math.min(nextOf(cursors, cursor), waiting[begun]?.firstSeq ?? Number.POSITIVE_INFINITY)
      const end = lowerBound(cursor.events.seqs, cursor.events.length, limit)
      if (end === cursor.at) throw new StorageError(`event ${seqOf(cursor)} is in two places`, { seq: seqOf(cursor) })
      cursor.at += builder.append(cursor.events, cursor.at, end)
      if (builder.length === builder.capacity) {
        left -= builder.length
        const full = builder.finish()
        builder = new EventsBuilder(Math.min(batchSize, left))
        yield full
      }
      if (cursor.at === cursor.events.length && !(await advance(cursor))) cursors.splice(cursors.indexOf(cursor), 1)
    }
    if (builder.length > 0) yield builder.finish()
  } finally {
    for (const { rows } of cursors) await rows.return?.()
  }
}

/** Moves to the next rows; false if there are none. */
async function advance(cursor: Cursor): Promise<boolean> {
  for (;;) {
    const { value, done } = await cursor.rows.next()
    if (done) return false
    if (value.length === 0) continue
    cursor.events = value
    cursor.at = 0
    return true
  }
}

function seqOf(cursor: Cursor): number {
  return cursor.events.seqs[cursor.at] as number
}

function lowest(cursors: readonly Cursor[]): Cursor | undefined {
  let lowest: Cursor | undefined
  for (const cursor of cursors) if (lowest === undefined || seqOf(cursor) < seqOf(lowest)) lowest = cursor
  return lowest
}

/** The lowest number of the other cursors. */
function nextOf(cursors: readonly Cursor[], cursor: Cursor): number {
  let next = Number.POSITIVE_INFINITY
  for (const other of cursors) if (other !== cursor) next = Math.min(next, seqOf(other))
  return next
}
