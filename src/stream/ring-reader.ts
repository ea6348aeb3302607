/**
 * Reading single events and ranges of the ring of one thread.
 *
 * @module
 */

import type { ExperienceEvent } from '../event/types.js'
import { EventView } from '../event/view.js'
import { assertSeq, type Ring } from '../kernel/ring.js'
import type { EventBatch } from './batch.js'
import { assertRange, copyRange, pieces } from './ranges.js'

/** Reads events where they stand. */
export class RingReader {
  private readonly ring: Ring
  private readonly cursor = new EventView()

  constructor(ring: Ring) {
    this.ring = ring
  }

  event(seq: number): ExperienceEvent | undefined {
    return this.view(seq, new EventView())?.toEvent()
  }

  view(seq: number, target: EventView | undefined): EventView | undefined {
    const { ring } = this
    if (ring.closed) ring.assertOpen()
    if (!Number.isInteger(seq) || !ring.isLive(seq)) {
      assertSeq(seq, 'seq')
      return undefined
    }
    return (target ?? this.cursor).moveTo(ring.kernel, ring.wordOf(seq), seq, ring)
  }

  range(start: number, end: number, into: EventBatch): EventBatch {
    const { from, to } = this.live(start, end)
    return copyRange(this.ring, from, to, into)
  }

  segments(start: number, end: number): Uint8Array[] {
    const { from, to } = this.live(start, end)
    return pieces(this.ring, from, to)
  }

  private live(start: number, end: number): { from: number; to: number } {
    const { ring } = this
    ring.assertOpen()
    assertRange(start, end)
    const from = Math.min(Math.max(start, ring.oldest), ring.next)
    return { from, to: Math.max(from, Math.min(end, ring.next)) }
  }
}
