/**
 * Batches into a ring with a journal. A batch larger than the ring or the backlog goes in piece by piece, each written
 * out before the next one needs its place: every event of it gets into the journal.
 *
 * @module
 */

import * as L from '../../layout.js'
import { RingBatchWriter } from '../../stream/ring-batch-writer.js'

/** Writes batches of which nothing is passed over. */
export class DurableBatchWriter extends RingBatchWriter {
  override append(bytes: Uint8Array, count: number): void {
    const { ring } = this
    for (let from = 0; from < count; ) {
      // Without any room, one event has room made.
      const piece = Math.min(count - from, Math.max(1, ring.limit - ring.next))
      super.append(bytes.subarray(from * L.RECORD_BYTES, (from + piece) * L.RECORD_BYTES), piece)
      from += piece
    }
  }

  /** Later events of a batch do not overwrite earlier ones before these are written out. */
  protected override take(): number {
    return 0
  }
}
