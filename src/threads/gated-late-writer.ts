/**
 * Late writes where a journal is written by another thread. One to an event that is closed or gone is a correction of
 * its own: it is posted to that thread, which writes it out in the order in which they were posted. One to an event that
 * the window has passed, but that is not closed yet, still goes to its cells, and counts as a correction too.
 *
 * Corrections that wait to be taken are bounded; a thread that finds no room waits, or is told, as at the gate.
 *
 * @module
 */

import type { AppraiserType } from '../event/types.js'
import * as L from '../layout.js'
import type { BulkResult } from '../stream/types.js'
import type { GatedRing } from './gated-ring.js'
import type { Mirror } from './mirror.js'
import { SharedLateWriter } from './shared-late-writer.js'

/** What stands for the number of an event that is gone: it is older than any. */
const GONE = -1
const SEQS = L.OUT_SEQS / 8

/** Writes to events wherever they are. A sum needs the present value, and so an event that is in the ring. */
export class GatedLateWriter extends SharedLateWriter {
  protected override readonly ring: GatedRing
  private corrected = 0

  constructor(ring: GatedRing, mirror: Mirror) {
    super(ring, mirror)
    this.ring = ring
  }

  override setReward(seq: number, appraiser: AppraiserType, reward: number): 'applied' | 'corrected' {
    const what = super.setReward(seq, appraiser, reward)
    return this.ring.hasPassed(seq) ? 'corrected' : what
  }

  override setBits(seq: number, bits: number): 'applied' | 'corrected' {
    const what = super.setBits(seq, bits)
    return this.ring.hasPassed(seq) ? 'corrected' : what
  }

  /** If there is no room for a correction, those of the entries before it have been written; writing them again is harmless. */
  override setRewards(seqs: ArrayLike<number>, appraiser: AppraiserType, rewards: ArrayLike<number>): BulkResult {
    this.corrected = 0
    const { applied, evicted } = super.setRewards(seqs, appraiser, rewards)
    return { applied, corrected: this.corrected, evicted: evicted - this.corrected }
  }

  protected override assertWritable(): void {
    super.assertWritable()
    this.ring.gate.assertAdmits()
    this.ring.noteWrite()
  }

  protected override evicted(seq: number, bits: number, appraiser: number, value: number): 'corrected' {
    const { core } = this.ring.kernel
    const post = (): boolean => core.post(seq, bits, appraiser, value) !== 0
    if (!post()) this.ring.gate.pass(`${L.POST_CELLS} corrections to evicted events wait to be written out`, post)
    return 'corrected'
  }

  protected override writeRewards(
    seqs: ArrayLike<number>,
    from: number,
    count: number,
    appraiser: AppraiserType,
  ): number {
    const { core, f32 } = this.ring.kernel
    let applied = 0
    for (let i = 0; i < count; i++) {
      const seq = seqs[from + i] as number
      const reward = f32[L.IN_VALUES / 4 + i] as number
      const what = core.setReward(seq, appraiser, reward)
      if (what === L.LATE_EVICTED) this.evicted(seq, 1 << appraiser, appraiser, reward)
      else if (what !== L.LATE_APPLIED) continue
      if (this.ring.hasPassed(seq)) this.corrected++
      else applied++
    }
    return applied
  }

  /** Priorities are not kept. */
  protected override stageSeqs(seqs: ArrayLike<number>, from: number, count: number): void {
    const { f64 } = this.ring.kernel
    for (let i = 0; i < count; i++) {
      const seq = seqs[from + i] as number
      f64[SEQS + i] = this.ring.hasPassed(seq) ? GONE : seq
    }
  }
}
