/**
 * This thread's place in a shared ring: a line for its claim and counters, and an area that its reads and writes go
 * through. It is given back when the stream has been closed and its last subscription, which may still deliver what was
 * written, as well. From then on nothing of this stream may touch the area: it can be another thread's.
 *
 * @module
 */

import type { EventWriter } from '../event/writer.js'
import * as L from '../layout.js'
import type { Subscription } from '../stream/subscription.js'
import type { SharedRing } from './shared-ring.js'

/** Gives a place back, once. */
export class Place {
  private readonly ring: SharedRing
  private readonly writer: EventWriter
  private readonly open: ReadonlySet<Subscription>
  private left = false

  constructor(ring: SharedRing, writer: EventWriter, open: ReadonlySet<Subscription>) {
    this.ring = ring
    this.writer = writer
    this.open = open
  }

  /** Gives the place back if this thread has resigned and no subscription is open. */
  leave(): void {
    if (this.left || !this.ring.resigned || this.open.size > 0) return
    this.left = true
    const area = new Float32Array(L.RECORDS >>> 2)
    const vector = (offset: number): Float32Array => {
      return area.subarray((L.WRITER_STAGE + offset) >>> 2, ((L.WRITER_STAGE + offset) >>> 2) + L.VECTOR_LENGTH)
    }
    // What is still set on the writer goes nowhere.
    Object.assign(this.writer, { state: vector(L.STATE), action: vector(L.ACTION), f32: area })
    this.ring.kernel.core.vacate()
  }
}
