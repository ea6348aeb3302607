/**
 * The payloads of blocks that are not records, as `format.ts` has them.
 *
 * @module
 */

import { REWARD_SLOTS } from '../../layout.js'
import type { CorrectionList } from './corrections.js'
import * as F from './format.js'

/** The numbers of a block are relative to its first one, in 32 bits. */
const LONGEST_SPAN = 2 ** 32 - 1
/** What a block of corrections or metadata is meant to stay below. */
const ROUGH_PAYLOAD = 512 * 1024
const MOST_CORRECTIONS = Math.floor(ROUGH_PAYLOAD / F.CORRECTION_BYTES)
const METADATA_HEADER = 8
const CORRECTION_WORDS = F.CORRECTION_BYTES / 4

/** A metadata entry of an event, packed. */
export type MetadataEntry = readonly [seq: number, bytes: Uint8Array]

/** The index behind the last entry from `start` on that goes into the same block. */
export function correctionsEnd(list: CorrectionList, start: number): number {
  const first = list.seqs[start] as number
  let end = Math.min(list.length, start + MOST_CORRECTIONS)
  while ((list.seqs[end - 1] as number) - first >= LONGEST_SPAN) end--
  return end
}

/** Entries [start, end) as a payload in `staging`, which is aligned to words, or in a larger buffer if it is too small. */
export function encodeCorrections(list: CorrectionList, start: number, end: number, staging: Uint8Array): Uint8Array {
  const length = (end - start) * F.CORRECTION_BYTES
  const bytes = staging.length < length ? new Uint8Array(length) : staging.subarray(0, length)
  const u32 = new Uint32Array(bytes.buffer, bytes.byteOffset, length / 4)
  const f32 = new Float32Array(bytes.buffer, bytes.byteOffset, length / 4)
  const { seqs, flags, masks, slots, rewards } = list
  const first = seqs[start] as number
  for (let i = start, word = 0; i < end; i++, word += CORRECTION_WORDS) {
    u32[word] = (seqs[i] as number) - first
    u32[word + 1] = (flags[i] as number) | ((masks[i] as number) << 16) | ((slots[i] as number) << 24)
    f32[word + 2] = rewards[i * REWARD_SLOTS] as number
    f32[word + 3] = rewards[i * REWARD_SLOTS + 1] as number
    f32[word + 4] = rewards[i * REWARD_SLOTS + 2] as number
    f32[word + 5] = rewards[i * REWARD_SLOTS + 3] as number
  }
  return bytes
}

/** The entries of a payload whose events are at or behind `start`. */
export function decodeCorrections(payload: Uint8Array, base: number, count: number, start: number): CorrectionList {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  let skipped = 0
  while (skipped < count && base + view.getUint32(skipped * F.CORRECTION_BYTES + F.C_SEQ, true) < start) skipped++
  const length = count - skipped
  const seqs = new Float64Array(length)
  const flags = new Uint16Array(length)
  const masks = new Uint8Array(length)
  const slots = new Uint8Array(length)
  const rewards = new Float32Array(length * REWARD_SLOTS)
  for (let i = 0, at = skipped * F.CORRECTION_BYTES; i < length; i++, at += F.CORRECTION_BYTES) {
    seqs[i] = base + view.getUint32(at + F.C_SEQ, true)
    flags[i] = view.getUint16(at + F.C_FLAGS, true)
    masks[i] = view.getUint8(at + F.C_MASK)
    slots[i] = view.getUint8(at + F.C_SLOTS)
    for (let slot = 0; slot < REWARD_SLOTS; slot++) {
      rewards[i * REWARD_SLOTS + slot] = view.getFloat32(at + F.C_REWARDS + slot * 4, true)
    }
  }
  return { length, seqs, flags, masks, slots, rewards }
}

/** The index behind the last entry from `start` on that goes into the same block. */
export function metadataEnd(entries: readonly MetadataEntry[], start: number): number {
  const [first, bytes] = entries[start] as MetadataEntry
  let length = METADATA_HEADER + bytes.length
  for (let end = start + 1; end < entries.length; end++) {
    const [seq, next] = entries[end] as MetadataEntry
    length += METADATA_HEADER + next.length
    if (length > ROUGH_PAYLOAD || seq - first >= LONGEST_SPAN) return end
  }
  return entries.length
}

/** Entries [start, end) as a payload. */
export function encodeMetadata(entries: readonly MetadataEntry[], start: number, end: number): Uint8Array {
  const chosen = entries.slice(start, end)
  const payload = new Uint8Array(chosen.reduce((sum, [, bytes]) => sum + METADATA_HEADER + bytes.length, 0))
  const view = new DataView(payload.buffer)
  const first = (chosen[0] as MetadataEntry)[0]
  let at = 0
  for (const [seq, bytes] of chosen) {
    view.setUint32(at, seq - first, true)
    view.setUint32(at + 4, bytes.length, true)
    payload.set(bytes, at + METADATA_HEADER)
    at += METADATA_HEADER + bytes.length
  }
  return payload
}

/** Calls back for each entry of a payload; the bytes are its own. */
export function decodeMetadata(
  payload: Uint8Array,
  base: number,
  count: number,
  entry: (seq: number, bytes: Uint8Array) => void,
): void {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  for (let i = 0, at = 0; i < count && at + METADATA_HEADER <= payload.length; i++) {
    const start = at + METADATA_HEADER
    const end = start + view.getUint32(at + 4, true)
    entry(base + view.getUint32(at, true), payload.slice(start, end))
    at = end
  }
}
