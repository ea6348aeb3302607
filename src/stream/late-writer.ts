/**
 * Late writes to live events: rewards, completion bits and priorities, one by one and in bulk.
 *
 * @module
 */

import { InvalidArgumentError, invalid, SequenceNotWrittenError } from '../errors.js'
import { rewardError } from '../event/refusal.js'
import type { AppraiserType } from '../event/types.js'
import { assertSeq, type Ring } from '../kernel/ring.js'
import * as L from '../layout.js'
import type { BulkResult } from './types.js'
import { assertInteger, LARGEST_BATCH } from './validate.js'

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
      refuse: (value, i) => rewardError(value, `rewards[${i}]`),
      apply: (count) => core.setRewards(count, appraiser),
    })
    this.applied += result.applied
    return result
  }

  setPriorities(seqs: ArrayLike<number>, priorities: ArrayLike<number>): BulkResult {
    this.ring.assertOpen()
    this.assertExplicit('setPriorities')
    const { core } = this.ring.kernel
    return this.update(seqs, priorities, 'priorities', {
      check: (count) => core.checkPriorities(count),
      refuse: (value, i) => {
        const name = `priorities[${i}]`
        return invalid(name, 'be at least 0 and finite as f32', value)
      },
      apply: (count) => core.setPriorities(count),
    })
  }

  getPriorities(seqs: ArrayLike<number>): Float32Array {
    this.ring.assertOpen()
    this.assertExplicit('getPriorities')
    this.assertSeqs(seqs)
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

  private assertExplicit(call: string): void {
    if (this.ring.kernel.map.explicit) return
    throw new InvalidArgumentError(`${call} needs a stream created with priority: 'explicit', this one has 'reward'`)
  }

  /** Every sequence number must have been written; evicted ones are fine. */
  private assertSeqs(seqs: ArrayLike<number>): void {
    const length: unknown = typeof seqs === 'object' && seqs !== null ? seqs.length : undefined
    if (typeof length !== 'number') throw invalid('seqs', 'be a list of numbers', seqs)
    assertInteger(length, 'seqs.length', 0, LARGEST_BATCH)
    const { next } = this.ring
    for (let i = 0; i < length; i++) {
      const seq = seqs[i] as number
      if (seq >= 0 && seq < next && Math.floor(seq) === seq) continue
      assertSeq(seq, `seqs[${i}]`)
      throw new SequenceNotWrittenError(seq, next)
    }
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

  private stageValues(values: ArrayLike<number>, from: number, count: number): void {
    const { f32 } = this.ring.kernel
    for (let i = 0; i < count; i++) {
      const value: unknown = values[from + i]
      // NaN is refused by the check that follows.
      f32[VALUES + i] = typeof value === 'number' ? value : Number.NaN
    }
  }

  private update(
    seqs: ArrayLike<number>,
    values: ArrayLike<number>,
    name: string,
    kernel: { check(count: number): number; refuse(value: unknown, i: number): Error; apply(count: number): void },
  ): BulkResult {
    this.assertSeqs(seqs)
    const { length } = seqs
    const given: unknown = typeof values === 'object' && values !== null ? values.length : undefined
    if (given !== length) {
      throw invalid(name, `have ${length} values, one for each of seqs`, values)
    }
    for (let from = 0; from < length; from += L.CHUNK) {
      const count = Math.min(L.CHUNK, length - from)
      this.stageValues(values, from, count)
      const refused = kernel.check(count)
      if (refused >= 0) throw kernel.refuse(values[from + refused], from + refused)
    }
    let applied = 0
    for (let from = 0; from < length; from += L.CHUNK) {
      const count = Math.min(L.CHUNK, length - from)
      // A single chunk is staged still.
      if (length > L.CHUNK) this.stageValues(values, from, count)
      applied += this.stageBacks(seqs, from, count)
      kernel.apply(count)
    }
    this.evicted += length - applied
    return { applied, corrected: 0, evicted: length - applied }
  }
}

/** @throws {InvalidArgumentError} unless `appraiser` is one of `AppraiserType`. */
export function assertAppraiser(appraiser: unknown): asserts appraiser is AppraiserType {
  if (appraiser === 0 || appraiser === 1 || appraiser === 2 || appraiser === 3) return
  throw invalid('appraiser', 'be one of AppraiserType, 0 to 3', appraiser)
}
