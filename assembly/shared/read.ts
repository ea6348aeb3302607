/**
 * Reading: a copy of the record, with what was written late laid over it, and then the question whether the event still
 * stands there. A copy for which it does not is thrown away: the event is evicted, since no number comes back.
 */

import {
  CELL_PRIORITY, CELL_STATUS, CONTROL, FLAGS, IN_VALUES, LATE_ABORTED, LATE_APPLIED, LATE_EVICTED,
  LATE_NOT_WRITTEN, M_HOLES, M_MISSED, M_STOPPED, OUT_SEQS, OUT_SLOTS, READ_RECORD, RECORD_BYTES, REWARD_SLOTS,
  REWARDS, S_CLAIMED, S_FRONTIER, STAMP_ABORTED, STAMP_LATE, STAMP_PUBLISHED,
} from '../../src/layout'
import { fixed } from '../area'
import { copyRecord } from '../encode'
import { belongs, floatOf, rewardCell, tagOf, valueOf } from './cells'
import { capacity, cellsAt, fence, firstSeq, member, recordAt, slotOf, slots, stampAt } from './member'
import { isPublished, kindOf, numberOf, stillPublished } from './stamps'

/** Lays over the record at `target` what was written late to event `seq` of `slot`. */
export function overlay(target: usize, slot: u32, seq: i64): void {
  const tag = tagOf(seq)
  // The status first: where it says that all have scored, all their rewards are there.
  const status = atomic.load<i64>(cellsAt(slot) + CELL_STATUS)
  if (belongs(status, tag)) store<u16>(target, valueOf(status), FLAGS)
  for (let appraiser: u32 = 0; appraiser < <u32>REWARD_SLOTS; appraiser++) {
    const cell = atomic.load<i64>(rewardCell(slot, appraiser))
    if (belongs(cell, tag)) store<u32>(target + (<usize>appraiser << 2), valueOf(cell), REWARDS)
  }
}

@inline function copyWithLate(target: usize, slot: u32, seq: i64, stamp: i64): void {
  copyRecord(target, recordAt(slot))
  if (stamp & STAMP_LATE) overlay(target, slot, seq)
}

/** What a stamp that does not say PUBLISHED(seq) says of `seq`. */
@inline export function absence(stamp: i64, seq: i64): u32 {
  const number = numberOf(stamp)
  if (number > seq || seq < firstSeq) return LATE_EVICTED
  return number == seq && kindOf(stamp) == STAMP_ABORTED ? LATE_ABORTED : LATE_NOT_WRITTEN
}

/** Copies event `seq` of `slot`, if it is published when this begins. Returns LATE_APPLIED, or why it is not. */
@inline function copyPublished(target: usize, slot: u32, seq: i64): u32 {
  const stamp = atomic.load<i64>(stampAt(slot))
  if (!isPublished(stamp, seq)) return absence(stamp, seq)
  copyWithLate(target, slot, seq, stamp)
  return LATE_APPLIED
}

/** Whether a stamp says that `seq` has become an event or never will. */
@inline export function settles(stamp: i64, seq: i64): bool {
  return isPublished(stamp, seq) || absence(stamp, seq) != LATE_NOT_WRITTEN
}

/**
 * Copies event `at` to `area` of this thread's fixed areas, by way of READ_RECORD: what stands at `area` stays as it is
 * where there is no such event. Returns LATE_APPLIED, or why there is none.
 */
export function read(at: f64, area: usize): u32 {
  const seq = <i64>at
  const slot = slotOf(seq)
  const absent = copyPublished(fixed(READ_RECORD), slot, seq)
  if (absent) return absent
  if (!stillPublished(slot, seq)) return LATE_EVICTED
  if (area != READ_RECORD) copyRecord(fixed(area), fixed(READ_RECORD))
  return LATE_APPLIED
}

/** The same, straight to `area` and without a look whether the copy is whole: to show that the look is needed. */
export function readUnchecked(at: f64, area: usize): u32 {
  const seq = <i64>at
  return copyPublished(fixed(area), slotOf(seq), seq)
}

/** Whether event `at` stands in the ring. */
export function isReadable(at: f64): bool {
  const seq = <i64>at
  return isPublished(atomic.load<i64>(stampAt(slotOf(seq))), seq)
}

/** The number behind the last that was claimed. */
export function claimed(): f64 {
  return <f64>atomic.load<i64>(CONTROL + S_CLAIMED)
}

