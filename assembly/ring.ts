/**
 * The ring: records go in at the head and are overwritten, oldest first, once the ring is full. A write checks, copies
 * one record, resets the event's mask and moves the head; no index is touched. A refused write changes nothing but the
 * stage it came from.
 */

import {
  ACTION, ADNA_VERSION_HASH, BATCH, EPISODE_ID, EPISODE_STAGED, EVENT_ID, EVENT_TYPE, FLAGS, FULLY_APPRAISED, HEADER,
  H_BATCH_FLAGS, H_HEAD_SLOT, H_NEXT_SEQ, H_REFUSED_INDEX, H_SIZE, ID_GIVEN, ID_V7, PACKED_SHIFT, RECORD_BYTES,
  REFUSED_ACTION, REFUSED_EPISODE, REFUSED_REWARD, REFUSED_STATE, REFUSED_TIMESTAMP, REWARDS, STATE, STEP_NUMBER,
  TIMESTAMP,
} from '../src/layout'
import { writeId } from './ids'
import {
  actionIsFinite, floatsAreGood, isSafeUnsigned, rewardIsInRange, rewardsAreInRange, SEQ_LIMIT, stateIsFinite,
} from './record'
import { capacity, headSlot, masks, nextSeq, recordAt, requiredMask, size } from './state'

@inline export function copyRecord(target: usize, source: usize): void {
  v128.store(target, v128.load(source))
  v128.store(target, v128.load(source, 16), 16)
  v128.store(target, v128.load(source, 32), 32)
  v128.store(target, v128.load(source, 48), 48)
  v128.store(target, v128.load(source, 64), 64)
  v128.store(target, v128.load(source, 80), 80)
  v128.store(target, v128.load(source, 96), 96)
  v128.store(target, v128.load(source, 112), 112)
}

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

@inline function clearStage(stage: usize): void {
  const zero = i64x2.splat(0)
  v128.store(stage, zero, 40)
  v128.store(stage, zero, 56)
  v128.store(stage, zero, 72)
  v128.store(stage, zero, 88)
}

@inline function refusal(stage: usize, timestamp: f64, episode: f64, how: u32, h: f32, c: f32, e: f32, g: f32): u32 {
  if (!isSafeUnsigned(timestamp)) return REFUSED_TIMESTAMP
  if (!(how & EPISODE_STAGED) && !isSafeUnsigned(episode)) return REFUSED_EPISODE
  if (!stateIsFinite(stage)) return REFUSED_STATE
  if (!actionIsFinite(stage)) return REFUSED_ACTION
  const good = rewardIsInRange(h) & rewardIsInRange(c) & rewardIsInRange(e) & rewardIsInRange(g)
  return good ? 0 : REFUSED_REWARD
}

/** Assembles the accepted event of `stage` at `record`. */
@inline function encode(
  record: usize, stage: usize, timestamp: f64, episode: f64, step: u32, typeAndFlags: u32, adna: u32, how: u32,
  h: f32, c: f32, e: f32, g: f32,
): void {
  const us = <i64>timestamp
  if (how & ID_GIVEN) v128.store(record, v128.load(stage), EVENT_ID)
  else writeId(record + EVENT_ID, <bool>(how & ID_V7), us)
  store<i64>(record, us, TIMESTAMP)
  store<i64>(record, how & EPISODE_STAGED ? load<i64>(stage, EPISODE_ID) : <i64>episode, EPISODE_ID)
  store<u32>(record, step, STEP_NUMBER)
  store<u32>(record, typeAndFlags, EVENT_TYPE)
  v128.store(record, v128.load(stage, STATE), STATE)
  v128.store(record, v128.load(stage, STATE + 16), STATE + 16)
  v128.store(record, v128.load(stage, ACTION), ACTION)
  v128.store(record, v128.load(stage, ACTION + 16), ACTION + 16)
  store<f32>(record, h, REWARDS)
  store<f32>(record, c, REWARDS + 4)
  store<f32>(record, e, REWARDS + 8)
  store<f32>(record, g, REWARDS + 12)
  store<u64>(record, <u64>adna, ADNA_VERSION_HASH)
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
    const record = <usize>BATCH + i * RECORD_BYTES
    flags |= load<u16>(record, FLAGS)
    const early = load<u64>(record, TIMESTAMP) < <u64>SEQ_LIMIT
    if (early && floatsAreGood(record)) continue
    store<u32>(HEADER + H_REFUSED_INDEX, i)
    if (!early) return REFUSED_TIMESTAMP
    if (!stateIsFinite(record)) return REFUSED_STATE
    return actionIsFinite(record) && !rewardsAreInRange(record) ? REFUSED_REWARD : REFUSED_ACTION
  }
  noteFlags(flags)
  return 0
}

/** Remembers the flags of an event of the batch that is being checked; the library clears them before. */
@inline export function noteFlags(flags: u32): void {
  store<u32>(HEADER + H_BATCH_FLAGS, load<u32>(HEADER + H_BATCH_FLAGS) | flags)
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
