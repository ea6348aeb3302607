import * as L from '../../../src/layout.js'
import type { CorrectionList } from '../../../src/storage/journal/corrections.js'
import { CorrectionMerger } from '../../../src/storage/journal/corrections.js'
import type { StreamIdentity } from '../../../src/storage/journal/source.js'

/** What the journals of the tests belong to. */
export const IDENTITY: StreamIdentity = {
  streamId: '6f1a1d1e-8a53-4a6e-9d0c-2f9f1f6f0c11',
  capacity: 1000,
  requiredMask: 15,
  firstSeq: 0,
}

/** Packed records that tell their sequence numbers: the step is the number, the rest is derived from it. */
export function records(seq: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count * L.RECORD_BYTES)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < count; i++) {
    const at = i * L.RECORD_BYTES
    for (let byte = 0; byte < L.RECORD_BYTES; byte++) bytes[at + byte] = ((seq + i) * 31 + byte * 7) & 255
    view.setUint32(at + L.STEP_NUMBER, (seq + i) >>> 0, true)
    view.setUint16(at + L.FLAGS, 0, true)
    for (let slot = 0; slot < L.REWARD_SLOTS; slot++) view.setFloat32(at + L.REWARDS + slot * 4, 0, true)
  }
  return bytes
}

/** One correction: a reward in each slot that is given. */
export interface Correction {
  seq: number
  flags?: number
  mask?: number
  rewards?: (number | undefined)[]
}

/** A list of corrections. */
export function corrections(...entries: Correction[]): CorrectionList {
  const merger = new CorrectionMerger()
  for (const { seq, flags = 0, mask = 0, rewards = [] } of entries) {
    const slots = rewards.reduce<number>((bits, reward, slot) => (reward === undefined ? bits : bits | (1 << slot)), 0)
    merger.add(
      seq,
      flags,
      mask,
      slots,
      [0, 1, 2, 3].map((slot) => rewards[slot] ?? 0),
    )
  }
  return merger.list()
}
