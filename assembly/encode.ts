/**
 * An event from its stage and arguments to the 128 bytes of a record: what is checked, and what is stored where.
 */

import {
  ACTION, ADNA_VERSION_HASH, EPISODE_ID, EPISODE_STAGED, EVENT_ID, EVENT_TYPE, ID_GIVEN, ID_V7, REFUSED_ACTION,
  REFUSED_EPISODE, REFUSED_REWARD, REFUSED_STATE, REFUSED_TIMESTAMP, REWARDS, STATE, STEP_NUMBER, TIMESTAMP,
} from '../src/layout'
import { writeId } from './ids'
import { actionIsFinite, isSafeUnsigned, rewardIsInRange, stateIsFinite } from './record'

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

/** Clears the vectors of a stage. */
@inline export function clearStage(stage: usize): void {
  const zero = i64x2.splat(0)
  v128.store(stage, zero, 40)
  v128.store(stage, zero, 56)
  v128.store(stage, zero, 72)
  v128.store(stage, zero, 88)
}

/** Why the event of `stage` is refused, or 0. */
@inline export function refusal(
  stage: usize, timestamp: f64, episode: f64, how: u32, h: f32, c: f32, e: f32, g: f32,
): u32 {
  if (!isSafeUnsigned(timestamp)) return REFUSED_TIMESTAMP
  if (!(how & EPISODE_STAGED) && !isSafeUnsigned(episode)) return REFUSED_EPISODE
  if (!stateIsFinite(stage)) return REFUSED_STATE
  if (!actionIsFinite(stage)) return REFUSED_ACTION
  const good = rewardIsInRange(h) & rewardIsInRange(c) & rewardIsInRange(e) & rewardIsInRange(g)
  return good ? 0 : REFUSED_REWARD
}

/** Assembles the accepted event of `stage` at `record`. */
@inline export function encode(
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
