/**
 * Batches that arrive as one array per field: checked as a whole, then scattered into records.
 */

import {
  ACTION, ADNA_VERSION_HASH, BATCH, COLUMN_ACTIONS, COLUMN_ADNA, COLUMN_EPISODES, COLUMN_FLAGS, COLUMN_IDS,
  COLUMN_REWARDS, COLUMN_REWARD_BYTES, COLUMN_STATES, COLUMN_STEPS, COLUMN_TIMESTAMPS, COLUMN_TYPES, EPISODE_ID,
  EPISODES_ARE_U64, EVENT_TYPE, FLAGS, H_REFUSED_INDEX, HAS_ACTIONS, HAS_ADNA, HAS_EPISODES, HAS_FLAGS, HAS_IDS,
  HAS_REWARDS, HAS_STATES, HAS_STEPS, HAS_TIMESTAMPS, HAS_TYPES, HEADER, REFUSED_ACTION, REFUSED_EPISODE,
  REFUSED_REWARD, REFUSED_STATE, REFUSED_TIMESTAMP, REWARD_SLOTS, REWARDS, STATE, STEP_NUMBER, TIMESTAMP,
} from '../src/layout'
import { fixed } from './area'
import { writeId } from './ids'
import { isSafeUnsigned, rewardIsInRange } from './record'
import { noteFlags, publishRecords } from './ring'
import { capacity, headSlot, recordAt } from './state'

@inline function row8(column: usize, i: u32): usize {
  return fixed(BATCH) + column + ((<usize>i) << 5)
}

@inline function vectorIsFinite(address: usize): bool {
  const limit = f32x4.splat(<f32>Infinity)
  const low = f32x4.lt(f32x4.abs(v128.load(address)), limit)
  return i32x4.all_true(v128.and(low, f32x4.lt(f32x4.abs(v128.load(address, 16)), limit)))
}

@inline function refuse(reason: i32, index: u32): i32 {
  store<u32>(fixed(HEADER) + H_REFUSED_INDEX, index)
  return reason
}

/** Checks `count` rows of the columns `has`. Returns 0, or why the row at H_REFUSED_INDEX is refused. */
export function checkColumns(count: u32, has: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    if (has & HAS_FLAGS) noteFlags(load<u16>(fixed(BATCH) + (<usize>i << 1), COLUMN_FLAGS))
    if (has & HAS_TIMESTAMPS && !isSafeUnsigned(load<f64>(fixed(BATCH) + (<usize>i << 3), COLUMN_TIMESTAMPS))) {
      return refuse(REFUSED_TIMESTAMP, i)
    }
    if ((has & (HAS_EPISODES | EPISODES_ARE_U64)) == HAS_EPISODES) {
      if (!isSafeUnsigned(load<f64>(fixed(BATCH) + (<usize>i << 3), COLUMN_EPISODES))) return refuse(REFUSED_EPISODE, i)
    }
    if (has & HAS_STATES && !vectorIsFinite(row8(COLUMN_STATES, i))) return refuse(REFUSED_STATE, i)
    if (has & HAS_ACTIONS && !vectorIsFinite(row8(COLUMN_ACTIONS, i))) return refuse(REFUSED_ACTION, i)
    for (let slot: u32 = 0; slot < <u32>REWARD_SLOTS; slot++) {
      if (has & (HAS_REWARDS << slot) && !rewardIsInRange(rewardOf(i, slot))) return refuse(REFUSED_REWARD, i)
    }
  }
  return 0
}

@inline function rewardOf(i: u32, slot: u32): f32 {
  return load<f32>(fixed(BATCH) + (<usize>i << 2) + slot * COLUMN_REWARD_BYTES, COLUMN_REWARDS)
}

@inline function rewardOr0(has: u32, i: u32, slot: u32): f32 {
  return has & (<u32>HAS_REWARDS << slot) ? rewardOf(i, slot) : 0
}

/** Assembles row `i` of the checked columns at `record`. */
@inline export function assembleRow(record: usize, i: u32, has: u32, idMode: i32, now: i64): void {
  const zero = i64x2.splat(0)
  const eight = fixed(BATCH) + (<usize>i << 3)
  const four = fixed(BATCH) + (<usize>i << 2)
  const two = fixed(BATCH) + (<usize>i << 1)
  const timestamp = has & HAS_TIMESTAMPS ? <i64>load<f64>(eight, COLUMN_TIMESTAMPS) : now
  if (has & HAS_IDS) v128.store(record, v128.load(fixed(BATCH) + (<usize>i << 4), COLUMN_IDS))
  else writeId(record, <bool>idMode, timestamp)
  let episode: i64 = 0
  if (has & EPISODES_ARE_U64) episode = load<i64>(eight, COLUMN_EPISODES)
  else if (has & HAS_EPISODES) episode = <i64>load<f64>(eight, COLUMN_EPISODES)
  store<i64>(record, timestamp, TIMESTAMP)
  store<i64>(record, episode, EPISODE_ID)
  store<u32>(record, has & HAS_STEPS ? load<u32>(four, COLUMN_STEPS) : 0, STEP_NUMBER)
  store<u16>(record, has & HAS_TYPES ? load<u16>(two, COLUMN_TYPES) : 0, EVENT_TYPE)
  store<u16>(record, has & HAS_FLAGS ? load<u16>(two, COLUMN_FLAGS) : 0, FLAGS)
  const state = row8(COLUMN_STATES, i)
  v128.store(record, has & HAS_STATES ? v128.load(state) : zero, STATE)
  v128.store(record, has & HAS_STATES ? v128.load(state, 16) : zero, STATE + 16)
  const action = row8(COLUMN_ACTIONS, i)
  v128.store(record, has & HAS_ACTIONS ? v128.load(action) : zero, ACTION)
  v128.store(record, has & HAS_ACTIONS ? v128.load(action, 16) : zero, ACTION + 16)
  store<f32>(record, rewardOr0(has, i, 0), REWARDS)
  store<f32>(record, rewardOr0(has, i, 1), REWARDS + 4)
  store<f32>(record, rewardOr0(has, i, 2), REWARDS + 8)
  store<f32>(record, rewardOr0(has, i, 3), REWARDS + 12)
  store<u64>(record, has & HAS_ADNA ? <u64>load<u32>(four, COLUMN_ADNA) : 0, ADNA_VERSION_HASH)
}

/** Scatters the rows [from, from + count) to the head, without a wrap. */
function scatter(from: u32, count: u32, has: u32, idMode: i32, now: i64): void {
  const head = headSlot()
  for (let k: u32 = 0; k < count; k++) assembleRow(recordAt(head + k), from + k, has, idMode, now)
  publishRecords(count)
}

/**
 * Writes rows [from, from + count) of the checked columns at BATCH; at most the capacity. Rows without a timestamp get
 * `now`, rows without an id one of version `idMode`: the pool must hold `count` more.
 */
export function appendColumns(from: u32, count: u32, has: u32, idMode: i32, now: f64): void {
  const first = min(count, capacity - headSlot())
  scatter(from, first, has, idMode, <i64>now)
  if (first < count) scatter(from + first, count - first, has, idMode, <i64>now)
}
