/**
 * Corrections: what became of events after their records were written out. An entry is a state, not an operation:
 * rewards of the slots that it names replace those of the event, flags and mask are joined by OR.
 *
 * @module
 */

import * as L from '../../layout.js'
import * as F from './format.js'

/** Entries side by side, ascending by sequence number, at most one an event. Owned by who got it. */
export interface CorrectionList {
  readonly length: number
  readonly seqs: Float64Array
  readonly flags: Uint16Array
  readonly masks: Uint8Array
  /** A bit for each reward slot that has a value. */
  readonly slots: Uint8Array
  /** `[n × 4]`; 0 where the slot has none. */
  readonly rewards: Float32Array
}

/** Applies a list to events in place. Both ascend; entries of other events are passed over. Returns how many applied. */
export function applyCorrections(
  list: CorrectionList,
  events: {
    readonly length: number
    readonly seqs: Float64Array
    readonly bytes: Uint8Array
    readonly masks: Uint8Array
  },
  requiredMask: number,
): number {
  const view = new DataView(events.bytes.buffer, events.bytes.byteOffset, events.length * L.RECORD_BYTES)
  let applied = 0
  for (let i = 0, c = 0; i < events.length && c < list.length; ) {
    const order = (events.seqs[i] as number) - (list.seqs[c] as number)
    if (order === 0) {
      applyCorrection(view, i * L.RECORD_BYTES, events.masks, i, list, c, requiredMask)
      applied++
    }
    if (order <= 0) i++
    if (order >= 0) c++
  }
  return applied
}

/** Applies entry `c` of a list to the record at byte `record` of a view and to mask `i`. */
export function applyCorrection(
  view: DataView,
  record: number,
  masks: Uint8Array,
  i: number,
  list: CorrectionList,
  c: number,
  requiredMask: number,
): void {
  const slots = list.slots[c] as number
  for (let slot = 0; slot < L.REWARD_SLOTS; slot++) {
    if (((slots >> slot) & 1) === 0) continue
    view.setFloat32(record + L.REWARDS + slot * 4, list.rewards[c * L.REWARD_SLOTS + slot] as number, true)
  }
  const mask = (masks[i] as number) | (list.masks[c] as number)
  masks[i] = mask
  const complete = (mask & requiredMask) === requiredMask ? L.FULLY_APPRAISED : 0
  view.setUint16(record + L.FLAGS, view.getUint16(record + L.FLAGS, true) | (list.flags[c] as number) | complete, true)
}

interface Entry {
  flags: number
  mask: number
  slots: number
  readonly rewards: [number, number, number, number]
}

/** Merges corrections in the order in which they were made, later ones over earlier ones. */
export class CorrectionMerger {
  private readonly entries = new Map<number, Entry>()

  /** Events that have an entry. */
  get size(): number {
    return this.entries.size
  }

  /** Adds one correction. */
  add(seq: number, flags: number, mask: number, slots: number, rewards: ArrayLike<number>, at = 0): void {
    let entry = this.entries.get(seq)
    if (entry === undefined) {
      entry = { flags: 0, mask: 0, slots: 0, rewards: [0, 0, 0, 0] }
      this.entries.set(seq, entry)
    }
    entry.flags |= flags
    entry.mask |= mask
    entry.slots |= slots
    for (let slot = 0; slot < L.REWARD_SLOTS; slot++) {
      if ((slots >> slot) & 1) entry.rewards[slot] = rewards[at + slot] as number
    }
  }

  /** Adds the entries of a CORRECTIONS payload whose events are in [start, end). */
  addPayload(payload: Uint8Array, base: number, count: number, start = 0, end = Number.POSITIVE_INFINITY): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
    const rewards = new Float32Array(L.REWARD_SLOTS)
    for (let i = 0, at = 0; i < count; i++, at += F.CORRECTION_BYTES) {
      const seq = base + view.getUint32(at + F.C_SEQ, true)
      if (seq < start || seq >= end) continue
      for (let slot = 0; slot < L.REWARD_SLOTS; slot++) {
        rewards[slot] = view.getFloat32(at + F.C_REWARDS + slot * 4, true)
      }
      const flags = view.getUint16(at + F.C_FLAGS, true)
      this.add(seq, flags, view.getUint8(at + F.C_MASK), view.getUint8(at + F.C_SLOTS), rewards)
    }
  }

  /** Adds a whole list. */
  addList(list: CorrectionList): void {
    for (let i = 0; i < list.length; i++) {
      const seq = list.seqs[i] as number
      const flags = list.flags[i] as number
      this.add(seq, flags, list.masks[i] as number, list.slots[i] as number, list.rewards, i * L.REWARD_SLOTS)
    }
  }

  /** What has been added so far, ascending; the merger can be used on. */
  list(): CorrectionList {
    const length = this.entries.size
    const seqs = Float64Array.from(this.entries.keys()).sort()
    const flags = new Uint16Array(length)
    const masks = new Uint8Array(length)
    const slots = new Uint8Array(length)
    const rewards = new Float32Array(length * L.REWARD_SLOTS)
    for (let i = 0; i < length; i++) {
      const entry = this.entries.get(seqs[i] as number) as Entry
      flags[i] = entry.flags
      masks[i] = entry.mask
      slots[i] = entry.slots
      rewards.set(entry.rewards, i * L.REWARD_SLOTS)
    }
    return { length, seqs, flags, masks, slots, rewards }
  }
}
