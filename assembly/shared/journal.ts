/**
 * What the thread that writes the journal asks of the ring. One thread of all does so; it takes part as a member.
 *
 * The ring has more slots than its window has events, by the backlog that may be unwritten. Two numbers follow the
 * journal, which has everything below J: the **gate** J + backlog, from which on nothing may be claimed, and the
 * **closing** J − window, below which events are closed: a late write to one is a correction of its own (outbox.ts).
 * The event that a claim below the gate evicts is closed, and so the journal has its last state:
 *
 *     1. the closing rises, which everybody can see;
 *     2. late writers that had begun before they could see it are waited for: each says in its line what it writes to,
 *        and then looks at the closing. All four accesses are sequentially consistent, so that one of the two sees the
 *        other: either it turns away, or it is waited for;
 *     3. what they and all before them have changed is marked: the marks of the closed events are taken, then their
 *        cells read and written to the journal. A mark is set behind the cells and taken before they are read;
 *     4. the gate rises.
 *
 * Step 2 may take as long as a thread that was descheduled stands still. Until step 3 is done corrections to these
 * events are newer than any state that is read of them, which has all slots: who writes them out before lays them over
 * it.
 *
 * When the ring is closed, the closing rises above all events and posting ends: a late write is turned away, or has
 * begun before and is waited for.
 *
 * Records are written to the journal from where they stand, without a copy: nobody can claim their slots again before.
 * What was written late to them is marked and follows as a correction.
 */

import {
  BATCH, CELL_STATUS, CHUNK, CONTROL, ENTRY_BYTES, ENTRY_REWARDS, ENTRY_SLOTS, ENTRY_STATUS, FLAGS, FULLY_APPRAISED,
  IN_VALUES, M_LATE, OUT_SEQS, RECORD_BYTES, REWARD_SLOTS, REWARDS, S_ABORTED, S_CLAIMED, S_CLOSING, S_GATE, S_MEMBERS,
  S_WRITTEN, STAMP_ABORTED, STAMP_LATE, STAMP_PUBLISHED, STAMP_SHIFT, STATUS_MASK_SHIFT,
} from '../../src/layout'
import { fixed } from '../area'
import { belongs, rewardCell, tagOf, valueOf, withTag } from './cells'
import { cellsAt, lineOf, marks, recordAt, requiredMask, slotOf, slots, stampAt } from './member'
import { isPublished, kindOf, numberOf } from './stamps'
import { rouse } from './waiting'

@inline function runOf(seq: i64, most: u32, kind: i64): u32 {
  let slot = slotOf(seq)
  let length: u32 = 0
  while (length < most) {
    const stamp = atomic.load<i64>(stampAt(slot))
    if (numberOf(stamp) != seq || kindOf(stamp) != kind) break
    length++
    seq++
    slot = slot + 1 == slots ? 0 : slot + 1
  }
  return length
}

/** How many numbers from `from` on, at most `most`, are published. */
export function publishedRun(from: f64, most: u32): u32 {
  return runOf(<i64>from, most, STAMP_PUBLISHED)
}

/** The same of those that were aborted. */
export function abortedRun(from: f64, most: u32): u32 {
  return runOf(<i64>from, most, STAMP_ABORTED)
}

/** How many numbers of [from, end) are published. */
export function countPublished(from: f64, end: f64): u32 {
  let found: u32 = 0
  for (let seq = <i64>from; seq < <i64>end; seq++) {
    if (isPublished(atomic.load<i64>(stampAt(slotOf(seq))), seq)) found++
  }
  return found
}

/** Leaves at IN_VALUES the masks, one byte each, of the `found` events that `readRange` has copied to BATCH. */
export function readMasks(found: u32): void {
  for (let i: u32 = 0; i < found; i++) {
    const seq = <i64>load<f64>(fixed(OUT_SEQS) + (<usize>i << 3))
    const status = atomic.load<i64>(cellsAt(slotOf(seq)) + CELL_STATUS)
    const flags: u32 = load<u16>(fixed(BATCH) + i * RECORD_BYTES, FLAGS)
    let mask: u32 = flags & FULLY_APPRAISED ? requiredMask : 0
    if (belongs(status, tagOf(seq))) mask |= valueOf(status) >> STATUS_MASK_SHIFT
    store<u8>(fixed(IN_VALUES) + i, mask)
  }
}

/** The number behind the last of [from, end) that is published; `from` if there is none. */
export function lastPublished(from: f64, end: f64): f64 {
  for (let seq = <i64>end - 1; seq >= <i64>from; seq--) {
    if (isPublished(atomic.load<i64>(stampAt(slotOf(seq))), seq)) return <f64>(seq + 1)
  }
  return from
}

/** Closes all events below `below` for late writes. */
export function closeBelow(below: f64): void {
  atomic.store<i64>(CONTROL + S_CLOSING, <i64>below)
}

/** The first member that is writing late to an event below `below`, or −1. */
export function writesLateBelow(below: f64): i32 {
  const members = load<u32>(CONTROL + S_MEMBERS)
  for (let index: u32 = 0; index < members; index++) {
    const late = atomic.load<i64>(lineOf(index) + M_LATE)
    if (late != 0 && late <= <i64>below) return index
  }
  return -1
}

