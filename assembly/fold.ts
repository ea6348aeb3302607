/**
 * The fold: brings the side columns and the sampling index up to date with the ring, when something asks for them.
 * First the new events, in two ranges of slots at most, then those that were marked as changed.
 *
 * The column of types is always folded. The index (leaves and tree) is folded once a weighted sampler has asked for it;
 * it holds the weights (w + ε)^α of one source and one (α, ε) at a time.
 */

import {
  BATCH, EVENT_TYPE, H_ALPHA, H_EPSILON, H_FOLDED, H_FOLDED_EVENTS, H_REBUILDS, H_TREE_SOURCE, HEADER, RECORD_BYTES,
  REWARDS, SOURCE_EXPLICIT, SOURCE_NONE, SOURCE_REWARD,
} from '../src/layout'
import { clearMarks, takeMarks } from './dirty'
import { pow1, pow8 } from './power'
import { foldPriorities, priorityAt } from './priorities'
import { totalReward } from './record'
import { at4, at8, capacity, nextSeq, oldestSeq, priorities, recordAt, size, slotOfBack, types } from './state'
import { leafAt, sumListed, sumRange } from './tree'

/** Slots whose leaves are written and then raised: few, so that memory is not idle while powers are computed. */
const PIECE: u32 = 64
/** Changed slots that are folded in one go: their numbers and then their weights stand at BATCH. */
const LISTED: u32 = 8192
const LIST: usize = BATCH
const WEIGHTS: usize = BATCH + 4 * LISTED

@inline function source(): u32 {
  return load<u32>(HEADER + H_TREE_SOURCE)
}

@inline function base(slot: u32, explicit: bool, epsilon: f64): f64 {
  const weight = explicit ? load<f32>(priorityAt(slot)) : abs<f32>(totalReward(recordAt(slot)))
  return <f64>weight + epsilon
}

@inline function allEqual8(address: usize): bool {
  const first = v128.load64_splat(address)
  const low = v128.and(i64x2.eq(first, v128.load(address)), i64x2.eq(first, v128.load(address, 16)))
  const high = v128.and(i64x2.eq(first, v128.load(address, 32)), i64x2.eq(first, v128.load(address, 48)))
  return i64x2.all_true(v128.and(low, high))
}

/** Raises the `count` f64 at `address` to the power of α. Up to seven behind them are overwritten if `padded`. */
function raise(address: usize, count: u32, alpha: f64, padded: bool): void {
  if (alpha == 1) return
  const end = address + (<usize>count << 3)
  let known: f64 = 0
  let power: f64 = 0
  let at = address
  for (; at + 64 <= end; at += 64) {
    // New events share one explicit priority, and where rewards are rare most totals are 0.
    if (!allEqual8(at)) {
      pow8(at, alpha)
      continue
    }
    const value = load<f64>(at)
    if (value != known) {
      known = value
      power = pow1(value, alpha)
    }
    for (let i: usize = 0; i < 64; i += 8) store<f64>(at + i, power)
  }
  if (padded && at < end) pow8(at, alpha)
  else for (; at < end; at += 8) store<f64>(at, pow1(load<f64>(at), alpha))
}

@inline function foldType(slot: u32, record: usize): void {
  store<u16>(types + (<usize>slot << 1), load<u16>(record, EVENT_TYPE))
}

function foldTypes(from: u32, to: u32): void {
  let record = recordAt(from)
  for (let slot = from; slot < to; slot++) {
    foldType(slot, record)
    // Touches the record's second line: prefetchers follow whole records twice as fast as every other line.
    load<u8>(record, REWARDS)
    record += RECORD_BYTES
  }
}

/** Writes the types and leaves of the slots [from, to). */
function foldRewards(from: u32, to: u32, epsilon: f64): void {
  let record = recordAt(from)
  for (let slot = from; slot < to; slot++) {
    // In one pass, because the fold waits for the records.
    foldType(slot, record)
    store<f64>(leafAt(slot), <f64>abs<f32>(totalReward(record)) + epsilon)
    record += RECORD_BYTES
  }
}

function foldRange(from: u32, to: u32, wanted: u32): void {
  const epsilon = load<f64>(HEADER + H_EPSILON)
  const alpha = load<f64>(HEADER + H_ALPHA)
  for (let start = from; start < to; start += PIECE) {
    const end = min(start + PIECE, to)
    if (wanted == SOURCE_REWARD) foldRewards(start, end, epsilon)
    else foldTypes(start, end)
    if (wanted == SOURCE_EXPLICIT) {
      for (let slot = start; slot < end; slot++) store<f64>(leafAt(slot), base(slot, true, epsilon))
    }
    if (wanted != SOURCE_NONE) raise(leafAt(start), end - start, alpha, false)
  }
  if (wanted != SOURCE_NONE) sumRange(from, to)
}

function foldChanged(): void {
  const explicit = source() == SOURCE_EXPLICIT
  const epsilon = load<f64>(HEADER + H_EPSILON)
  const alpha = load<f64>(HEADER + H_ALPHA)
  for (let n = takeMarks(LIST, LISTED); n; n = takeMarks(LIST, LISTED)) {
    if (explicit) {
      for (let i: u32 = 0; i < n; i++) store<f64>(at8(WEIGHTS, i), base(load<u32>(at4(LIST, i)), true, epsilon))
    } else {
      for (let i: u32 = 0; i < n; i++) store<f64>(at8(WEIGHTS, i), base(load<u32>(at4(LIST, i)), false, epsilon))
    }
    raise(WEIGHTS, n, alpha, true)
    for (let i: u32 = 0; i < n; i++) store<f64>(leafAt(load<u32>(at4(LIST, i))), load<f64>(at8(WEIGHTS, i)))
    sumListed(LIST, n)
    count(n)
  }
}

@inline function count(events: u32): void {
  store<i64>(HEADER + H_FOLDED_EVENTS, load<i64>(HEADER + H_FOLDED_EVENTS) + events)
}

/** Folds the newest `events` events, the ring's wrap included. */
function foldNewest(events: u32, wanted: u32): void {
  const start = slotOfBack(events)
  const first = min(events, capacity - start)
  foldRange(start, start + first, wanted)
  foldRange(0, events - first, wanted)
  count(events)
}

/** Brings columns and index up to date. */
export function fold(): void {
  const next = nextSeq()
  const folded = load<i64>(HEADER + H_FOLDED)
  const weighted = source() != SOURCE_NONE
  if (weighted && priorities) foldPriorities()
  if (folded != next) {
    foldNewest(<u32>min<i64>(next - folded, size()), source())
    store<i64>(HEADER + H_FOLDED, next)
  }
  if (weighted) foldChanged()
}

/** Makes the index hold (w + ε)^α of `wanted`, up to date; α > 0. */
export function foldWeights(wanted: u32, alpha: f64, epsilon: f64): void {
  const same = source() == wanted &&
    load<f64>(HEADER + H_ALPHA) == alpha && load<f64>(HEADER + H_EPSILON) == epsilon
  if (!same) {
    if (source() != SOURCE_NONE) store<i64>(HEADER + H_REBUILDS, load<i64>(HEADER + H_REBUILDS) + 1)
    store<u32>(HEADER + H_TREE_SOURCE, wanted)
    store<f64>(HEADER + H_ALPHA, alpha)
    store<f64>(HEADER + H_EPSILON, epsilon)
    clearMarks()
    // Everything live is new to this index.
    store<i64>(HEADER + H_FOLDED, oldestSeq())
  }
  fold()
}
