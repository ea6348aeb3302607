/**
 * Events with their masks for subscriptions: live ones from the ring, and those that it no longer holds from the
 * journal's files, a stretch at a time, since each reading looks at the corrections behind it.
 *
 * @module
 */

import type { Ring } from '../../kernel/ring.js'
import { EventBatch } from '../../stream/batch.js'
import { copyRange } from '../../stream/ranges.js'
import type { Gap, JournalEvents, JournalSource } from '../journal/source.js'

const STRETCH = 16_384

/** What a reading gives: events [first, last) of `events`, and the numbers [start, end) that they stand for. */
export interface EventStretch {
  readonly events: JournalEvents
  readonly first: number
  readonly last: number
  readonly end: number
  /** Numbers that no event ever got, and those whose event the files do not hold. */
  readonly aborted: number
  readonly missed: number
}

/** Copies of live events of the ring of one thread. */
export function liveEvents(ring: Ring, start: number, end: number): EventStretch {
  const { u8, map } = ring.kernel
  const length = end - start
  const seqs = new Float64Array(length)
  const masks = new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    seqs[i] = start + i
    masks[i] = u8[map.masks + ring.slotOf(start + i)] as number
  }
  const { bytes } = copyRange(ring, start, end, new EventBatch())
  return { events: { length, seqs, bytes, masks }, first: 0, last: length, end, aborted: 0, missed: 0 }
}

/** Reads forward through the files. */
export class OldEvents {
  private readonly files: () => JournalSource
  private events: JournalEvents | undefined
  private gaps: Gap[] = []
  private next = 0
  private end = 0
  private at = 0

  /** @param files gives the files, up to date. */
  constructor(files: () => JournalSource) {
    this.files = files
  }

  /** At most `count` events of [start, end), from `start` on; it always gets further. */
  take(start: number, end: number, count: number): EventStretch {
    if (this.events === undefined || start !== this.next || start >= this.end) this.read(start, end)
    const events = this.events as JournalEvents
    const first = this.at
    const last = Math.min(events.length, first + count)
    const to = last === events.length ? this.end : (events.seqs[last] as number)
    this.at = last
    this.next = to
    const absent = to - start - (last - first)
    const aborted = absent === 0 ? 0 : overlap(this.gaps, start, to)
    return { events, first, last, end: to, aborted, missed: absent - aborted }
  }

  /** Lets go of what was read. */
  clear(): void {
    this.events = undefined
  }

  private read(start: number, end: number): void {
    const source = this.files()
    const from = Math.min(Math.max(start, source.startSeq), end)
    this.end = Math.min(end, from + STRETCH)
    this.at = 0
    this.events = source.events(from, this.end)
    this.gaps = source.gaps(from, this.end).filter((gap) => gap.reason === 'aborted')
  }
}

function overlap(gaps: readonly Gap[], start: number, end: number): number {
  let count = 0
  for (const gap of gaps) count += Math.max(0, Math.min(gap.end, end) - Math.max(gap.start, start))
  return count
}
