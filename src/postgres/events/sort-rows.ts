/**
 * Few rows put in order here: the database sends them as it finds them, which spares it a copy and a sort. As a rule they
 * come in order already.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { recordsOf } from '../../storage/cold/events.js'
import type { Ordering } from './order.js'

/** The same events in order; `events` itself if they are. O(n log n), O(n) if they are in order. */
export function sortRows(events: StoredEvents, ordering: Ordering): StoredEvents {
  const { length, seqs } = events
  const records = recordsOf(events)
  const places = Array.from({ length }, (_, i) => ordering.placeOf(events, records, i))
  const isSorted = places.every((place, i) => i === 0 || ordering.compare(places[i - 1] ?? place, place) <= 0)
  if (isSorted) return events
  const from = places.map((_, i) => i)
  from.sort((a, b) => ordering.compare(places[a] as (typeof places)[0], places[b] as (typeof places)[0]))
  const bytes = new Uint8Array(length * L.RECORD_BYTES)
  for (const [to, i] of from.entries()) {
    bytes.set(events.bytes.subarray(i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES), to * L.RECORD_BYTES)
  }
  return {
    length,
    seqs: Float64Array.from(from, (i) => seqs[i] as number),
    bytes,
    masks: Uint8Array.from(from, (i) => events.masks[i] as number),
    metadata: events.metadata,
  }
}
