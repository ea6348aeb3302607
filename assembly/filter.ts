/**
 * Marks or counts the events that meet the conditions at FILTER: the types by their column, everything else in the
 * records of what is left.
 */

import {
  EPISODE_ID, F_CONDITIONS, F_EPISODE, F_FLAGS, F_FROM, F_MAX_REWARD, F_MIN_REWARD, F_TO, F_TYPE_COUNT, F_TYPES,
  FEW_TYPES, FILTER, FLAGS, IF_EPISODE, IF_FLAGS, IF_REWARD, IF_TIME, IF_TYPES, TIMESTAMP, TYPE_SET,
} from '../src/layout'
import { fold } from './fold'
import { clearMatches, mark } from './matches'
import { totalReward } from './record'
import { at8, capacity, matches, recordAt, slotOfRank, tailSlot, types } from './state'

@inline function setHas(type: u32): bool {
  return <bool>((load<u8>(<usize>TYPE_SET + (type >> 3)) >> <u8>(type & 7)) & 1)
}

@inline function typeAt(slot: u32): usize {
  return types + (<usize>slot << 1)
}

/** The lanes of `eight` types at `address` that are one of the first `count` wanted. */
@inline function equalTypes(address: usize, count: u32): v128 {
  const eight = v128.load(address)
  let equal = i16x8.eq(eight, i16x8.splat(load<i16>(FILTER, F_TYPES)))
  for (let i: u32 = 1; i < count; i++) {
    equal = v128.or(equal, i16x8.eq(eight, i16x8.splat(load<i16>(<usize>FILTER + (<usize>i << 1), F_TYPES))))
  }
  return equal
}

/** Which of the 16 types at `address` are wanted, a bit each. */
@inline function wanted16(address: usize, count: u32): u64 {
  const equal = i8x16.narrow_i16x8_s(equalTypes(address, count), equalTypes(address + 16, count))
  return <u64><u32>i8x16.bitmask(equal)
}

@inline function wantedOne16(address: usize, type: v128): u64 {
  const low = i16x8.eq(v128.load(address), type)
  return <u64><u32>i8x16.bitmask(i8x16.narrow_i16x8_s(low, i16x8.eq(v128.load(address, 16), type)))
}

/** Marks the wanted types among the slots [from, to), whose first has rank `rank`. */
function markTypes(from: u32, to: u32, rank: u32): void {
  const count = load<u32>(FILTER, F_TYPE_COUNT)
  const type = v128.load16_splat(FILTER, F_TYPES)
  const shift = <u64>(rank & 63)
  let target = at8(matches, rank >> 6)
  let slot = from
  if (count <= <u32>FEW_TYPES) {
    for (; slot + 64 <= to; slot += 64) {
      const at = typeAt(slot)
      const bits = count == 1
        ? wantedOne16(at, type) | (wantedOne16(at + 32, type) << 16) | (wantedOne16(at + 64, type) << 32) |
          (wantedOne16(at + 96, type) << 48)
        : wanted16(at, count) | (wanted16(at + 32, count) << 16) | (wanted16(at + 64, count) << 32) |
          (wanted16(at + 96, count) << 48)
      // Without a branch on what was found, which nothing could predict. A shift of 64 would be one of 0.
      store<u64>(target, load<u64>(target) | (bits << shift))
      if (shift) store<u64>(target, bits >> (64 - shift), 8)
      target += 8
    }
  }
  for (; slot < to; slot++) if (setHas(load<u16>(typeAt(slot)))) mark(rank + (slot - from))
}

/** The sum of the eight lanes. */
@inline function sumLanes(lanes: v128): u32 {
  const wide = i32x4.add(i32x4.extend_low_i16x8_s(lanes), i32x4.extend_high_i16x8_s(lanes))
  return i32x4.extract_lane(wide, 0) + i32x4.extract_lane(wide, 1) + i32x4.extract_lane(wide, 2) +
    i32x4.extract_lane(wide, 3)
}

/** Vectors of eight types that a lane can count before it would overflow, in steps of four. */
const MOST_VECTORS: u32 = 32764

