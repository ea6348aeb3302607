/**
 * Corrections as the module leaves them at BATCH: states of marked events, or what was posted; and states under what was
 * posted before they were read.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { SharedKernel } from '../../threads/shared-kernel.js'
import { type CorrectionList, CorrectionMerger } from '../journal/corrections.js'

const SEQ = L.BATCH / 8
const ENTRY_WORDS = L.ENTRY_BYTES / 4
const REWARDS = (L.BATCH + L.ENTRY_REWARDS) / 4
const STATUS = (L.BATCH + L.ENTRY_STATUS) / 4
const SLOTS = (L.BATCH + L.ENTRY_SLOTS) / 4
const FLAGS_MASK = 2 ** L.STATUS_MASK_SHIFT - 1

/** The `count` entries in their order, which is that of their numbers. */
export function statesOf({ f64, f32, u32 }: SharedKernel, count: number): CorrectionList {
  const seqs = new Float64Array(count)
  const flags = new Uint16Array(count)
  const masks = new Uint8Array(count)
  const slots = new Uint8Array(count)
  const rewards = new Float32Array(count * L.REWARD_SLOTS)
  for (let i = 0; i < count; i++) {
    const word = i * ENTRY_WORDS
    const status = u32[STATUS + word] as number
    seqs[i] = f64[SEQ + (i * L.ENTRY_BYTES) / 8] as number
    flags[i] = status & FLAGS_MASK
    masks[i] = status >>> L.STATUS_MASK_SHIFT
    slots[i] = u32[SLOTS + word] as number
    rewards.set(f32.subarray(REWARDS + word, REWARDS + word + L.REWARD_SLOTS), i * L.REWARD_SLOTS)
  }
  return { length: count, seqs, flags, masks, slots, rewards }
}

/** The `count` entries, later ones of an event over earlier ones. */
export function postsOf(kernel: SharedKernel, count: number): CorrectionList {
  const merger = new CorrectionMerger()
  merger.addList(statesOf(kernel, count))
  return merger.list()
}

/** States of events with posts laid over them, which come along whether their events have a state or not. */
export function laidOver(states: CorrectionList, posts: CorrectionMerger): CorrectionList {
  if (posts.size === 0) return states
  const merger = new CorrectionMerger()
  merger.addList(states)
  merger.addList(posts.list())
  return merger.list()
}
