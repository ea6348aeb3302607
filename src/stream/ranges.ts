/**
 * Ranges of the live window: where they stand in the ring, and copies of them.
 *
 * @module
 */

import { invalid } from '../errors.js'
import { assertSeq, type Ring } from '../kernel/ring.js'
import * as L from '../layout.js'
import type { EventBatch } from './batch.js'

/** Copies the live events [start, end) to a batch. */
export function copyRange(ring: Ring, start: number, end: number, batch: EventBatch): EventBatch {
  const bytes = batch.own(end - start)
  let at = 0
  for (const piece of pieces(ring, start, end)) {
    bytes.set(piece, at)
    at += piece.length
  }
  return batch.describe(end - start, start, end, 0, true)
}

/** The records of the live events [start, end) where they stand: none, one or two pieces. */
export function pieces(ring: Ring, start: number, end: number): Uint8Array[] {
  if (start >= end) return []
  const { u8 } = ring.kernel
  const from = ring.wordOf(start) * 4
  const bytes = (end - start) * L.RECORD_BYTES
  const first = Math.min(bytes, L.RECORDS + ring.capacity * L.RECORD_BYTES - from)
  if (first === bytes) return [u8.subarray(from, from + bytes)]
  return [u8.subarray(from, from + first), u8.subarray(L.RECORDS, L.RECORDS + bytes - first)]
}

/** @throws {InvalidArgumentError} unless both are sequence numbers and in order. */
export function assertRange(start: number, end: number): void {
  assertSeq(start, 'start')
  assertSeq(end, 'end')
  if (end < start) throw invalid('end', `be at least start = ${start}`, end)
}
