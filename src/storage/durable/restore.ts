/**
 * What recovery finds, back in the ring: records, masks and what became of them later, where writes would have put them.
 *
 * @module
 */

import type { Ring } from '../../kernel/ring.js'
import * as L from '../../layout.js'
import type { CorrectionList } from '../journal/corrections.js'
import type { WindowTarget } from '../journal/window.js'
import type { MetadataStore } from './metadata-store.js'

const BATCH_FLAGS = (L.HEADER + L.H_BATCH_FLAGS) >>> 2

/** A ring that has no events yet, as what takes them. */
export class RingTarget implements WindowTarget {
  private readonly ring: Ring
  private readonly store: MetadataStore
  private readonly requiredMask: number

  constructor(ring: Ring, store: MetadataStore, requiredMask: number) {
    this.ring = ring
    this.store = store
    this.requiredMask = requiredMask
  }

  records(_seq: number, count: number, bytes: Uint8Array, masks: Uint8Array | undefined): void {
    const { ring } = this
    const { core, u8, u32, map } = ring.kernel
    // Without masks the module makes them of the records' flags.
    u32[BATCH_FLAGS] = masks === undefined ? L.FULLY_APPRAISED : 0
    for (let from = 0; from < count; ) {
      const { head } = ring
      const piece = Math.min(count - from, ring.capacity - head)
      const to = from + piece
      u8.set(bytes.subarray(from * L.RECORD_BYTES, to * L.RECORD_BYTES), L.RECORDS + head * L.RECORD_BYTES)
      core.publishRecords(piece)
      ring.wrote(piece)
      if (masks !== undefined) u8.set(masks.subarray(from, to), map.masks + head)
      from = to
    }
  }

  corrections(list: CorrectionList): void {
    for (let i = 0; i < list.length; i++) {
      const seq = list.seqs[i] as number
      if (this.ring.isLive(seq)) this.correct(this.ring.slotOf(seq), list, i)
    }
  }

  metadata(seq: number, bytes: Uint8Array): void {
    this.store.keep(seq, bytes, this.ring.oldest)
  }

  private correct(slot: number, list: CorrectionList, i: number): void {
    const { f32, u16, u8, map } = this.ring.kernel
    const record = L.RECORDS + slot * L.RECORD_BYTES
    const slots = list.slots[i] as number
    for (let k = 0; k < L.REWARD_SLOTS; k++) {
      if (((slots >> k) & 1) === 0) continue
      f32[((record + L.REWARDS) >>> 2) + k] = list.rewards[i * L.REWARD_SLOTS + k] as number
    }
    const mask = (u8[map.masks + slot] as number) | (list.masks[i] as number)
    u8[map.masks + slot] = mask
    const complete = (mask & this.requiredMask) === this.requiredMask ? L.FULLY_APPRAISED : 0
    const flags = (record + L.FLAGS) >>> 1
    u16[flags] = (u16[flags] as number) | (list.flags[i] as number) | complete
  }
}
