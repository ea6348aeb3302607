/**
 * Work with `StoredEvents`: reading fields of packed records, putting rows together, choosing rows by a filter.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { EventMetadata, StoredEvents } from './cold-storage.js'
import type { RowFilter } from './file-format.js'

/** No events. */
export const NO_EVENTS: StoredEvents = {
  length: 0,
  seqs: new Float64Array(0),
  bytes: new Uint8Array(0),
  masks: new Uint8Array(0),
  metadata: new Map(),
}

/** A view of the packed records, record `i` at `i * RECORD_BYTES`. */
export function recordsOf(events: { readonly length: number; readonly bytes: Uint8Array }): DataView {
  return new DataView(events.bytes.buffer, events.bytes.byteOffset, events.length * L.RECORD_BYTES)
}

/** Timestamp in µs of the record at byte `at`. */
export function timestampAt(records: DataView, at: number): number {
  return records.getUint32(at + L.TIMESTAMP, true) + records.getUint32(at + L.TIMESTAMP + 4, true) * 2 ** 32
}

/** The first index of ascending `seqs` whose number is at least `seq`. */
export function lowerBound(seqs: Float64Array, length: number, seq: number): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((seqs[middle] as number) < seq) low = middle + 1
    else high = middle
  }
  return low
}

/** Puts rows of other events together. Owns its arrays; `finish` hands them over. */
export class EventsBuilder {
  length = 0
  readonly capacity: number
  private readonly seqs: Float64Array
  private readonly bytes: Uint8Array
  private readonly masks: Uint8Array
  private readonly metadata = new Map<number, EventMetadata>()

  constructor(capacity: number) {
    this.capacity = capacity
    this.seqs = new Float64Array(capacity)
    this.bytes = new Uint8Array(capacity * L.RECORD_BYTES)
    this.masks = new Uint8Array(capacity)
  }

  /** Adds rows [from, to), as many as there is room for, and returns how many those were. */
  append(events: StoredEvents, from: number, to: number): number {
    const count = Math.min(to - from, this.capacity - this.length)
    const end = from + count
    this.seqs.set(events.seqs.subarray(from, end), this.length)
    this.bytes.set(events.bytes.subarray(from * L.RECORD_BYTES, end * L.RECORD_BYTES), this.length * L.RECORD_BYTES)
    this.masks.set(events.masks.subarray(from, end), this.length)
    if (events.metadata.size > 0) {
      for (let i = from; i < end; i++) {
        const seq = events.seqs[i] as number
        const metadata = events.metadata.get(seq)
        if (metadata !== undefined) this.metadata.set(seq, metadata)
      }
    }
    this.length += count
    return count
  }

  /** The rows so far, trimmed. The builder is not used on. */
  finish(): StoredEvents {
    const { length, capacity, seqs, bytes, masks, metadata } = this
    if (length === capacity) return { length, seqs, bytes, masks, metadata }
    return {
      length,
      seqs: seqs.slice(0, length),
      bytes: bytes.slice(0, length * L.RECORD_BYTES),
      masks: masks.slice(0, length),
      metadata,
    }
  }
}

/** Tests rows one by one against a filter. */
export class RowMatcher {
  private readonly startSeq: number
  private readonly endSeq: number
  private readonly from: number
  private readonly to: number
  private readonly types: ReadonlySet<number> | undefined
  private readonly hasEpisode: boolean
  private readonly episodeLow: number
  private readonly episodeHigh: number

  constructor(filter: RowFilter) {
    this.startSeq = filter.startSeq ?? 0
    this.endSeq = filter.endSeq ?? Number.POSITIVE_INFINITY
    this.from = filter.from ?? 0
    this.to = filter.to ?? Number.POSITIVE_INFINITY
    this.types = filter.types === undefined ? undefined : new Set(filter.types)
    this.hasEpisode = filter.episodeId !== undefined
    const episode = filter.episodeId ?? 0n
    this.episodeLow = Number(episode & 0xffffffffn)
    this.episodeHigh = Number(episode >> 32n)
  }

  /** Whether the event `seq` whose record stands at byte `at` meets the filter. */
  matches(records: DataView, at: number, seq: number): boolean {
    if (seq < this.startSeq || seq >= this.endSeq) return false
    if (this.hasEpisode) {
      if (records.getUint32(at + L.EPISODE_ID, true) !== this.episodeLow) return false
      if (records.getUint32(at + L.EPISODE_ID + 4, true) !== this.episodeHigh) return false
    }
    if (this.types !== undefined && !this.types.has(records.getUint16(at + L.EVENT_TYPE, true))) return false
    const timestamp = timestampAt(records, at)
    return timestamp >= this.from && timestamp < this.to
  }
}

/** The rows for which `keep` holds: `events` itself if those are all, else copies. O(n). */
export function chooseRows(
  events: StoredEvents,
  keep: (records: DataView, at: number, seq: number) => boolean,
): StoredEvents {
  const records = recordsOf(events)
  const chosen = new Uint8Array(events.length)
  let count = 0
  for (let i = 0; i < events.length; i++) {
    if (!keep(records, i * L.RECORD_BYTES, events.seqs[i] as number)) continue
    chosen[i] = 1
    count++
  }
  if (count === events.length) return events
  const rows = new EventsBuilder(count)
  for (let i = 0; i < events.length; ) {
    if (chosen[i] === 0) {
      i++
      continue
    }
    const from = i
    while (i < events.length && chosen[i] === 1) i++
    rows.append(events, from, i)
  }
  return rows.finish()
}

/** The rows that meet a filter, as `chooseRows`. */
export function matchingRows(events: StoredEvents, matcher: RowMatcher): StoredEvents {
  return chooseRows(events, (records, at, seq) => matcher.matches(records, at, seq))
}