/** Whether number `at` has become an event or never will. */
export function isSettled(at: f64): bool {
  const seq = <i64>at
  const stamp = atomic.load<i64>(stampAt(slotOf(seq)))
  return settles(stamp, seq)
}

@inline function seqAt(i: u32): usize {
  return fixed(OUT_SEQS) + (<usize>i << 3)
}

@inline function slotNote(i: u32): usize {
  return fixed(OUT_SLOTS) + (<usize>i << 2)
}

/** Throws those of the `found` copies at `area` away whose events have been evicted since. Returns how many stay. */
function keepWhole(area: usize, found: u32): u32 {
  fence()
  let kept: u32 = 0
  for (let i: u32 = 0; i < found; i++) {
    const seq = load<f64>(seqAt(i))
    const slot = load<u32>(slotNote(i))
    if (!isPublished(atomic.load<i64>(stampAt(slot)), <i64>seq)) continue
    if (kept != i) {
      copyRecord(area + kept * RECORD_BYTES, area + i * RECORD_BYTES)
      store<f64>(seqAt(kept), seq)
      store<u32>(slotNote(kept), slot)
    }
    kept++
  }
  return kept
}

/**
 * Copies the events from number `from` on to `area`, BATCH or LENT, at most `most` and none from `end` on, their
 * numbers to OUT_SEQS and slots to OUT_SLOTS. Passes over what is gone or aborted and stops before the first number
 * that is not yet past. Returns how many; at M_STOPPED stands where it stopped, at M_MISSED and M_HOLES how many
 * numbers were gone and aborted.
 */
export function readRange(from: f64, end: f64, most: u32, area: usize): u32 {
  const limit = min<i64>(<i64>end, atomic.load<i64>(CONTROL + S_CLAIMED))
  let seq = <i64>from
  let slot = slotOf(seq)
  let found: u32 = 0
  let missed: u32 = 0
  let holes: u32 = 0
  let target = fixed(area)
  while (found < most && seq < limit) {
    const stamp = atomic.load<i64>(stampAt(slot))
    if (isPublished(stamp, seq)) {
      copyWithLate(target, slot, seq, stamp)
      store<f64>(seqAt(found), <f64>seq)
      store<u32>(slotNote(found), slot)
      target += RECORD_BYTES
      found++
    } else {
      const why = absence(stamp, seq)
      if (why == LATE_NOT_WRITTEN) break
      if (why == LATE_ABORTED) holes++
      else missed++
    }
    seq++
    slot = slot + 1 == slots ? 0 : slot + 1
  }
  const kept = keepWhole(fixed(area), found)
  store<f64>(member + M_MISSED, <f64>(missed + found - kept))
  store<f64>(member + M_HOLES, <f64>holes)
  store<f64>(member + M_STOPPED, <f64>seq)
  return kept
}

/**
 * Leaves at IN_VALUES the explicit priorities of the `found` events that `readRange` has left, NaN where none was set;
 * one that is set meanwhile may be left out.
 */
export function readPriorities(found: u32): void {
  for (let i: u32 = 0; i < found; i++) {
    const cell = atomic.load<i64>(cellsAt(load<u32>(slotNote(i))) + CELL_PRIORITY)
    const tag = tagOf(<i64>load<f64>(seqAt(i)))
    store<f32>(fixed(IN_VALUES) + (<usize>i << 2), belongs(cell, tag) ? floatOf(cell) : <f32>NaN)
  }
}

/** The first number that may yet become an event: not past, and not claimed again a lap later. */
export function frontier(): f64 {
  const claimed = atomic.load<i64>(CONTROL + S_CLAIMED)
  const noted = atomic.load<i64>(CONTROL + S_FRONTIER)
  let seq = max<i64>(noted, max<i64>(firstSeq, claimed - capacity))
  let slot = slotOf(seq)
  while (seq < claimed) {
    const stamp = atomic.load<i64>(stampAt(slot))
    if (!settles(stamp, seq)) break
    seq++
    slot = slot + 1 == slots ? 0 : slot + 1
  }
  // Only a hint: the next call starts there. It may fall back when threads race. Nothing before it becomes an event of
  // the last lap any more, since a claim that stands in the way of one is never taken back.
  if (seq > noted) atomic.store<i64>(CONTROL + S_FRONTIER, seq)
  return <f64>seq
}

/** Counts the events that stand in the ring. */
export function countReadable(): u32 {
  let found: u32 = 0
  for (let slot: u32 = 0; slot < slots; slot++) {
    found += <u32>(kindOf(atomic.load<i64>(stampAt(slot))) == STAMP_PUBLISHED)
  }
  return found
}
