/**
 * What makes a record acceptable: floats finite, rewards small enough that the sum of four stays finite, timestamps
 * below 2^53.
 */

import { ACTION, REWARDS, STATE } from '../src/layout'

const LARGEST_REWARD: f32 = 8e37
export const SEQ_LIMIT: f64 = 9007199254740992.0

@inline function finite(address: usize): v128 {
  return f32x4.lt(f32x4.abs(v128.load(address)), f32x4.splat(<f32>Infinity))
}

@inline function finite8(address: usize): bool {
  return i32x4.all_true(v128.and(finite(address), finite(address + 16)))
}

@inline export function stateIsFinite(record: usize): bool {
  return finite8(record + STATE)
}

@inline export function actionIsFinite(record: usize): bool {
  return finite8(record + ACTION)
}

@inline export function rewardsAreInRange(record: usize): bool {
  return i32x4.all_true(f32x4.le(f32x4.abs(v128.load(record + REWARDS)), f32x4.splat(LARGEST_REWARD)))
}

@inline export function floatsAreGood(record: usize): bool {
  const vectors = v128.and(
    v128.and(finite(record + STATE), finite(record + STATE + 16)),
    v128.and(finite(record + ACTION), finite(record + ACTION + 16)),
  )
  const rewards = f32x4.le(f32x4.abs(v128.load(record + REWARDS)), f32x4.splat(LARGEST_REWARD))
  return i32x4.all_true(v128.and(vectors, rewards))
}

@inline export function rewardIsInRange(reward: f32): bool {
  return abs<f32>(reward) <= LARGEST_REWARD
}

/** Whether `value` is an integer in [0, 2^53). */
@inline export function isSafeUnsigned(value: f64): bool {
  return value >= 0 && value < SEQ_LIMIT && floor<f64>(value) == value
}

/** The f32 sum of the four rewards, from left to right. */
@inline export function totalReward(record: usize): f32 {
  return ((load<f32>(record, REWARDS) + load<f32>(record, REWARDS + 4)) + load<f32>(record, REWARDS + 8)) +
    load<f32>(record, REWARDS + 12)
}
