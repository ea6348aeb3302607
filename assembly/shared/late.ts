/**
 * Late writes: rewards, sums of rewards, completion bits and explicit priorities of events that are published. Any
 * number of threads write to one event at a time.
 *
 * First the stamp gets LATE, then the cell its value, then the status its bits, then the block its epoch. So a reader
 * that finds an event complete finds all its rewards, and a sampler that finds an epoch unchanged has missed nothing
 * that was finished before it looked. The thread whose compare-and-swap completes the mask sets FULLY_APPRAISED in the
 * same one: there is exactly one such thread. At the end the stamp is looked at once more: a write that is said to be
 * applied was applied before the event left the ring.
 *
 * With a journal all but priorities are kept, see journal.ts: who writes late says so first, and marks the event last.
 */

import {
  BLOCK_SLOTS, CELL_PRIORITY, CELL_STATUS, CONTROL, FLAGS, FULLY_APPRAISED, IN_VALUES, LATE_APPLIED, LATE_EVICTED,
  LATE_REFUSED, M_APPLIED, M_FINISHED, M_TOO_LATE, OUT_SEQS, REWARDS, S_SAMPLERS, STAMP_LATE,
  STATUS_MASK_SHIFT,
} from '../../src/layout'
import { fixed } from '../area'
import { rewardIsInRange } from '../record'
import { belongs, floatOf, isNewer, rewardCell, tagOf, valueOf, withTag } from './cells'
import {
  cellsAt, count, endLate, epochs, isClosed, known, mark, recordAt, requiredMask, slotOf, stampAt,
} from './member'
import { absence, settles } from './read'
import { isPublished, stillPublished } from './stamps'

/** Marks event `seq` as written to late. Returns LATE_APPLIED, or why that cannot be. */
@inline function open(slot: u32, seq: i64): u32 {
  const at = stampAt(slot)
  let stamp = atomic.load<i64>(at)
  while (true) {
    if (!isPublished(stamp, seq)) return absence(stamp, seq)
    if (stamp & STAMP_LATE) return LATE_APPLIED
    const seen = atomic.cmpxchg<i64>(at, stamp, stamp | STAMP_LATE)
    if (seen == stamp) return LATE_APPLIED
    stamp = seen
  }
}

/** Whether this thread samples too, and what it has folded of the block is all there was. */
let folds: bool = false

/** Says that this thread samples. */
export function foldsToo(): void {
  folds = true
}

/** Tells samplers that the block of `slot` has changed. */
@inline function touch(slot: u32): void {
  if (atomic.load<i32>(CONTROL + S_SAMPLERS)) atomic.add<u32>(epochs + (<usize>(slot / BLOCK_SLOTS) << 2), 1)
}

/** The same for a change that this thread's sampler has folded itself. */
@inline function touchFolded(slot: u32): void {
  const block = <usize>(slot / BLOCK_SLOTS) << 2
  const before = atomic.add<u32>(epochs + block, 1)
  if (load<u32>(known + block) == before) store<u32>(known + block, before + 1)
}

/** Puts `value` into the cell at `at`. False if a newer event's value stands there. */
@inline function put(at: usize, tag: u32, value: f32): bool {
  let cell = atomic.load<i64>(at)
  const wanted = withTag(tag, reinterpret<u32>(value))
  while (true) {
    if (isNewer(cell, tag)) return false
    const seen = atomic.cmpxchg<i64>(at, cell, wanted)
    if (seen == cell) return true
    cell = seen
  }
}

/** Sets bits of the mask, and FULLY_APPRAISED with the last one. False if the event is gone. */
@inline function score(slot: u32, seq: i64, tag: u32, bits: u32): bool {
  const at = cellsAt(slot) + CELL_STATUS
  let cell = atomic.load<i64>(at)
  while (true) {
    let status: u32
    if (belongs(cell, tag)) {
      status = valueOf(cell)
    } else {
      if (isNewer(cell, tag)) return false
      status = load<u16>(recordAt(slot), FLAGS)
      if (status & FULLY_APPRAISED) status |= requiredMask << STATUS_MASK_SHIFT
      if (!stillPublished(slot, seq)) return false
    }
    const required = requiredMask << STATUS_MASK_SHIFT
    let after = status | (bits << STATUS_MASK_SHIFT)
    const completes = (after & required) == required && (status & required) != required
    if (completes) after |= FULLY_APPRAISED
    if (after == status) return true
    const seen = atomic.cmpxchg<i64>(at, cell, withTag(tag, after))
    if (seen == cell) {
      if (completes) count(M_FINISHED, 1)
      return true
    }
    cell = seen
  }
}

/** Tells samplers and the journal that the event of `slot` has changed. */
@inline function tell(slot: u32): void {
  touch(slot)
  mark(slot)
}

@inline function settle(slot: u32, seq: i64, done: bool): u32 {
  if (!done || !isPublished(atomic.load<i64>(stampAt(slot)), seq)) return LATE_EVICTED
  count(M_APPLIED, 1)
  return LATE_APPLIED
}

