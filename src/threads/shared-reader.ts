/**
 * Reading a shared ring: everything is copied, and given out only if the copy is whole.
 *
 * @module
 */

import { type Lanes, lanesOf } from '../event/lanes.js'
import type { ExperienceEvent } from '../event/types.js'
import { EventView } from '../event/view.js'
import { assertSeq } from '../kernel/ring.js'
import * as L from '../layout.js'
import { EventBatch } from '../stream/batch.js'
import { assertRange } from '../stream/ranges.js'
import type { SharedRing } from './shared-ring.js'

/** What a read of a range met. */
export interface RangeRead {
  /** The number behind the last that was looked at. */
  stopped: number
  /** Numbers whose events were gone. */
  missed: number
  /** Numbers that no event ever got. */
  aborted: number
}

/** Copies events out of the ring. */
export class SharedReader {
  private readonly ring: SharedRing
  private readonly cursor = new EventView()
  private readonly copies = new WeakMap<EventView, Lanes>()
  /** The place that the module copies single events to. */
  private readonly record: Uint8Array

  constructor(ring: SharedRing) {
    this.ring = ring
    this.record = ring.kernel.u8.subarray(L.READ_RECORD, L.READ_RECORD + L.RECORD_BYTES)
  }

  event(seq: number): ExperienceEvent | undefined {
    if (!this.copy(seq, L.READ_RECORD)) return undefined
    return new EventView().moveTo(this.ring.kernel, L.READ_RECORD >>> 2, seq, this.ring).toEvent()
  }

  /** A view of a copy, of its own for each `target`; it shows the event as it was when the view was moved. */
  view(seq: number, target: EventView | undefined): EventView | undefined {
    if (target === undefined) {
      if (!this.copy(seq, L.VIEW_RECORD)) return undefined
      return this.cursor.moveTo(this.ring.kernel, L.VIEW_RECORD >>> 2, seq, this.ring)
    }
    if (!this.copy(seq, L.READ_RECORD)) return undefined
    let lanes = this.copies.get(target)
    if (lanes === undefined) {
      lanes = lanesOf(new Uint8Array(L.RECORD_BYTES))
      this.copies.set(target, lanes)
    }
    lanes.u8.set(this.record)
    return target.moveTo(lanes, 0, seq, this.ring)
  }

  range(start: number, end: number, into: EventBatch): EventBatch {
    this.ring.assertOpen()
    assertRange(start, end)
    const { upcoming, oldest } = this.ring
    const from = Math.min(Math.max(start, oldest), upcoming)
    const to = Math.max(from, Math.min(end, upcoming))
    const { length } = this.read(from, to, to - from, into)
    return into.describe(length, from, to, 0, false)
  }

  /** Copied as well, in one piece. */
  segments(start: number, end: number): Uint8Array[] {
    const batch = this.range(start, end, new EventBatch())
    return batch.length === 0 ? [] : [batch.bytes]
  }

  /** Copies events of [from, to), at most `most`, to the batch, and stops where a number has not settled. */
  read(from: number, to: number, most: number, into: EventBatch): RangeRead & { length: number } {
    const { kernel } = this.ring
    const { core, u8, f64 } = kernel
    const bytes = into.own(most)
    const seqs = into.ownNumbers(most)
    const result = { length: 0, stopped: from, missed: 0, aborted: 0 }
    while (result.length < most) {
      const before = result.stopped
      const count = core.readRange(before, to, Math.min(L.CHUNK, most - result.length), L.BATCH)
      bytes.set(u8.subarray(L.BATCH, L.BATCH + count * L.RECORD_BYTES), result.length * L.RECORD_BYTES)
      seqs.set(f64.subarray(L.OUT_SEQS / 8, L.OUT_SEQS / 8 + count), result.length)
      result.length += count
      result.stopped = kernel.left(L.M_STOPPED)
      result.missed += kernel.left(L.M_MISSED)
      result.aborted += kernel.left(L.M_HOLES)
      if (result.stopped === before || result.stopped >= to) break
    }
    return result
  }

  /** Copies an event to an area of this thread, which stays as it is if there is no such event. */
  private copy(seq: number, area: number): boolean {
    this.ring.assertOpen()
    assertSeq(seq, 'seq')
    return !this.ring.hasPassed(seq) && this.ring.kernel.core.read(seq, area) === L.LATE_APPLIED
  }
}
