/**
 * The ring: records go in at the head and are overwritten, oldest first, once the ring is full. A write checks, copies
 * one record, resets the event's mask and moves the head; no index is touched. A refused write changes nothing but the
 * stage it came from.
 */

import {
  BATCH, FLAGS, FULLY_APPRAISED, HEADER, H_BATCH_FLAGS, H_HEAD_SLOT, H_NEXT_SEQ, H_REFUSED_INDEX, H_SIZE, PACKED_SHIFT,
  RECORD_BYTES, REFUSED_ACTION, REFUSED_REWARD, REFUSED_STATE, REFUSED_TIMESTAMP, TIMESTAMP,
} from '../src/layout'
import { fixed } from './area'
import { clearStage, copyRecord, encode, refusal } from './encode'
import { actionIsFinite, floatsAreGood, rewardsAreInRange, SEQ_LIMIT, stateIsFinite } from './record'
import { capacity, headSlot, masks, nextSeq, recordAt, requiredMask, size } from './state'

@inline export function copyRecords(target: usize, source: usize, count: u32): void {
  // Measured: a call to memory.copy pays from some 64 records on.
  if (count < 64) {
    for (let i: u32 = 0; i < count; i++) copyRecord(target + i * RECORD_BYTES, source + i * RECORD_BYTES)
  } else {
    memory.copy(target, source, count * RECORD_BYTES)
  }
}

/** Moves the head by `count` events, which stand in the ring already. */
@inline function publish(count: u32): void {
  store<i64>(HEADER + H_NEXT_SEQ, nextSeq() + count)
  const head = <u64>headSlot() + count
  store<u32>(HEADER + H_HEAD_SLOT, <u32>(head >= capacity ? head % capacity : head))
  store<u32>(HEADER + H_SIZE, <u32>min<u64>(<u64>size() + count, capacity))
}

@inline function initialMask(flags: u32): u32 {
  return flags & FULLY_APPRAISED ? requiredMask : 0
}

/**
 * Writes the event at `stage`, or assembles it as a record of BATCH. The vectors and, if given, the id stand in the
 * stage, the rest are arguments: the type in the low half of `typeAndFlags`, the rewards in the order of the slots.
 * `how` has ID_V7 or ID_GIVEN, EPISODE_STAGED if the episode stands in the stage as u64, and from bit PACKED_SHIFT on 1
 * plus the number of the record in BATCH, or 0. Returns 0 and clears the stage, or why the event was refused.
 */
export function commit(
  stage: usize, timestamp: f64, episode: f64, step: u32, typeAndFlags: u32, adna: u32, how: u32,
  h: f32, c: f32, e: f32, g: f32,
): u32 {
  const refused = refusal(stage, timestamp, episode, how, h, c, e, g)
  if (refused) return refused
  const slot = headSlot()
  const packed = how >> PACKED_SHIFT
  const record = packed ? <usize>BATCH + (packed - 1) * RECORD_BYTES : recordAt(slot)
  encode(record, stage, timestamp, episode, step, typeAndFlags, adna, how, h, c, e, g)
  clearStage(stage)
  if (packed) {
    noteFlags(typeAndFlags >>> 16)
    return 0
  }
  store<u8>(masks + slot, initialMask(typeAndFlags >>> 16))
  store<i64>(HEADER + H_NEXT_SEQ, nextSeq() + 1)
  store<u32>(HEADER + H_HEAD_SLOT, slot + 1 == capacity ? 0 : slot + 1)
  if (size() < capacity) store<u32>(HEADER + H_SIZE, size() + 1)
  return 0
}

/** Checks `count` packed records at BATCH. Returns 0, or why the one at H_REFUSED_INDEX is refused. */
export function checkRecords(count: u32): i32 {
  let flags: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    const record = fixed(BATCH) + i * RECORD_BYTES
    flags |= load<u16>(record, FLAGS)
    const early = load<u64>(record, TIMESTAMP) < <u64>SEQ_LIMIT
    if (early && floatsAreGood(record)) continue
    store<u32>(fixed(HEADER) + H_REFUSED_INDEX, i)
    if (!early) return REFUSED_TIMESTAMP
    if (!stateIsFinite(record)) return REFUSED_STATE
    return actionIsFinite(record) && !rewardsAreInRange(record) ? REFUSED_REWARD : REFUSED_ACTION
  }
  noteFlags(flags)
  return 0
}

/** Remembers the flags of an event of the batch that is being checked; the library clears them before. */
@inline export function noteFlags(flags: u32): void {
  const header = fixed(HEADER)
  store<u32>(header + H_BATCH_FLAGS, load<u32>(header + H_BATCH_FLAGS) | flags)
}

/** Sets the masks of `count` records of the checked batch, which stand in the ring from `slot` on without a wrap. */
function resetMasks(slot: u32, count: u32): void {
  if (!(load<u32>(HEADER + H_BATCH_FLAGS) & FULLY_APPRAISED)) {
    memory.fill(masks + slot, 0, count)
    return
  }
  const first = recordAt(slot)
  for (let i: u32 = 0; i < count; i++) {
    store<u8>(masks + slot + i, initialMask(load<u16>(first + i * RECORD_BYTES, FLAGS)))
  }
}

/** Takes in `count` records that the library has copied to the head; they do not wrap. */
export function publishRecords(count: u32): void {
  resetMasks(headSlot(), count)
  publish(count)
}

/** Writes the `count` checked records at BATCH; at most the capacity. */
export function appendRecords(count: u32): void {
  const slot = headSlot()
  const first = min(count, capacity - slot)
  copyRecords(recordAt(slot), BATCH, first)
  resetMasks(slot, first)
  if (first < count) {
    copyRecords(recordAt(0), BATCH + first * RECORD_BYTES, count - first)
    resetMasks(0, count - first)
  }
  publish(count)
}

/** Passes over `count` sequence numbers: those events of a batch that later ones of the same batch overwrite. */
export function skipEvents(count: f64): void {
  const to = nextSeq() + <i64>count
  const head = (<u64>headSlot() + <u64>count) % capacity
  store<i64>(HEADER + H_NEXT_SEQ, to)
  store<u32>(HEADER + H_HEAD_SLOT, <u32>head)
}
