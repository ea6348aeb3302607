/**
 * The fold: brings the side columns and the sampling index up to date with the ring, when something asks for them.
 * First the new events, in two ranges of slots at most, then those that were marked as changed.
 *
 * The column of types is always folded. The index (leaves and tree) is folded once a weighted sampler has asked for it;
 * it holds the weights (w + ε)^α of one source and one (α, ε) at a time.
 */

import {
  EVENT_TYPE, H_ALPHA, H_EPSILON, H_FOLDED, H_FOLDED_EVENTS, H_REBUILDS, H_TREE_SOURCE, HEADER, RECORD_BYTES,
  SOURCE_EXPLICIT, SOURCE_NONE,
} from '../src/layout'
import { clearMarks, nextMarkedWord, takeMarks } from './dirty'
import { pow1, powAll } from './power'
import { foldPriorities, priorityAt } from './priorities'
import { totalReward } from './record'
import { capacity, nextSeq, oldestSeq, priorities, recordAt, size, slotOfBack, types } from './state'
import { leafAt, leaveBlock, leaveLast, sumRange } from './tree'

/** Slots whose leaves are written, raised and summed in one go, while they are in the first-level cache. */
const PIECE: u32 = 1024

@inline function source(): u32 {
  return load<u32>(HEADER + H_TREE_SOURCE)
}

@inline function base(slot: u32, explicit: bool, epsilon: f64): f64 {
  const weight = explicit ? load<f32>(priorityAt(slot)) : abs<f32>(totalReward(recordAt(slot)))
  return <f64>weight + epsilon
}

/** Writes the leaves of the slots [from, to). */
function weigh(from: u32, to: u32): void {
  const explicit = source() == SOURCE_EXPLICIT
  const epsilon = load<f64>(HEADER + H_EPSILON)
  const alpha = load<f64>(HEADER + H_ALPHA)
  for (let start = from; start < to; start += PIECE) {
    const end = min(start + PIECE, to)
    if (explicit) {
      for (let slot = start; slot < end; slot++) store<f64>(leafAt(slot), base(slot, true, epsilon))
    } else {
      for (let slot = start; slot < end; slot++) store<f64>(leafAt(slot), base(slot, false, epsilon))
    }
    if (alpha != 1) powAll(leafAt(start), end - start, alpha)
  }
}

function foldTypes(from: u32, to: u32): void {
  let record = recordAt(from)
  for (let slot = from; slot < to; slot++) {
    store<u16>(types + (<usize>slot << 1), load<u16>(record, EVENT_TYPE))
    record += RECORD_BYTES
  }
}

function foldRange(from: u32, to: u32, weighted: bool): void {
  for (let start = from; start < to; start += PIECE) {
    const end = min(start + PIECE, to)
    foldTypes(start, end)
    if (weighted) weigh(start, end)
  }
  if (weighted) sumRange(from, to)
}

function foldChanged(): void {
  const explicit = source() == SOURCE_EXPLICIT
  const epsilon = load<f64>(HEADER + H_EPSILON)
  const alpha = load<f64>(HEADER + H_ALPHA)
  let previous: u32 = 0xffffffff
  let changed: u32 = 0
  for (let word = nextMarkedWord(); word >= 0; word = nextMarkedWord()) {
    let bits = takeMarks(word)
    changed += <u32>popcnt<u64>(bits)
    while (bits) {
      const slot = (<u32>word << 6) + <u32>ctz<u64>(bits)
      bits &= bits - 1
      const weight = base(slot, explicit, epsilon)
      store<f64>(leafAt(slot), alpha == 1 ? weight : pow1(weight, alpha))
      const block = slot >> 4
      if (block != previous && previous != 0xffffffff) leaveBlock(previous, block)
      previous = block
    }
  }
  if (previous != 0xffffffff) leaveLast(previous)
  count(changed)
}

@inline function count(events: u32): void {
  store<i64>(HEADER + H_FOLDED_EVENTS, load<i64>(HEADER + H_FOLDED_EVENTS) + events)
}

/** Folds the newest `events` events, the ring's wrap included. */
function foldNewest(events: u32, weighted: bool): void {
  const start = slotOfBack(events)
  const first = min(events, capacity - start)
  foldRange(start, start + first, weighted)
  foldRange(0, events - first, weighted)
  count(events)
}

/** Brings columns and index up to date. */
export function fold(): void {
  const next = nextSeq()
  const folded = load<i64>(HEADER + H_FOLDED)
  const weighted = source() != SOURCE_NONE
  if (weighted && priorities) foldPriorities()
  if (folded != next) {
    foldNewest(<u32>min<i64>(next - folded, size()), weighted)
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
