/**
 * Draws with and without replacement from the live window. A kernel writes up to CHUNK draws: sequence numbers to
 * OUT_SEQS, slots to OUT_SLOTS and, where they differ from draw to draw, probabilities to OUT_PROBABILITIES.
 */

import {
  BATCH, OUT_PROBABILITIES, OUT_SEQS, OUT_SLOTS, OUT_WEIGHTS, RECORD_BYTES,
} from '../src/layout'
import { exp, expMinusOne, ln, lnOnePlus, powPair } from './power'
import { below, below64, unit } from './random'
import { copyRecord } from './encode'
import {
  at4, at8, capacity, headSlot, matches, nextSeq, oldestSeq, rankOfSlot, recordAt, size, slotOfRank, tailSlot,
} from './state'
import { findSlots, leafAt, total } from './tree'

/** Writes draw `i`: the event of rank `rank`. */
@inline export function emit(i: u32, rank: u32, slot: u32, oldest: i64): void {
  store<f64>(at8(OUT_SEQS, i), <f64>(oldest + rank))
  store<u32>(at4(OUT_SLOTS, i), slot)
}

@inline function emitProbability(i: u32, probability: f64): void {
  store<f64>(at8(OUT_PROBABILITIES, i), probability)
}

/** `count` uniform draws with replacement; the window is not empty. */
export function drawUniform(count: u32): void {
  const n = size()
  const tail = tailSlot()
  const oldest = oldestSeq()
  for (let i: u32 = 0; i < count; i++) {
    const rank = below(n)
    emit(i, rank, slotOfRank(rank, tail), oldest)
  }
}

/**
 * `count` uniform draws of ranks that are not yet marked in the bitmap of matches, which are then marked; the caller
 * sees to it that at most half are.
 */
export function drawDistinct(count: u32): void {
  const n = size()
  const tail = tailSlot()
  const oldest = oldestSeq()
  for (let i: u32 = 0; i < count; i++) {
    let rank = below(n)
    let address = at8(matches, rank >> 6)
    let bits = load<u64>(address)
    while ((bits >> (rank & 63)) & 1) {
      rank = below(n)
      address = at8(matches, rank >> 6)
      bits = load<u64>(address)
    }
    store<u64>(address, bits | ((<u64>1) << (rank & 63)))
    emit(i, rank, slotOfRank(rank, tail), oldest)
  }
}

/** Takes away the marks of the `count` draws at OUT_SEQS. */
export function unmarkDraws(count: u32): void {
  const oldest = oldestSeq()
  for (let i: u32 = 0; i < count; i++) {
    const rank = <u32>(<i64>load<f64>(at8(OUT_SEQS, i)) - oldest)
    store<u64>(at8(matches, rank >> 6), 0)
  }
}

/** The sum of the index; 0 says that there is nothing to weigh by. */
export function weightTotal(): f64 {
  return total()
}

/**
 * `count` draws with replacement in proportion to the leaves, whose sum is positive. Returns the least probability
 * drawn.
 */
export function drawWeighted(count: u32): f64 {
  const sum = total()
  const head = headSlot()
  const next = nextSeq()
  for (let i: u32 = 0; i < count; i++) emitProbability(i, unit() * sum)
  findSlots(OUT_PROBABILITIES, OUT_SLOTS, count)
  let least = <f64>Infinity
  for (let i: u32 = 0; i < count; i++) {
    const slot = load<u32>(at4(OUT_SLOTS, i))
    const back = slot < head ? head - slot : head + capacity - slot
    const probability = load<f64>(leafAt(slot)) / sum
    store<f64>(at8(OUT_SEQS, i), <f64>(next - <i64>back))
    emitProbability(i, probability)
    least = min(least, probability)
  }
  return least
}

/** The weights (least / p)^β of the `count` values p at OUT_PROBABILITIES to OUT_WEIGHTS, f32; β > 0. */
export function importanceWeights(count: u32, least: f64, beta: f64): void {
  const low = f64x2.splat(least)
  for (let i: u32 = 0; i < count; i += 2) {
    const ratio = f64x2.div(low, v128.load(at8(OUT_PROBABILITIES, i)))
    const weight = beta == 1 ? ratio : powPair(ratio, beta)
    store<f32>(at4(OUT_WEIGHTS, i), <f32>f64x2.extract_lane(weight, 0))
    store<f32>(at4(OUT_WEIGHTS, i), <f32>f64x2.extract_lane(weight, 1), 4)
  }
}

