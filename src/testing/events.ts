/**
 * Events for tests of stores: made from a seed, the same ones every time.
 *
 * @module
 */

import * as L from '../layout.js'
import type { EventMetadata, StoredEvents } from '../storage/cold/cold-storage.js'
import type { CorrectionList } from '../storage/journal/corrections.js'

/** 2026-11-21T00:00:00Z in µs. */
export const SOME_DAY_US = 1_795_219_200_000_000

/** What may be chosen about events that are made. */
export interface MadeEvents {
  /** Timestamp in µs of an event. Default: an hour from event to event, from {@link SOME_DAY_US} on. */
  readonly timestamp?: (seq: number) => number
  /** Default: five in turn, among them the largest u64. */
  readonly episode?: (seq: number) => bigint
  /** Default: three in turn. */
  readonly type?: (seq: number) => number
  /** Default: 8, the PERSIST flag, for every other one. */
  readonly flags?: (seq: number) => number
  /** Default: some for every seventh. */
  readonly metadata?: (seq: number) => EventMetadata | undefined
}

const EPISODES = [1n, 2n, 3n, 2n ** 53n + 1n, 2n ** 64n - 1n]
const TYPES = [0x0200, 0x0201, 0xffff]
const HOUR_US = 3_600_000_000

/** The events of [start, end), each of its own number alone. */
export function makeEvents(start: number, end: number, made: MadeEvents = {}): StoredEvents {
  const seqs = Float64Array.from({ length: end - start }, (_, i) => start + i)
  return makeEventsOf(seqs, made)
}

/** The events of ascending numbers. */
export function makeEventsOf(seqs: Float64Array, made: MadeEvents = {}): StoredEvents {
  const { timestamp = (seq) => SOME_DAY_US + seq * HOUR_US, episode = (seq) => EPISODES[seq % 5] as bigint } = made
  const { type = (seq) => TYPES[seq % 3] as number, flags = (seq) => (seq % 2 === 0 ? 8 : 0) } = made
  const { metadata = someMetadata } = made
  const length = seqs.length
  const bytes = new Uint8Array(length * L.RECORD_BYTES)
  const view = new DataView(bytes.buffer)
  const found = new Map<number, EventMetadata>()
  for (let i = 0; i < length; i++) {
    const seq = seqs[i] as number
    const at = i * L.RECORD_BYTES
    for (let k = 0; k < 16; k++) bytes[at + L.EVENT_ID + k] = hash(seq * 16 + k)
    view.setBigUint64(at + L.TIMESTAMP, BigInt(timestamp(seq)), true)
    view.setBigUint64(at + L.EPISODE_ID, episode(seq), true)
    view.setUint32(at + L.STEP_NUMBER, 2 ** 32 - 1 - (seq % 1000), true)
    view.setUint16(at + L.EVENT_TYPE, type(seq), true)
    view.setUint16(at + L.FLAGS, flags(seq), true)
    for (let k = 0; k < L.VECTOR_LENGTH; k++) {
      view.setFloat32(at + L.STATE + k * 4, hash(seq + k) / 7, true)
      view.setFloat32(at + L.ACTION + k * 4, k === 7 ? -0 : -hash(seq - k) / 3, true)
    }
    view.setUint32(at + L.ADNA_VERSION_HASH, 2 ** 32 - 1 - hash(seq), true)
    const given = metadata(seq)
    if (given !== undefined) found.set(seq, given)
  }
  return { length, seqs, bytes, masks: new Uint8Array(length), metadata: found }
}

/** Corrections that give one reward slot a value each: `[seq, slot, reward]`, ascending by number. */
export function makeCorrections(entries: readonly (readonly [number, number, number])[]): CorrectionList {
  const rewards = new Float32Array(entries.length * L.REWARD_SLOTS)
  for (const [i, [, slot, reward]] of entries.entries()) rewards[i * L.REWARD_SLOTS + slot] = reward
  return {
    length: entries.length,
    seqs: Float64Array.from(entries, ([seq]) => seq),
    flags: new Uint16Array(entries.length),
    masks: Uint8Array.from(entries, ([, slot]) => 1 << slot),
    slots: Uint8Array.from(entries, ([, slot]) => 1 << slot),
    rewards,
  }
}

function someMetadata(seq: number): EventMetadata | undefined {
  if (seq % 7 !== 0) return undefined
  return { intentType: `intent ${seq}`, parameters: { deep: [seq, null, 'é', { x: 0.5 }] } }
}

function hash(value: number): number {
  return (Math.imul(value, 2654435761) >>> 24) & 255
}
