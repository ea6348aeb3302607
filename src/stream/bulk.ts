/**
 * Bulk updates: lists of sequence numbers with a value for each, checked whole and then written chunk by chunk.
 *
 * @module
 */

import { InvalidArgumentError, invalid, SequenceNotWrittenError } from '../errors.js'
import { rewardError } from '../event/refusal.js'
import { assertSeq } from '../kernel/ring.js'
import * as L from '../layout.js'
import type { BulkResult } from './types.js'
import { assertInteger, LARGEST_BATCH } from './validate.js'

const VALUES = L.IN_VALUES / 4

/** What is written, and how; `i` counts entries of the whole list, `count` those of a chunk. */
export interface BulkKernel {
  /** The first of `count` staged values that is refused, or -1. */
  check(count: number): number
  refuse(value: unknown, i: number): Error
  /** Writes the staged values to entries [from, from + count) of the list and returns how many events were there. */
  write(from: number, count: number): number
}

/**
 * Checks all values, then writes them.
 * @throws what `refuse` gives for a value; nothing is changed then.
 */
export function bulkUpdate(
  seqs: ArrayLike<number>,
  values: ArrayLike<number>,
  name: string,
  f32: Float32Array,
  kernel: BulkKernel,
): BulkResult {
  const { length } = seqs
  const given: unknown = typeof values === 'object' && values !== null ? values.length : undefined
  if (given !== length) {
    throw invalid(name, `have ${length} values, one for each of seqs`, values)
  }
  for (let from = 0; from < length; from += L.CHUNK) {
    const count = Math.min(L.CHUNK, length - from)
    stageValues(f32, values, from, count)
    const refused = kernel.check(count)
    if (refused >= 0) throw kernel.refuse(values[from + refused], from + refused)
  }
  let applied = 0
  for (let from = 0; from < length; from += L.CHUNK) {
    const count = Math.min(L.CHUNK, length - from)
    // A single chunk is staged still.
    if (length > L.CHUNK) stageValues(f32, values, from, count)
    applied += kernel.write(from, count)
  }
  return { applied, corrected: 0, evicted: length - applied }
}

function stageValues(f32: Float32Array, values: ArrayLike<number>, from: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const value: unknown = values[from + i]
    // NaN is refused by the check that follows.
    f32[VALUES + i] = typeof value === 'number' ? value : Number.NaN
  }
}

/** Every entry must be a sequence number below `next`. */
export function assertSeqList(seqs: ArrayLike<number>, next: number): void {
  const length: unknown = typeof seqs === 'object' && seqs !== null ? seqs.length : undefined
  if (typeof length !== 'number') throw invalid('seqs', 'be a list of numbers', seqs)
  assertInteger(length, 'seqs.length', 0, LARGEST_BATCH)
  for (let i = 0; i < length; i++) {
    const seq = seqs[i] as number
    if (seq >= 0 && seq < next && Math.floor(seq) === seq) continue
    assertSeq(seq, `seqs[${i}]`)
    throw new SequenceNotWrittenError(seq, next)
  }
}

/** @throws {InvalidArgumentError} if the stream has no explicit priorities. */
export function assertExplicit(explicit: boolean, call: string): void {
  if (explicit) return
  throw new InvalidArgumentError(`${call} needs a stream created with priority: 'explicit', this one has 'reward'`)
}

/** The error for an entry that is no reward. */
export function refuseReward(value: unknown, i: number): Error {
  return rewardError(value, `rewards[${i}]`)
}

/** The error for an entry that is no priority. */
export function refusePriority(value: unknown, i: number): Error {
  return invalid(`priorities[${i}]`, 'be at least 0 and finite as f32', value)
}
