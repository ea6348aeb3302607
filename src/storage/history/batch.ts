/**
 * Batches of history: events with what stands beside them and where they came from.
 *
 * @module
 */

import * as L from '../../layout.js'
import { EventBatch } from '../../stream/batch.js'
import { assertInteger } from '../../stream/validate.js'
import type { EventMetadata, StoredEvents } from '../cold/cold-storage.js'

/** Events that history read. It owns its bytes; nothing changes it afterwards. */
export class HistoryBatch extends EventBatch {
  /**
   * Where its events came from: `'ring'`, `'journal'` or the name of a store, behind which its place follows if it has
   * several, as in `'postgres archive'`; `'mixed'` if from more than one, which only batches that were collected or sampled
   * are.
   */
  tier = 'mixed'
  /** The bits of the appraisers that have scored each event, `[n]`. */
  masks: Uint8Array = new Uint8Array(0)
  /** By sequence number; events without metadata have no entry. */
  metadata: ReadonlyMap<number, EventMetadata> = new Map()
  private runs: readonly TierRun[] = []

  /** Where event `i` came from. O(log n) in the number of changes between tiers. */
  tierAt(i: number): string {
    assertInteger(i, 'i', 0, this.length - 1)
    let low = 0
    let high = this.runs.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.runs[middle] as TierRun).end > i) high = middle
      else low = middle + 1
    }
    return (this.runs[low] as TierRun).tier
  }

  /** @internal Fills the batch with pieces in this order. `start` and `end`: the numbers that were looked at. */
  fill(pieces: readonly Piece[], start: number, end: number): this {
    const length = pieces.reduce((sum, piece) => sum + piece.count, 0)
    const bytes = this.own(length)
    const seqs = this.ownNumbers(length)
    const masks = new Uint8Array(length)
    const metadata = new Map<number, EventMetadata>()
    const runs: TierRun[] = []
    let to = 0
    for (const { tier, rows, first, count, step } of pieces) {
      for (let k = 0, i = first; k < count; k++, i += step, to++) {
        const seq = rows.seqs[i] as number
        seqs[to] = seq
        masks[to] = rows.masks[i] as number
        bytes.set(rows.bytes.subarray(i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES), to * L.RECORD_BYTES)
        const beside = rows.metadata.get(seq)
        if (beside !== undefined) metadata.set(seq, beside)
      }
      const last = runs[runs.length - 1]
      if (last?.tier === tier) last.end = to
      else runs.push({ tier, end: to })
    }
    this.masks = masks
    this.metadata = metadata
    this.runs = runs
    if (runs.length === 1) this.tier = (runs[0] as TierRun).tier
    return this.describe(length, start, end, 0, false)
  }
}

/** Events that were drawn, with how many there were to draw from. */
export class HistorySample extends HistoryBatch {
  /** Stored events that met the filter. */
  population = 0
}

/** Rows of a chunk that go into a batch: `count` of them from `first` on, upwards (step 1) or downwards (−1). */
export interface Piece {
  readonly tier: string
  readonly rows: StoredEvents
  readonly first: number
  readonly count: number
  readonly step: 1 | -1
}

/** Events up to place `end` of a batch came from one tier. */
interface TierRun {
  readonly tier: string
  end: number
}
