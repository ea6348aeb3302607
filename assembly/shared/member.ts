/**
 * The memory map of the shared ring and this thread's place in it. An instance of the module belongs to one member; its
 * globals never change after `join`, all that threads share is in memory.
 *
 * Counters of a member are plain memory that it alone writes.
 */

import {
  AREA_BYTES, AREAS, CELL_BYTES, CONTROL, HEADER, M_ABORTED, M_EVICTED, M_FENCE, M_LATE, MEMBER_BYTES, MEMBERS,
  RECORD_BYTES, S_ABORTED, S_BLOCKS, S_CAPACITY, S_CELLS, S_CLAIM_LIMIT, S_CLOSING, S_EPOCHS, S_EVICTED, S_FIRST_SEQ,
  S_KNOWN, S_MAGIC, S_MARKS, S_OUTBOX, S_RECORDS, S_REQUIRED_MASK, S_STAMPS, S_TAG_SHIFT, S_VERSION, SHARED_MAGIC,
  SHARED_VERSION,
} from '../../src/layout'
import { moveAreas } from '../area'

export let capacity: i64 = 0
export let slots: u32 = 0
export let firstSeq: i64 = 0
export let requiredMask: u32 = 0
export let tagShift: i64 = 0
export let claimLimit: u32 = 0
export let records: usize = 0
export let stamps: usize = 0
export let cells: usize = 0
export let epochs: usize = 0
export let known: usize = 0
export let blocks: u32 = 0
/** 0 without a journal. */
export let marks: usize = 0
export let outbox: usize = 0
/** This member's line. */
export let member: usize = 0

@inline function word(offset: u32): u32 {
  return load<u32>(CONTROL + offset)
}

/** Makes this instance member number `index`. False if the memory is not a shared ring of this version. */
export function join(index: u32): bool {
  if (__heap_base > <usize>CONTROL || word(S_MAGIC) != SHARED_MAGIC || word(S_VERSION) != SHARED_VERSION) return false
  slots = word(S_CAPACITY)
  capacity = slots
  firstSeq = load<i64>(CONTROL + S_FIRST_SEQ)
  requiredMask = word(S_REQUIRED_MASK)
  tagShift = word(S_TAG_SHIFT)
  claimLimit = word(S_CLAIM_LIMIT)
  records = word(S_RECORDS)
  stamps = word(S_STAMPS)
  cells = word(S_CELLS)
  epochs = word(S_EPOCHS)
  blocks = word(S_BLOCKS)
  marks = word(S_MARKS)
  outbox = word(S_OUTBOX)
  known = <usize>word(S_KNOWN) + <usize>index * ((<usize>blocks + 15) >> 4 << 6)
  member = lineOf(index)
  moveAreas(<usize>AREAS + <usize>index * AREA_BYTES - HEADER)
  return true
}

/** The line of member number `index`. */
@inline export function lineOf(index: u32): usize {
  return <usize>MEMBERS + <usize>index * MEMBER_BYTES
}

@inline export function slotOf(seq: i64): u32 {
  return <u32>(<u64>seq % <u64>capacity)
}

@inline export function recordAt(slot: u32): usize {
  return records + <usize>slot * RECORD_BYTES
}

@inline export function stampAt(slot: u32): usize {
  return stamps + (<usize>slot << 3)
}

@inline export function cellsAt(slot: u32): usize {
  return cells + <usize>slot * CELL_BYTES
}

@inline export function count(offset: u32, by: i64): void {
  store<i64>(member + offset, load<i64>(member + offset) + by)
}

/**
 * Counts aborted numbers: on this member's line, or with `common` among the counters of members that are gone, which is
 * where who retires another one counts. It may have left its own place before.
 */
@inline export function countAborted(numbers: i64, common: bool): void {
  if (common) atomic.add<i64>(CONTROL + S_ABORTED, numbers)
  else count(M_ABORTED, numbers)
}

/** The same for evicted events. */
@inline export function countEvicted(events: i64, common: bool): void {
  if (common) atomic.add<i64>(CONTROL + S_EVICTED, events)
  else count(M_EVICTED, events)
}

/** Keeps plain loads before it before what comes after it. */
@inline export function fence(): void {
  atomic.add<i32>(member + M_FENCE, 1)
}

/**
 * Whether event `seq` is closed for late writes; if not, it stays open, and the ring keeps it, until `endLate`. Without
 * a journal events are never closed. The order of the two accesses is that of journal.ts.
 */
@inline export function isClosed(seq: i64): bool {
  if (!marks) return false
  atomic.store<i64>(member + M_LATE, seq + 1)
  if (seq >= atomic.load<i64>(CONTROL + S_CLOSING)) return false
  atomic.store<i64>(member + M_LATE, 0)
  return true
}

/** Says that this thread has ended the late write that `isClosed` began. */
@inline export function endLate(): void {
  if (marks) atomic.store<i64>(member + M_LATE, 0)
}

/** Marks the event of `slot` for the journal, after its cells have been written. */
@inline export function mark(slot: u32): void {
  if (marks) atomic.or<u32>(marks + (<usize>(slot >> 5) << 2), 1 << (slot & 31))
}