/** Counts one type among the slots [from, to), which are a multiple of 32. */
function countOne(from: u32, to: u32): u32 {
  const wanted = i16x8.splat(load<i16>(FILTER, F_TYPES))
  let found: u32 = 0
  for (let start = from; start < to; start += 8 * MOST_VECTORS) {
    const end = typeAt(min(start + 8 * MOST_VECTORS, to))
    let even = i16x8.splat(0)
    let odd = i16x8.splat(0)
    for (let address = typeAt(start); address < end; address += 64) {
      even = i16x8.sub(even, i16x8.eq(v128.load(address), wanted))
      odd = i16x8.sub(odd, i16x8.eq(v128.load(address, 16), wanted))
      even = i16x8.sub(even, i16x8.eq(v128.load(address, 32), wanted))
      odd = i16x8.sub(odd, i16x8.eq(v128.load(address, 48), wanted))
    }
    found += sumLanes(even) + sumLanes(odd)
  }
  return found
}

/** Counts the wanted types among the slots [from, to). */
function countTypes(from: u32, to: u32): u32 {
  const count = load<u32>(FILTER, F_TYPE_COUNT)
  let found: u32 = 0
  let slot = from
  if (count == 1) {
    const end = from + ((to - from) & ~31)
    found = countOne(from, end)
    slot = end
  } else if (count <= <u32>FEW_TYPES) {
    for (; slot + 8 <= to; slot += 8) found += <u32>popcnt<u32>(i16x8.bitmask(equalTypes(typeAt(slot), count)))
  }
  for (; slot < to; slot++) found += <u32>setHas(load<u16>(typeAt(slot)))
  return found
}

/** Whether the record meets the conditions other than that of the types. */
@inline function meets(record: usize, conditions: u32): bool {
  if (conditions & IF_FLAGS) {
    const wanted = load<u32>(FILTER, F_FLAGS)
    if ((load<u16>(record, FLAGS) & wanted) != wanted) return false
  }
  if (conditions & IF_EPISODE && load<u64>(record, EPISODE_ID) != load<u64>(FILTER, F_EPISODE)) return false
  if (conditions & IF_TIME) {
    const timestamp = <f64>load<u64>(record, TIMESTAMP)
    if (timestamp < load<f64>(FILTER, F_FROM) || timestamp >= load<f64>(FILTER, F_TO)) return false
  }
  if (conditions & IF_REWARD) {
    const reward = <f64>totalReward(record)
    if (reward < load<f64>(FILTER, F_MIN_REWARD) || reward > load<f64>(FILTER, F_MAX_REWARD)) return false
  }
  return true
}

/** Marks what meets the conditions among the ranks [from, to) and takes all other marks away. */
export function markFilter(from: u32, to: u32): void {
  const conditions = load<u32>(FILTER, F_CONDITIONS)
  const tail = tailSlot()
  clearMatches()
  if (from >= to) return
  if (!(conditions & IF_TYPES)) {
    for (let rank = from; rank < to; rank++) if (meets(recordAt(slotOfRank(rank, tail)), conditions)) mark(rank)
    return
  }
  fold()
  const start = slotOfRank(from, tail)
  const first = min(to - from, capacity - start)
  markTypes(start, start + first, from)
  markTypes(0, to - from - first, from + first)
  if (conditions != IF_TYPES) sift(from >> 6, (to + 63) >> 6, tail, conditions)
}

/** Takes the marks in the words [from, to) away whose events do not meet the other conditions. */
function sift(from: u32, to: u32, tail: u32, conditions: u32): void {
  for (let word = from; word < to; word++) {
    const address = at8(matches, word)
    const marked = load<u64>(address)
    let kept = marked
    for (let bits = marked; bits; bits &= bits - 1) {
      const bit = <u32>ctz<u64>(bits)
      const slot = slotOfRank((word << 6) + bit, tail)
      if (!meets(recordAt(slot), conditions)) kept ^= (<u64>1) << bit
    }
    if (kept != marked) store<u64>(address, kept)
  }
}

/** Counts the wanted types among the ranks [from, to), when there is no other condition. */
export function countOfTypes(from: u32, to: u32): u32 {
  if (from >= to) return 0
  fold()
  const tail = tailSlot()
  const start = slotOfRank(from, tail)
  const first = min(to - from, capacity - start)
  return countTypes(start, start + first) + countTypes(0, to - from - first)
}
