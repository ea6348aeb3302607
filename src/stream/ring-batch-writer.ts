/**
 * Batches into the ring of one thread.
 *
 * @module
 */

import type { Ring } from '../kernel/ring.js'
import * as L from '../layout.js'
import { BatchWriter } from './batch-writer.js'
import type { SeqRange } from './types.js'

/** Writes batches at the head of a ring that nobody else writes to. */
export class RingBatchWriter extends BatchWriter<Ring> {
  /** Copies checked records straight to the head, in pieces that do not wrap. @internal for benches as well. */
  append(bytes: Uint8Array, count: number): void {
    const { ring } = this
    for (let from = this.take(count); from < count; ) {
      const piece = Math.min(count - from, ring.capacity - ring.head)
      ring.assertRoom(piece)
      const records = bytes.subarray(from * L.RECORD_BYTES, (from + piece) * L.RECORD_BYTES)
      ring.kernel.u8.set(records, L.RECORDS + ring.head * L.RECORD_BYTES)
      ring.kernel.core.publishRecords(piece)
      ring.wrote(piece)
      from += piece
    }
  }

  /** Passes over those of `count` events that later ones of the same batch overwrite. */
  protected take(count: number): number {
    const skipped = Math.max(0, count - this.ring.capacity)
    if (skipped > 0) {
      this.ring.kernel.core.skipEvents(skipped)
      this.ring.wrote(skipped)
    }
    return skipped
  }

  protected written(count: number): SeqRange {
    return { start: this.ring.next - count, end: this.ring.next }
  }
}
