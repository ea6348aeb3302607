/**
 * Rows of history on their way from a tier to a batch: packed records with what stands beside them, owned by who holds
 * them, so that corrections can be applied and rows that do not match left out in place.
 *
 * @module
 */

import { type Lanes, lanesOf } from '../../event/lanes.js'
import * as L from '../../layout.js'
import type { EventMetadata, StoredEvents } from '../cold/cold-storage.js'
import type { RecordFilter } from './record-filter.js'

/** Arrays that are filled to less than one part in so many are given up for smaller ones. */
const SPARSE = 4

/** Metadata of no event. */
export const NO_METADATA: ReadonlyMap<number, EventMetadata> = new Map()

/** Events in ascending order of their sequence numbers; only the first `length` entries of the arrays count. */
export class Rows implements StoredEvents {
  length: number
  readonly seqs: Float64Array
  readonly bytes: Uint8Array
  readonly masks: Uint8Array
  metadata: ReadonlyMap<number, EventMetadata>
  private views: Lanes | undefined

  /** Takes the arrays over; `bytes` begins at a multiple of 8. */
  constructor(
    seqs: Float64Array,
    bytes: Uint8Array,
    masks: Uint8Array,
    metadata: ReadonlyMap<number, EventMetadata> = NO_METADATA,
    length = seqs.length,
  ) {
    this.seqs = seqs
    this.bytes = bytes
    this.masks = masks
    this.metadata = metadata
    this.length = length
  }

  /** No rows yet, with room for `count`. */
  static withRoomFor(count: number): Rows {
    const bytes = new Uint8Array(count * L.RECORD_BYTES)
    return new Rows(new Float64Array(count), bytes, new Uint8Array(count), NO_METADATA, 0)
  }

  /** A copy of the rows [from, to) of what a tier may go on using. */
  static copyOf(events: StoredEvents, from = 0, to = events.length): Rows {
    const rows = Rows.withRoomFor(to - from)
    rows.seqs.set(events.seqs.subarray(from, to))
    rows.bytes.set(events.bytes.subarray(from * L.RECORD_BYTES, to * L.RECORD_BYTES))
    rows.masks.set(events.masks.subarray(from, to))
    rows.metadata = events.metadata
    rows.length = to - from
    return rows
  }

  get lanes(): Lanes {
    this.views ??= lanesOf(this.bytes)
    return this.views
  }

  /** Copies row `i` of another to place `to` of this; the metadata stays behind. */
  set(to: number, other: StoredEvents, i: number): void {
    this.seqs[to] = other.seqs[i] as number
    this.masks[to] = other.masks[i] as number
    this.bytes.set(other.bytes.subarray(i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES), to * L.RECORD_BYTES)
  }

  /** The rows that the filter takes, in the same arrays, or in smaller ones where few are left. */
  keep(filter: RecordFilter): Rows {
    if (!filter.selective) return this
    const { lanes } = this
    const words = L.RECORD_BYTES / 4
    return this.keepWhere((i) => filter.matches(lanes, i * words))
  }

  /** The rows that `wanted` is true for, in the same way. */
  keepWhere(wanted: (i: number) => boolean): Rows {
    let kept = 0
    for (let i = 0; i < this.length; i++) {
      if (!wanted(i)) continue
      if (kept !== i) {
        this.seqs[kept] = this.seqs[i] as number
        this.masks[kept] = this.masks[i] as number
        this.bytes.copyWithin(kept * L.RECORD_BYTES, i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES)
      }
      kept++
    }
    this.length = kept
    // Few rows that wait for others to fill a batch must not hold on to the memory of many.
    return kept < this.seqs.length / SPARSE ? Rows.copyOf(this) : this
  }
}
