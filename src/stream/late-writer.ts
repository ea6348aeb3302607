/**
 * Late writes to live events: rewards, completion bits and priorities, one by one and in bulk.
 *
 * @module
 */

import { invalid } from '../errors.js'
import { rewardError } from '../event/refusal.js'
import type { AppraiserType } from '../event/types.js'
import type { Ring } from '../kernel/ring.js'
import * as L from '../layout.js'
import { assertExplicit, assertSeqList, type BulkKernel, bulkUpdate, refusePriority, refuseReward } from './bulk.js'
import type { BulkResult } from './types.js'

const VALUES = L.IN_VALUES / 4
const BACKS = L.OUT_SLOTS / 4

/** Writes to events that stand in one ring already, and counts what came of it. */
export class LateWriter {
  /** Reward writes that landed. */
  applied = 0
  /** Entries of bulk calls whose event had been evicted. */
  evicted = 0
  private readonly ring: Ring

  constructor(ring: Ring) {
    this.ring = ring
  }

  setReward(seq: number, appraiser: AppraiserType, reward: number): 'applied' {
    this.ring.assertOpen()
    assertAppraiser(appraiser)
    const back = this.ring.backOf(seq)
    if (typeof reward !== 'number' || this.ring.kernel.core.setReward(back, appraiser, reward) === 0) {
      throw rewardError(reward, 'reward')
    }
    this.applied++
    return 'applied'
  }

  /** Adds to what the slot holds. */
  addReward(seq: number, appraiser: AppraiserType, amount: number): 'applied' {
    this.ring.assertOpen()
    assertAppraiser(appraiser)
    this.ring.backOf(seq)
    if (typeof amount !== 'number') throw rewardError(amount, 'amount')
    const before = this.ring.kernel.f32[this.ring.wordOf(seq) + L.REWARDS / 4 + appraiser] as number
    return this.setReward(seq, appraiser, before + Math.fround(amount))
  }

  /** Sets bits of an event's mask. */
  setBits(seq: number, bits: number): 'applied' {
    this.ring.assertOpen()
    this.ring.kernel.core.setMaskBits(this.ring.backOf(seq), bits)
    return 'applied'
  }

  setRewards(seqs: ArrayLike<number>, appraiser: AppraiserType, rewards: ArrayLike<number>): BulkResult {
    this.ring.assertOpen()
    assertAppraiser(appraiser)
    const { core } = this.ring.kernel
    const result = this.update(seqs, rewards, 'rewards', {
      check: (count) => core.checkRewards(count),
      refuse: refuseReward,
      write: (from, count) => {
        const live = this.stageBacks(seqs, from, count)
        core.setRewards(count, appraiser)
        return live
      },
    })
    this.applied += result.applied
    return result
  }

  setPriorities(seqs: ArrayLike<number>, priorities: ArrayLike<number>): BulkResult {
    this.ring.assertOpen()
    assertExplicit(this.ring.kernel.map.explicit, 'setPriorities')
    const { core } = this.ring.kernel
    return this.update(seqs, priorities, 'priorities', {
      check: (count) => core.checkPriorities(count),
      refuse: refusePriority,
      write: (from, count) => {
        const live = this.stageBacks(seqs, from, count)
        core.setPriorities(count)
        return live
      },
    })
  }

  getPriorities(seqs: ArrayLike<number>): Float32Array {
    this.ring.assertOpen()
    assertExplicit(this.ring.kernel.map.explicit, 'getPriorities')
    assertSeqList(seqs, this.ring.next)
    const { core, f32 } = this.ring.kernel
    const priorities = new Float32Array(seqs.length)
    for (let from = 0; from < seqs.length; from += L.CHUNK) {
      const count = Math.min(L.CHUNK, seqs.length - from)
      this.stageBacks(seqs, from, count)
      core.readPriorities(count)
      priorities.set(f32.subarray(VALUES, VALUES + count), from)
    }
    return priorities
  }

  /** Stages the distances from the head, 0 for evicted events, and returns how many are live. */
  private stageBacks(seqs: ArrayLike<number>, from: number, count: number): number {
    const { next, oldest, kernel } = this.ring
    let live = 0
    for (let i = 0; i < count; i++) {
      const seq = seqs[from + i] as number
      const isLive = seq >= oldest
      kernel.u32[BACKS + i] = isLive ? next - seq : 0
      if (isLive) live++
    }
    return live
  }

  private update(seqs: ArrayLike<number>, values: ArrayLike<number>, name: string, kernel: BulkKernel): BulkResult {
    assertSeqList(seqs, this.ring.next)
    const result = bulkUpdate(seqs, values, name, this.ring.kernel.f32, kernel)
    this.evicted += result.evicted
    return result
  }
}

/** @throws {InvalidArgumentError} unless `appraiser` is one of `AppraiserType`. */
export function assertAppraiser(appraiser: unknown): asserts appraiser is AppraiserType {
  if (appraiser === 0 || appraiser === 1 || appraiser === 2 || appraiser === 3) return
  throw invalid('appraiser', 'be one of AppraiserType, 0 to 3', appraiser)
}