/** `count` draws with replacement of an age a with probability in proportion to decay^a; 0 < decay < 1. */
export function drawRecent(count: u32, decay: f64): void {
  const n = size()
  const head = headSlot()
  const next = nextSeq()
  const rate = -ln(decay)
  const mass = -expMinusOne(-rate * <f64>n)
  for (let i: u32 = 0; i < count; i++) {
    const age = <u32>min<f64>(floor<f64>(-lnOnePlus(-unit() * mass) / rate), <f64>(n - 1))
    const slot = age < head ? head - 1 - age : head + capacity - 1 - age
    store<f64>(at8(OUT_SEQS, i), <f64>(next - 1 - <i64>age))
    store<u32>(at4(OUT_SLOTS, i), slot)
    emitProbability(i, (exp(-rate * <f64>age) * (1 - decay)) / mass)
  }
}

/** The probability of age `age` in a draw of `drawRecent`. */
export function recencyProbability(age: f64, decay: f64): f64 {
  const rate = -ln(decay)
  return (exp(-rate * age) * (1 - decay)) / -expMinusOne(-rate * <f64>size())
}

/** The rank from 1 to n that holds `point` of 0 … n(n+1)/2 − 1, when rank r holds r of them. */
@inline function rankOfPoint(point: u64): u32 {
  let rank = <u64>((sqrt<f64>(8 * <f64>point + 1) + 1) / 2)
  // The square root may be one off in either direction for large points.
  while ((rank * (rank - 1)) / 2 > point) rank--
  while ((rank * (rank + 1)) / 2 <= point) rank++
  return <u32>rank
}

/** The weight of an event under `mixed`. */
@inline export function mixedWeight(leaf: f64, rank: u32, n: u32, rewardWeight: f64, recencyWeight: f64): f64 {
  return rewardWeight * leaf + (recencyWeight * <f64>(rank + 1)) / <f64>n
}

/** The sum of those weights. */
@inline function mixedTotal(n: u32, rewardWeight: f64, recencyWeight: f64): f64 {
  return rewardWeight * total() + (recencyWeight * (<f64>n + 1)) / 2
}

/** `count` draws with replacement under `mixed`; the leaves hold |total reward|, not all weights are 0. */
export function drawMixed(count: u32, rewardWeight: f64, recencyWeight: f64): void {
  const n = size()
  const tail = tailSlot()
  const oldest = oldestSeq()
  const sum = mixedTotal(n, rewardWeight, recencyWeight)
  const byReward = rewardWeight * total()
  const points = (<u64>n * (<u64>n + 1)) / 2
  for (let i: u32 = 0; i < count; i++) {
    let rank: u32
    let slot: u32
    if (unit() * sum < byReward) {
      emitProbability(i, unit() * total())
      findSlots(at8(OUT_PROBABILITIES, i), at4(OUT_SLOTS, i), 1)
      slot = load<u32>(at4(OUT_SLOTS, i))
      rank = rankOfSlot(slot, tail)
    } else {
      rank = rankOfPoint(below64(points)) - 1
      slot = slotOfRank(rank, tail)
    }
    emit(i, rank, slot, oldest)
    emitProbability(i, mixedWeight(load<f64>(leafAt(slot)), rank, n, rewardWeight, recencyWeight) / sum)
  }
}

/** The sum of the weights under `mixed`. */
export function mixedWeightTotal(rewardWeight: f64, recencyWeight: f64): f64 {
  return mixedTotal(size(), rewardWeight, recencyWeight)
}

/** The weight of the event at `slot` under `mixed`. */
export function mixedWeightOf(slot: u32, rewardWeight: f64, recencyWeight: f64): f64 {
  const rank = rankOfSlot(slot, tailSlot())
  return mixedWeight(load<f64>(leafAt(slot)), rank, size(), rewardWeight, recencyWeight)
}

/** Copies the records of the `count` slots at OUT_SLOTS to BATCH. */
export function gather(count: u32): void {
  // Both lines of every record are touched first: more loads are then under way at a time than while copying.
  for (let i: u32 = 0; i < count; i++) {
    const record = recordAt(load<u32>(at4(OUT_SLOTS, i)))
    load<u8>(record)
    load<u8>(record, 64)
  }
  let target: usize = BATCH
  for (let i: u32 = 0; i < count; i++) {
    copyRecord(target, recordAt(load<u32>(at4(OUT_SLOTS, i))))
    target += RECORD_BYTES
  }
}