/** Lets the numbers below `gate` be claimed, and wakes who waits for them. */
export function openGate(gate: f64): void {
  atomic.store<i64>(CONTROL + S_GATE, <i64>gate)
  rouse()
}

/** Notes the state of published event `seq` of `slot` as change number `i`. */
@inline function note(i: u32, slot: u32, seq: i64): void {
  const entry = fixed(BATCH) + i * ENTRY_BYTES
  const tag = tagOf(seq)
  const record = recordAt(slot)
  // The status first: where it says that somebody has scored, the reward is there.
  const cell = atomic.load<i64>(cellsAt(slot) + CELL_STATUS)
  let status: u32
  if (belongs(cell, tag)) {
    status = valueOf(cell)
  } else {
    status = load<u16>(record, FLAGS)
    if (status & FULLY_APPRAISED) status |= requiredMask << STATUS_MASK_SHIFT
  }
  store<f64>(entry, <f64>seq)
  for (let appraiser: u32 = 0; appraiser < <u32>REWARD_SLOTS; appraiser++) {
    const reward = atomic.load<i64>(rewardCell(slot, appraiser))
    const offset = <usize>appraiser << 2
    const value = belongs(reward, tag) ? valueOf(reward) : load<u32>(record + offset, REWARDS)
    store<u32>(entry + offset, value, ENTRY_REWARDS)
  }
  store<u32>(entry, status, ENTRY_STATUS)
  store<u32>(entry, (1 << REWARD_SLOTS) - 1, ENTRY_SLOTS)
}

/** The slot that the next call looks at, and how many there are left to look at. */
let nextSlot: u32 = 0
let slotsLeft: u32 = 0

/** Begins a search for marks among the slots of events [from, end), at most all. */
export function startMarks(from: f64, end: f64): void {
  nextSlot = slotOf(<i64>from)
  slotsLeft = <u32>min<i64>(<i64>end - <i64>from, slots)
}

/**
 * Takes the marks of events [from, end) that the search comes by and leaves their states at BATCH, at most CHUNK. None
 * of these events can be evicted meanwhile. Returns how many; 0 when there are no more.
 */
export function takeMarks(from: f64, end: f64): u32 {
  let found: u32 = 0
  while (slotsLeft > 0 && found + 32 <= <u32>CHUNK) {
    const first = nextSlot & 31
    const some = min<u32>(min<u32>(32 - first, slots - nextSlot), slotsLeft)
    const mask: u32 = <u32>(((<u64>1 << some) - 1) << first)
    const at = marks + (<usize>(nextSlot >> 5) << 2)
    let bits = load<u32>(at) & mask
    if (bits) bits = atomic.and<u32>(at, ~mask) & mask
    for (; bits; bits &= bits - 1) {
      const slot = (nextSlot & ~31) + ctz<u32>(bits)
      const stamp = atomic.load<i64>(stampAt(slot))
      const seq = numberOf(stamp)
      if (kindOf(stamp) == STAMP_PUBLISHED && seq >= <i64>from && seq < <i64>end) note(found++, slot, seq)
    }
    slotsLeft -= some
    nextSlot += some
    if (nextSlot == slots) nextSlot = 0
  }
  return found
}

/**
 * Makes `records` records, which stand in their slots already, the published events from `from` on, with the masks at
 * BATCH, one byte each. Before anybody else takes part.
 */
export function restoreRecords(from: f64, records: u32): void {
  for (let i: u32 = 0; i < records; i++) {
    const seq = <i64>from + i
    const slot = slotOf(seq)
    const mask: u32 = load<u8>(fixed(BATCH) + i)
    const flags: u32 = load<u16>(recordAt(slot), FLAGS)
    // What the flags of the record say by themselves.
    const told: u32 = flags & FULLY_APPRAISED ? requiredMask : 0
    let late: i64 = 0
    if (mask & ~told) {
      atomic.store<i64>(cellsAt(slot) + CELL_STATUS, withTag(tagOf(seq), flags | ((mask | told) << STATUS_MASK_SHIFT)))
      late = STAMP_LATE
    }
    atomic.store<i64>(stampAt(slot), (seq << STAMP_SHIFT) | STAMP_PUBLISHED | late)
  }
  atomic.add<i64>(CONTROL + S_WRITTEN, records)
  atomic.store<i64>(CONTROL + S_CLAIMED, <i64>from + records)
}

/** Makes `numbers` numbers from `from` on ones that hold no event, likewise. */
export function restoreGap(from: f64, numbers: u32): void {
  for (let i: u32 = 0; i < numbers; i++) {
    const seq = <i64>from + i
    atomic.store<i64>(stampAt(slotOf(seq)), (seq << STAMP_SHIFT) | STAMP_ABORTED)
  }
  atomic.add<i64>(CONTROL + S_ABORTED, numbers)
  atomic.store<i64>(CONTROL + S_CLAIMED, <i64>from + numbers)
}
