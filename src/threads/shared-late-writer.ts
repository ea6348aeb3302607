/**
 * Late writes to a shared ring: rewards, sums, completion bits and priorities, from any thread at any time.
 *
 * @module
 */

import { SequenceNotWrittenError } from '../errors.js'
import { rewardError } from '../event/refusal.js'
import type { AppraiserType } from '../event/types.js'
import { assertSeq } from '../kernel/ring.js'
import * as L from '../layout.js'
import {
  assertExplicit,
  assertSeqList,
  type BulkKernel,
  bulkUpdate,
  refusePriority,
  refuseReward,
} from '../stream/bulk.js'
import { assertAppraiser } from '../stream/late-writer.js'
import type { BulkResult } from '../stream/types.js'
import type { Mirror } from './mirror.js'
import type { SharedRing } from './shared-ring.js'

const SEQS = L.OUT_SEQS / 8
/** No reward goes with the bits. */
export const NO_SLOT = -1

/** Writes to events that stand in the ring, whoever wrote them. */
export class SharedLateWriter {
  protected readonly ring: SharedRing
  private readonly mirror: Mirror
  private readonly explicit: boolean

  constructor(ring: SharedRing, mirror: Mirror) {
    this.ring = ring
    this.mirror = mirror
    this.explicit = ring.kernel.control(L.S_EXPLICIT) !== 0
  }

  setReward(seq: number, appraiser: AppraiserType, reward: number): 'applied' | 'corrected' {
    this.check(seq, appraiser, reward, 'reward')
    const what = this.ring.kernel.core.setReward(seq, appraiser, reward)
    if (what === L.LATE_EVICTED) return this.evicted(seq, 1 << appraiser, appraiser, reward)
    return this.result(what, seq, reward, 'reward')
  }

  addReward(seq: number, appraiser: AppraiserType, amount: number): 'applied' {
    this.check(seq, appraiser, amount, 'amount')
    if (this.ring.hasPassed(seq)) throw this.ring.absent(seq, L.LATE_EVICTED)
    return this.result(this.ring.kernel.core.addReward(seq, appraiser, amount), seq, amount, 'amount')
  }

  setBits(seq: number, bits: number): 'applied' | 'corrected' {
    this.assertWritable()
    assertSeq(seq, 'seq')
    const what = this.ring.kernel.core.setMaskBits(seq, bits)
    if (what === L.LATE_EVICTED) return this.evicted(seq, bits, NO_SLOT, 0)
    return this.result(what, seq, bits, 'bits')
  }

  setRewards(seqs: ArrayLike<number>, appraiser: AppraiserType, rewards: ArrayLike<number>): BulkResult {
    this.assertWritable()
    assertAppraiser(appraiser)
    const { core } = this.ring.kernel
    return this.update(seqs, rewards, 'rewards', {
      check: (count) => core.checkRewards(count),
      refuse: refuseReward,
      write: (from, count) => this.writeRewards(seqs, from, count, appraiser),
    })
  }

  setPriorities(seqs: ArrayLike<number>, priorities: ArrayLike<number>): BulkResult {
    this.ring.assertOpen()
    assertExplicit(this.explicit, 'setPriorities')
    const { core, f32 } = this.ring.kernel
    return this.update(seqs, priorities, 'priorities', {
      check: (count) => core.checkPriorities(count),
      refuse: refusePriority,
      write: (from, count) => {
        this.stageSeqs(seqs, from, count)
        const applied = core.setPriorities(count)
        // What this thread has just written need not be looked for when it samples next. A copy of the values: the mirror
        // takes in new events first, which uses their area.
        this.mirror.setPriorities(seqs, from, f32.slice(L.IN_VALUES / 4, L.IN_VALUES / 4 + count))
        return applied
      },
    })
  }

  /** As this thread's samplers see them; NaN for events that are gone. */
  getPriorities(seqs: ArrayLike<number>): Float32Array {
    this.ring.assertOpen()
    assertExplicit(this.explicit, 'getPriorities')
    assertSeqList(seqs, this.ring.next)
    return this.mirror.getPriorities(seqs)
  }

  /** Throws unless late writes are taken at present. */
  protected assertWritable(): void {
    this.ring.assertOpen()
  }

  /** What becomes of a late write to event `seq`, which is gone: bits of its mask and, unless NO_SLOT, a reward. */
  protected evicted(seq: number, _bits: number, _appraiser: number, _value: number): 'corrected' {
    throw this.ring.absent(seq, L.LATE_EVICTED)
  }

  /** Writes the staged rewards to entries [from, from + count) of a list and returns how many events were there. */
  protected writeRewards(seqs: ArrayLike<number>, from: number, count: number, appraiser: AppraiserType): number {
    this.stageSeqs(seqs, from, count)
    return this.ring.kernel.core.setRewards(count, appraiser)
  }

  private check(seq: number, appraiser: AppraiserType, value: number, name: string): void {
    this.assertWritable()
    assertAppraiser(appraiser)
    assertSeq(seq, 'seq')
    if (typeof value !== 'number') throw rewardError(value, name)
  }

  private result(what: number, seq: number, value: number, name: string): 'applied' {
    if (what === L.LATE_APPLIED) return 'applied'
    if (what === L.LATE_REFUSED) throw rewardError(value, name)
    throw this.ring.absent(seq, what)
  }

  protected stageSeqs(seqs: ArrayLike<number>, from: number, count: number): void {
    const { f64 } = this.ring.kernel
    for (let i = 0; i < count; i++) f64[SEQS + i] = seqs[from + i] as number
  }

  /** Every number must have settled; those that are gone are counted. */
  private update(seqs: ArrayLike<number>, values: ArrayLike<number>, name: string, kernel: BulkKernel): BulkResult {
    const { core, f32 } = this.ring.kernel
    assertSeqList(seqs, this.ring.next)
    for (let from = 0; from < seqs.length; from += L.CHUNK) {
      const count = Math.min(L.CHUNK, seqs.length - from)
      this.stageSeqs(seqs, from, count)
      const missing = core.checkSeqs(count)
      if (missing >= 0) throw new SequenceNotWrittenError(seqs[from + missing] as number, this.ring.next)
    }
    return bulkUpdate(seqs, values, name, f32, kernel)
  }
}
