/**
 * Late writes to live events: reward slots, the mask of who has scored an event, explicit priorities. They change the
 * record and mark the event for the index. The write that completes the mask sets FULLY_APPRAISED and is counted; an
 * event is completed once.
 *
 * Events are named by `back`, the distance from the head, which the library has checked.
 */

import {
  FLAGS, FULLY_APPRAISED, H_FULLY_APPRAISED, H_TREE_SOURCE, HEADER, IN_VALUES, OUT_SLOTS, REWARDS, SOURCE_EXPLICIT,
  SOURCE_REWARD,
} from '../src/layout'
import { markChanged } from './dirty'
import { foldPriorities, priorityAt, setPriority } from './priorities'
import { rewardIsInRange } from './record'
import { at4, masks, recordAt, requiredMask, slotOfBack } from './state'

@inline function complete(slot: u32, bits: u32): void {
  const before = load<u8>(masks + slot)
  const mask = before | bits
  store<u8>(masks + slot, mask)
  // Complete before: the flag is set, or was when the mask became complete; the record need not be read for it.
  if ((mask & requiredMask) != requiredMask || (before & requiredMask) == requiredMask) return
  const record = recordAt(slot)
  const flags = load<u16>(record, FLAGS)
  store<u16>(record, flags | FULLY_APPRAISED, FLAGS)
  store<i64>(HEADER + H_FULLY_APPRAISED, load<i64>(HEADER + H_FULLY_APPRAISED) + 1)
}

@inline function reward(back: u32, appraiser: u32, value: f32): void {
  const slot = slotOfBack(back)
  store<f32>(recordAt(slot) + (<usize>appraiser << 2), value, REWARDS)
  complete(slot, 1 << appraiser)
  if (load<u32>(HEADER + H_TREE_SOURCE) == SOURCE_REWARD) markChanged(back)
}

/** Writes one reward slot. False if the reward is out of range: nothing is written. */
export function setReward(back: u32, appraiser: u32, value: f32): bool {
  if (!rewardIsInRange(value)) return false
  reward(back, appraiser, value)
  return true
}

/** Sets bits of the mask alone. */
export function setMaskBits(back: u32, bits: u32): void {
  complete(slotOfBack(back), bits)
}

/** The mask of an event. */
export function maskOf(back: u32): u32 {
  return load<u8>(masks + slotOfBack(back))
}

/** The first of `count` rewards at IN_VALUES that is out of range, or -1. */
export function checkRewards(count: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    if (!rewardIsInRange(load<f32>(at4(IN_VALUES, i)))) return i
  }
  return -1
}

/** Writes `count` checked rewards at IN_VALUES to the events whose `back` stands at OUT_SLOTS; 0 is skipped. */
export function setRewards(count: u32, appraiser: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const back = load<u32>(at4(OUT_SLOTS, i))
    if (back) reward(back, appraiser, load<f32>(at4(IN_VALUES, i)))
  }
}

/** The first of `count` priorities at IN_VALUES that is negative or not finite, or -1. */
export function checkPriorities(count: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    const priority = load<f32>(at4(IN_VALUES, i))
    if (!(priority >= 0 && priority < <f32>Infinity)) return i
  }
  return -1
}

/** Writes `count` checked priorities at IN_VALUES to the events whose `back` stands at OUT_SLOTS; 0 is skipped. */
export function setPriorities(count: u32): void {
  foldPriorities()
  const indexed = load<u32>(HEADER + H_TREE_SOURCE) == SOURCE_EXPLICIT
  for (let i: u32 = 0; i < count; i++) {
    const back = load<u32>(at4(OUT_SLOTS, i))
    if (!back) continue
    setPriority(slotOfBack(back), load<f32>(at4(IN_VALUES, i)))
    if (indexed) markChanged(back)
  }
}

/** Reads the priorities of `count` events whose `back` stands at OUT_SLOTS into IN_VALUES; 0 gives NaN. */
export function readPriorities(count: u32): void {
  foldPriorities()
  for (let i: u32 = 0; i < count; i++) {
    const back = load<u32>(at4(OUT_SLOTS, i))
    store<f32>(at4(IN_VALUES, i), back ? load<f32>(priorityAt(slotOfBack(back))) : <f32>NaN)
  }
}
