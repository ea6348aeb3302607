/**
 * u64 fields as numbers, in two halves: a BigInt for each would be garbage.
 *
 * @module
 */

const HIGH = 2 ** 32

/** Stores an integer in [0, 2^53). */
export function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true)
  view.setUint32(at + 4, Math.floor(value / HIGH), true)
}

/** The integer there; one of 2^53 or more comes back inexact, so above every number that is in use. */
export function getU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * HIGH
}
