/**
 * Rows as callers get them.
 *
 * @module
 */

import { lanesOf } from '../../event/lanes.js'
import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { EventBatch } from '../../stream/batch.js'
import type { EventWithMetadata } from '../contract.js'

/** A batch that takes the events over. `start` and `end` are those of the numbers that are in it. */
export function eventBatch(events: StoredEvents): EventBatch {
  const { length } = events
  const batch = new EventBatch().lend(lanesOf(events.bytes), 0, length, 0, 0, 0)
  batch.ownNumbers(length).set(events.seqs.subarray(0, length))
  let start = Number.POSITIVE_INFINITY
  let end = 0
  for (let i = 0; i < length; i++) {
    const seq = events.seqs[i] as number
    start = Math.min(start, seq)
    end = Math.max(end, seq + 1)
  }
  return batch.describe(length, Math.min(start, end), end, 0, false)
}

/** Snapshots, each with its metadata. */
export function eventsWithMetadata(events: StoredEvents): EventWithMetadata[] {
  const batch = eventBatch(events)
  return Array.from({ length: batch.length }, (_, i) => {
    return { event: batch.at(i), metadata: events.metadata.get(batch.seqAt(i)) }
  })
}
