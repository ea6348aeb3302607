/**
 * Few rows put in order here: the database sends them as it finds them, which spares it a copy and a sort. As a rule they
 * come in order already.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import type { Ordering } from './order.js'

/** The same events in order; `events` itself if they are. O(n log n), O(n) and without garbage if they are in order. */
export function sortRows(events: StoredEvents, ordering: Ordering): StoredEvents {
  const { length, seqs } = events
  const values = ordering.valuesOf(events)
  const sign = ordering.descending ? -1 : 1
  let isSorted = true
  for (let i = 1; i < length && isSorted; i++) {
    const step = (values[i] as number) - (values[i - 1] as number)
    isSorted = sign * (step === 0 ? (seqs[i] as number) - (seqs[i - 1] as number) : step) >= 0
  }
  if (isSorted) return events
  const from = Uint32Array.from({ length }, (_, i) => i).sort((a, b) => {
    const step = (values[a] as number) - (values[b] as number)
    return sign * (step === 0 ? (seqs[a] as number) - (seqs[b] as number) : step)
  })
  const bytes = new Uint8Array(length * L.RECORD_BYTES)
  for (let to = 0; to < length; to++) {
    const at = (from[to] as number) * L.RECORD_BYTES
    bytes.set(events.bytes.subarray(at, at + L.RECORD_BYTES), to * L.RECORD_BYTES)
  }
  return {
    length,
    seqs: Float64Array.from(from, (i) => seqs[i] as number),
    bytes,
    masks: Uint8Array.from(from, (i) => events.masks[i] as number),
    metadata: events.metadata,
  }
}