@inline function applyReward(seq: i64, appraiser: u32, value: f32): u32 {
  const slot = slotOf(seq)
  const absent = open(slot, seq)
  if (absent) return absent
  const tag = tagOf(seq)
  const done = put(rewardCell(slot, appraiser), tag, value) && score(slot, seq, tag, 1 << appraiser)
  tell(slot)
  return settle(slot, seq, done)
}

function writeReward(seq: i64, appraiser: u32, value: f32): u32 {
  if (isClosed(seq)) return LATE_EVICTED
  const result = applyReward(seq, appraiser, value)
  endLate()
  return result
}

/** Writes one reward slot. Returns LATE_APPLIED or why not; LATE_REFUSED if the reward is out of range. */
export function setReward(at: f64, appraiser: u32, value: f32): u32 {
  return rewardIsInRange(value) ? writeReward(<i64>at, appraiser, value) : LATE_REFUSED
}

/** Adds to one reward slot. As `setReward`; LATE_REFUSED if the amount or the sum is out of range. */
export function addReward(at: f64, appraiser: u32, amount: f32): u32 {
  if (!rewardIsInRange(amount)) return LATE_REFUSED
  if (isClosed(<i64>at)) return LATE_EVICTED
  const result = applySum(<i64>at, appraiser, amount)
  endLate()
  return result
}

@inline function applySum(seq: i64, appraiser: u32, amount: f32): u32 {
  const slot = slotOf(seq)
  const absent = open(slot, seq)
  if (absent) return absent
  const tag = tagOf(seq)
  const address = rewardCell(slot, appraiser)
  let cell = atomic.load<i64>(address)
  while (true) {
    let before = floatOf(cell)
    if (!belongs(cell, tag)) {
      if (isNewer(cell, tag)) return settle(slot, seq, false)
      before = load<f32>(recordAt(slot) + (<usize>appraiser << 2), REWARDS)
      if (!stillPublished(slot, seq)) return settle(slot, seq, false)
    }
    const sum = before + amount
    if (!rewardIsInRange(sum)) return LATE_REFUSED
    const seen = atomic.cmpxchg<i64>(address, cell, withTag(tag, reinterpret<u32>(sum)))
    if (seen == cell) break
    cell = seen
  }
  const done = score(slot, seq, tag, 1 << appraiser)
  tell(slot)
  return settle(slot, seq, done)
}

/** Sets bits of the mask alone. Returns as `setReward`. */
export function setMaskBits(at: f64, bits: u32): u32 {
  if (isClosed(<i64>at)) return LATE_EVICTED
  const result = applyBits(<i64>at, bits)
  endLate()
  return result
}

@inline function applyBits(seq: i64, bits: u32): u32 {
  const slot = slotOf(seq)
  const absent = open(slot, seq)
  if (absent) return absent
  const done = score(slot, seq, tagOf(seq), bits)
  tell(slot)
  return done && isPublished(atomic.load<i64>(stampAt(slot)), seq) ? LATE_APPLIED : LATE_EVICTED
}

@inline function seqAt(i: u32): i64 {
  return <i64>load<f64>(fixed(OUT_SEQS) + (<usize>i << 3))
}

@inline function valueAt(i: u32): f32 {
  return load<f32>(fixed(IN_VALUES) + (<usize>i << 2))
}

/** The first of `entries` numbers at OUT_SEQS that is not yet past, or −1. */
export function checkSeqs(entries: u32): i32 {
  for (let i: u32 = 0; i < entries; i++) {
    const seq = seqAt(i)
    const stamp = atomic.load<i64>(stampAt(slotOf(seq)))
    if (!settles(stamp, seq)) return i
  }
  return -1
}

/** The first of `entries` rewards at IN_VALUES that is out of range, or −1. */
export function checkRewards(entries: u32): i32 {
  for (let i: u32 = 0; i < entries; i++) if (!rewardIsInRange(valueAt(i))) return i
  return -1
}

/** The first of `entries` priorities at IN_VALUES that is negative or not finite, or −1. */
export function checkPriorities(entries: u32): i32 {
  for (let i: u32 = 0; i < entries; i++) {
    const priority = valueAt(i)
    if (!(priority >= 0 && priority < <f32>Infinity)) return i
  }
  return -1
}

/** Writes checked rewards to the events whose numbers stand at OUT_SEQS. Returns how many were applied. */
export function setRewards(entries: u32, appraiser: u32): u32 {
  let applied: u32 = 0
  for (let i: u32 = 0; i < entries; i++) {
    if (writeReward(seqAt(i), appraiser, valueAt(i)) == LATE_APPLIED) applied++
  }
  count(M_TOO_LATE, entries - applied)
  return applied
}

/** Writes checked priorities likewise. */
export function setPriorities(entries: u32): u32 {
  let applied: u32 = 0
  for (let i: u32 = 0; i < entries; i++) {
    const seq = seqAt(i)
    const slot = slotOf(seq)
    if (open(slot, seq)) continue
    if (!put(cellsAt(slot) + CELL_PRIORITY, tagOf(seq), valueAt(i))) continue
    if (folds) touchFolded(slot)
    else touch(slot)
    if (isPublished(atomic.load<i64>(stampAt(slot)), seq)) applied++
  }
  count(M_TOO_LATE, entries - applied)
  return applied
}
