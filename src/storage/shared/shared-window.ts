/**
 * The live window of a shared ring, with masks, for those who stand on the journal: history and durable subscriptions.
 * Everything is copied and given out only if the copy is whole; numbers without an event are left out.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { SharedRing } from '../../threads/shared-ring.js'
import type { EventMetadata } from '../cold/cold-storage.js'
import type { EventStretch } from '../durable/old-events.js'
import { NO_METADATA, Rows } from '../history/rows.js'
import type { HistoryRing } from '../history/tier.js'

const SEQS = L.OUT_SEQS / 8

/** Copies the events of [start, end), from the oldest that is there up to the first number that has not settled. */
export function copyLive({ kernel }: SharedRing, start: number, end: number): EventStretch {
  const { core, u8, f64 } = kernel
  const seqs = new Float64Array(end - start)
  const bytes = new Uint8Array((end - start) * L.RECORD_BYTES)
  const masks = new Uint8Array(end - start)
  let length = 0
  let aborted = 0
  let missed = 0
  let stopped = start
  for (let before = -1; stopped < end && stopped !== before; ) {
    before = stopped
    const count = core.readRange(stopped, end, L.CHUNK, L.BATCH)
    stopped = kernel.left(L.M_STOPPED)
    aborted += kernel.left(L.M_HOLES)
    missed += kernel.left(L.M_MISSED)
    core.readMasks(count)
    bytes.set(u8.subarray(L.BATCH, L.BATCH + count * L.RECORD_BYTES), length * L.RECORD_BYTES)
    seqs.set(f64.subarray(SEQS, SEQS + count), length)
    masks.set(u8.subarray(L.IN_VALUES, L.IN_VALUES + count), length)
    length += count
  }
  const events = {
    length,
    seqs: seqs.subarray(0, length),
    bytes: bytes.subarray(0, length * L.RECORD_BYTES),
    masks: masks.subarray(0, length),
  }
  return { events, first: 0, last: length, end: stopped, aborted, missed }
}

/** @param metadata of live events, as far as it is kept in memory. */
export function sharedWindow(ring: SharedRing, metadata: (seq: number) => EventMetadata | undefined): HistoryRing {
  return {
    get oldest() {
      return ring.oldest
    },
    get next() {
      return Math.max(ring.upcoming, ring.oldest)
    },
    read(start, end) {
      const { events, end: stopped, missed } = copyLive(ring, start, end)
      const rows = Rows.withRoomFor(events.length)
      rows.length = events.length
      rows.seqs.set(events.seqs)
      rows.bytes.set(events.bytes)
      rows.masks.set(events.masks)
      const found = new Map<number, EventMetadata>()
      for (const seq of events.seqs) {
        const beside = metadata(seq)
        if (beside !== undefined) found.set(seq, beside)
      }
      rows.metadata = found.size === 0 ? NO_METADATA : found
      // The oldest go first.
      const from = missed === 0 ? start : Math.min(stopped, Math.max(start, ring.floor))
      return { start: from, end: stopped, rows: rows.keepWhere((i) => (rows.seqs[i] as number) >= from) }
    },
    count(start, end) {
      return ring.kernel.core.countPublished(start, end)
    },
  }
}
