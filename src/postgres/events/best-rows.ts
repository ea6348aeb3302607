/**
 * The first so many events of an order, of any number that come in any order: for what comes from files, which know no
 * order but that of sequence numbers.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { EventMetadata, StoredEvents } from '../../storage/cold/cold-storage.js'
import { NO_EVENTS, recordsOf } from '../../storage/cold/events.js'
import type { Ordering, Place } from './order.js'

/** Keeps the first `limit` events. Holds at most twice as many; adding is O(log limit) amortised. */
export class BestRows {
  private readonly ordering: Ordering
  private readonly limit: number
  private rows: Row[] = []
  /** The last place that still counts, once `limit` events are known. */
  private worst: Place | undefined

  constructor(ordering: Ordering, limit: number) {
    this.ordering = ordering
    this.limit = limit
  }

  /** Whether there are `limit` events, so that only those before `last` change anything. */
  get full(): boolean {
    return this.rows.length >= this.limit
  }

  /** Whether there is none. */
  get empty(): boolean {
    return this.rows.length === 0
  }

  /** Adds event `i`; its record is copied only if it is among the first so far. */
  add(events: StoredEvents, records: DataView, i: number): void {
    const place = this.ordering.placeOf(events, records, i)
    if (this.worst !== undefined && this.ordering.compare(place, this.worst) > 0) return
    const at = i * L.RECORD_BYTES
    this.rows.push({
      place,
      bytes: events.bytes.slice(at, at + L.RECORD_BYTES),
      mask: events.masks[i] as number,
      metadata: events.metadata.get(place.seq),
    })
    if (this.rows.length >= 2 * this.limit) this.shrink()
  }

  /** Adds all of some events. */
  addAll(events: StoredEvents): void {
    const records = recordsOf(events)
    for (let i = 0; i < events.length; i++) this.add(events, records, i)
  }

  /** The first `limit`, in order. */
  take(): StoredEvents {
    this.shrink()
    const { length } = this.rows
    if (length === 0) return NO_EVENTS
    const seqs = new Float64Array(length)
    const bytes = new Uint8Array(length * L.RECORD_BYTES)
    const masks = new Uint8Array(length)
    const metadata = new Map<number, EventMetadata>()
    this.rows.forEach((row, i) => {
      seqs[i] = row.place.seq
      masks[i] = row.mask
      bytes.set(row.bytes, i * L.RECORD_BYTES)
      if (row.metadata !== undefined) metadata.set(row.place.seq, row.metadata)
    })
    return { length, seqs, bytes, masks, metadata }
  }

  private shrink(): void {
    this.rows.sort((a, b) => this.ordering.compare(a.place, b.place))
    if (this.rows.length < this.limit) return
    this.rows.length = this.limit
    this.worst = this.rows[this.limit - 1]?.place
  }
}

interface Row {
  readonly place: Place
  readonly bytes: Uint8Array
  readonly mask: number
  readonly metadata: EventMetadata | undefined
}
