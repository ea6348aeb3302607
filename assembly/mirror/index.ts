/**
 * The module of a sampler's own copy of a shared ring: the plain module, and what a copy needs beside it. Its events
 * are the copied ones under numbers of its own, without holes.
 */

import {
  BATCH, CHANGE_BYTES, CHANGE_FLAGS, CHANGE_PRIORITY, CHANGE_REWARDS, FLAGS, H_SIZE, H_TREE_SOURCE, HEADER, OUT_SLOTS,
  REWARDS, SOURCE_EXPLICIT, SOURCE_NONE, SOURCE_REWARD,
} from '../../src/layout'
import { markChanged } from '../dirty'
import { fold } from '../fold'
import { clearMatches } from '../matches'
import { foldPriorities, setPriority } from '../priorities'
import { skipEvents } from '../ring'
import { dropRun } from '../runs'
import { at4, capacity, priorities, recordAt, size, slotOfBack, tailSlot } from '../state'
import { leafAt, sumRange } from '../tree'

export * from '../index'

@inline function source(): u32 {
  return load<u32>(HEADER + H_TREE_SOURCE)
}

/** Takes the events of the slots [from, to) out of the indexes. */
function forget(from: u32, to: u32): void {
  for (let slot = from; slot < to; slot++) {
    dropRun(slot)
    if (priorities) setPriority(slot, 0)
    if (source() != SOURCE_NONE) store<f64>(leafAt(slot), 0)
  }
  if (source() != SOURCE_NONE) sumRange(from, to)
}

/** Evicts the `count` oldest events. */
export function evictOldest(count: u32): void {
  if (!count) return
  fold()
  if (priorities) foldPriorities()
  // Marks go by ranks, which change.
  clearMatches()
  const tail = tailSlot()
  const first = min(count, capacity - tail)
  forget(tail, tail + first)
  forget(0, count - first)
  store<u32>(HEADER + H_SIZE, size() - count)
}

/**
 * Moves the head on by `count` events that nobody has copied, so that events stand in the slots where a ring that has
 * seen all of them would have them: draws depend on that. What stands in their slots is no event and has to be evicted
 * before the next search, but not before the next events are in, which take their first priorities from these.
 */
export function skipSlots(count: f64): void {
  skipEvents(count)
  store<u32>(HEADER + H_SIZE, <u32>min<i64>(<i64>size() + <i64>count, <i64>capacity))
}

/** Takes in the `count` changes at BATCH, for the events as far behind the head as OUT_SLOTS says; 0 is skipped. */
export function applyChanges(count: u32): void {
  if (priorities) foldPriorities()
  for (let i: u32 = 0; i < count; i++) {
    const back = load<u32>(at4(OUT_SLOTS, i))
    if (!back) continue
    const change = <usize>BATCH + i * CHANGE_BYTES
    const slot = slotOfBack(back)
    const record = recordAt(slot)
    store<u16>(record, load<u32>(change, CHANGE_FLAGS), FLAGS)
    v128.store(record, v128.load(change, CHANGE_REWARDS), REWARDS)
    if (source() == SOURCE_REWARD) markChanged(back)
    const priority = load<f32>(change, CHANGE_PRIORITY)
    if (!priorities || priority != priority) continue
    setPriority(slot, priority)
    if (source() == SOURCE_EXPLICIT) markChanged(back)
  }
}
