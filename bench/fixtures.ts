/**
 * The events that the benches write: the same in every run, with every field used.
 *
 * @module
 */

import { EventType } from 'experience-stream'

/** Bytes of a record. */
export const RECORD_BYTES = 128

/** Events of a batch, where threads write or read in batches. */
export const BATCH = 1024

/** Unix µs of the first event; each later one is 10 µs on. */
export const START_US = 1_700_000_000_000_000

/** Steps of an episode. */
export const EPISODE_STEPS = 256

/** Codes of the events, each for one in 20: 5 % of the events have any one of them. */
export const TYPES: readonly number[] = Object.values(EventType).slice(0, 20)

/** A type code by position, out of `distinct` codes of which the first 20 are known ones. */
export function typeAt(i: number): number {
  return TYPES[i % 20] ?? 0
}

/** A number in [0, 1) that depends on `i` alone. */
export function noise(i: number): number {
  let x = Math.imul(i + 0x9e3779b9, 0x85ebca6b)
  x ^= x >>> 13
  x = Math.imul(x, 0xc2b2ae35)
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32
}

/** A generator of 32-bit numbers (xorshift) for places in random order. */
export function randomPlaces(seed: number): (below: number) => number {
  let x = seed | 1
  return (below) => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return Math.floor(((x >>> 0) / 2 ** 32) * below)
  }
}

/** `n` packed records from event number `from` on, with ids of their own, types by `type`. */
export function packedRecords(from: number, n: number, type: (i: number) => number = typeAt): Uint8Array {
  const bytes = new Uint8Array(n * RECORD_BYTES)
  const data = new DataView(bytes.buffer)
  for (let row = 0; row < n; row++) {
    const i = from + row
    const at = row * RECORD_BYTES
    data.setUint32(at, i >>> 0)
    data.setUint32(at + 4, Math.imul(i, 0x9e3779b1))
    bytes[at + 6] = 0x40
    data.setUint32(at + 8, 0x80000000 | (i & 0x3fffffff))
    data.setBigUint64(at + 16, BigInt(START_US + 10 * i), true)
    data.setBigUint64(at + 24, BigInt(Math.floor(i / EPISODE_STEPS)), true)
    data.setUint32(at + 32, i % EPISODE_STEPS, true)
    data.setUint16(at + 36, type(i), true)
    data.setUint16(at + 38, i % 10 === 0 ? 2 : 0, true)
    for (let f = 0; f < 16; f++) data.setFloat32(at + 40 + 4 * f, noise(i + f), true)
    for (let f = 0; f < 4; f++) data.setFloat32(at + 104 + 4 * f, noise(i + 31 * f) - 0.5, true)
    data.setUint32(at + 120, 7, true)
  }
  return bytes
}

const FILL_BATCH = 8192

/** Writes `count` events into a stream in packed batches. */
export function fill(
  stream: { writeBatch(bytes: Uint8Array): unknown },
  count: number,
  type: (i: number) => number = typeAt,
): void {
  for (let from = 0; from < count; from += FILL_BATCH) {
    stream.writeBatch(packedRecords(from, Math.min(FILL_BATCH, count - from), type))
  }
}
