/**
 * Batches into a shared ring. A batch gets consecutive numbers, claimed in one step after it has been checked.
 *
 * @module
 */

import * as L from '../layout.js'
import { BatchWriter } from '../stream/batch-writer.js'
import type { SeqRange } from '../stream/types.js'
import type { SharedRing } from './shared-ring.js'

/** Writes batches to the numbers that this thread claims. */
export class SharedBatchWriter extends BatchWriter<SharedRing> {
  private start = 0
  private before = 0

  protected take(count: number): number {
    this.before = this.ring.ownWritten
    this.start = this.ring.take(count)
    return 0
  }

  protected append(bytes: Uint8Array, count: number): void {
    const { core, u8 } = this.ring.kernel
    this.take(count)
    for (let from = 0; from < count; from += L.CHUNK) {
      const piece = Math.min(L.CHUNK, count - from)
      u8.set(bytes.subarray(from * L.RECORD_BYTES, (from + piece) * L.RECORD_BYTES), L.BATCH)
      core.appendRecords(piece)
    }
  }

  protected written(count: number): SeqRange {
    const { start } = this
    const aborted = count - (this.ring.ownWritten - this.before)
    return aborted === 0 ? { start, end: start + count } : { start, end: start + count, aborted }
  }
}
