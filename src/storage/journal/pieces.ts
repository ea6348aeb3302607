/**
 * Bytes that lie in several pieces, as a ring that wraps has them.
 *
 * @module
 */

import { invalid } from '../../errors.js'

/** `length` bytes from `start` on of what the pieces hold together. */
export function part(pieces: readonly Uint8Array[], start: number, length: number): Uint8Array[] {
  const found: Uint8Array[] = []
  let from = start
  let left = length
  for (const piece of pieces) {
    if (from < piece.length && left > 0) {
      const taken = piece.subarray(from, from + left)
      found.push(taken)
      left -= taken.length
    }
    from = Math.max(0, from - piece.length)
  }
  if (left > 0) throw invalid('pieces', `hold ${start + length} bytes`, start + length - left)
  return found
}
