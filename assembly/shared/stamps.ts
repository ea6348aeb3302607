/**
 * The protocol of the shared ring, and the stamps that carry it.
 *
 * Any number of threads write, read, score and sample at once. Event s of a ring of Q slots stands in slot s mod Q.
 * Each slot has a **stamp**, an i64 of the number of the last event that anybody resolved or began there, and its kind:
 *
 *     EMPTY        0, before the slot's first event
 *     WRITING(s)   the owner of s copies its record in; nobody else may write to the slot
 *     PUBLISHED(s) the record is whole; with LATE: somebody has written to its cells
 *     ABORTED(s)   nobody will ever publish s
 *
 *     older, not WRITING ─ CAS by the owner of s ──────────────→ WRITING(s) ─ store by the owner → PUBLISHED(s)
 *     older, not WRITING ─ CAS by the owner, or who retires it → ABORTED(s)
 *     WRITING(s) ───────── CAS by who retires a dead owner ────→ ABORTED(s)
 *     PUBLISHED(s) ─────── CAS by who writes late to s ────────→ PUBLISHED(s) + LATE
 *
 * The number in a stamp never falls. From these transitions follow the guarantees:
 *
 * - **One owner a number.** Numbers are claimed in blocks by compare-and-swap on one counter; the owner alone may begin
 *   s, and a block that is handed back takes the counter back from its own end, so that nobody else holds any of it.
 * - **A writer waits for nobody but a copy under way.** It passes over numbers of other writers that have not begun: a
 *   paused one loses its right to s the moment a later lap's CAS succeeds, sees so from its own failing CAS, and takes
 *   a newer number. Who finds WRITING(t) waits for the end of that copy of 128 bytes, one lap behind; a thread does not
 *   die in the middle of it (below), and if one did, who retires it would end the wait.
 * - **Each number is resolved once**: published by its owner's store; aborted by whoever's CAS made it so, or whose CAS
 *   overtook it (such a CAS moves the number of the stamp by more than Q: the numbers between are aborted, and counted
 *   by the overtaker). A published event is evicted by the CAS that replaces its stamp, and counted there. So
 *   claimed = written + aborted + pending, and readable = written − evicted, whoever dies or pauses where.
 * - **A read is the whole event or nothing**: load the stamp, copy, fence, load the stamp again. Unless both say
 *   PUBLISHED(s) the copy is thrown away; s is then evicted, since no number comes back.
 * - **A late write never lands on another event**, since it does not touch the record. It goes to the slot's cells (see
 *   cells.ts), whose tag says which event they belong to; a writer need not clear them.
 *
 * Order of memory: stamps, cells, epochs, the claim counter and the words of waiting are only accessed by sequentially
 * consistent atomics. Records are plain memory: written between the CAS to WRITING and the store of PUBLISHED, which
 * releases them; read between two loads of the stamp. A read-modify-write of a word of the reader's own is the fence
 * that keeps the plain loads of the copy before the second load of the stamp. The CAS to WRITING, and a load of the
 * same stamp behind it, keep the plain stores of the copy behind them: the load since on some processors (ARM before
 * 8.1) a store may overtake the store of a CAS, but never an atomic load.
 * A member's claim and counters are plain memory of its own; who retires it reads them after the thread is known to
 * have ended, or after a CAS on its state has shut it out of claiming.
 *
 * Assumption, true of today's engines: a thread that is terminated ends at the call of a function or the head of a
 * loop, never within straight-line code. What a termination must not tear apart is written as straight-line code: from
 * WRITING to PUBLISHED, the stamp and the counters, the claim counter and the note of the claim. Functions that are
 * part of it are inlined.
 */

import {
  STAMP_ABORTED, STAMP_KIND, STAMP_PUBLISHED, STAMP_SHIFT, STAMP_WRITING,
} from '../../src/layout'
import { clearCells, ERA_SHIFT, tagOf } from './cells'
import { capacity, countAborted, countEvicted, fence, firstSeq, slotOf, stampAt, tagShift } from './member'

@inline export function numberOf(stamp: i64): i64 {
  return stamp >> STAMP_SHIFT
}

@inline export function kindOf(stamp: i64): i64 {
  return stamp & STAMP_KIND
}

@inline export function isPublished(stamp: i64, seq: i64): bool {
  return numberOf(stamp) == seq && kindOf(stamp) == STAMP_PUBLISHED
}

/** Whether number `seq` is past: published, aborted, begun or overtaken. */
@inline export function isPast(stamp: i64, seq: i64): bool {
  const number = numberOf(stamp)
  return number > seq || (number == seq && kindOf(stamp) != 0)
}

/** Accounts for what a CAS from `stamp` to number `seq` of the same slot has ended: an event, and what it overtook. */
@inline function account(slot: u32, stamp: i64, seq: i64, common: bool): void {
  const number = numberOf(stamp)
  if (kindOf(stamp) == STAMP_PUBLISHED) countEvicted(1, common)
  if (number + capacity != seq) countOvertaken(slot, stamp, seq, common)
  // Long before tags repeat, cells that nobody has written to since are cleared.
  if ((number ^ seq) >> (ERA_SHIFT + tagShift)) clearCells(slot, tagOf(seq))
}

@inline function countOvertaken(slot: u32, stamp: i64, seq: i64, common: bool): void {
  let number = numberOf(stamp)
  if (kindOf(stamp) == 0) {
    // The slot's first number, less one lap.
    const offset = <i64>slot - <i64>slotOf(firstSeq)
    number = firstSeq + (offset < 0 ? offset + capacity : offset) - capacity
  }
  countAborted((seq - number) / capacity - 1, common)
}

/**
 * Puts the stamp of `slot` from whatever is older to number `seq` and `kind`. False if the number is past. Waits for
 * the end of a copy that is under way in the slot.
 */
@inline export function advance(slot: u32, seq: i64, kind: i64, common: bool = false): bool {
  const at = stampAt(slot)
  let stamp = atomic.load<i64>(at)
  while (true) {
    if (isPast(stamp, seq)) return false
    if (kindOf(stamp) == STAMP_WRITING) {
      stamp = atomic.load<i64>(at)
      continue
    }
    const seen = atomic.cmpxchg<i64>(at, stamp, (seq << STAMP_SHIFT) | kind)
    if (seen == stamp) break
    stamp = seen
  }
  account(slot, stamp, seq, common)
  return true
}

/** Begins number `seq` of this thread in `slot`. False if the number is past. */
@inline export function begin(slot: u32, seq: i64): bool {
  if (!advance(slot, seq, STAMP_WRITING)) return false
  // The load that the order of memory asks for; another value only if this thread was declared dead and is not.
  return atomic.load<i64>(stampAt(slot)) == ((seq << STAMP_SHIFT) | STAMP_WRITING)
}

/** Makes the record of `slot`, which WRITING(seq) has reserved, that of the published event. */
@inline export function publish(slot: u32, seq: i64): void {
  atomic.store<i64>(stampAt(slot), (seq << STAMP_SHIFT) | STAMP_PUBLISHED)
}

/** Makes sure that number `seq` of this thread is never published. */
export function abort(seq: i64): void {
  if (advance(slotOf(seq), seq, STAMP_ABORTED)) countAborted(1, false)
}

/** The same for a number of another thread; with `dead`, which says that its owner has ended, also if it had begun. */
export function abortOfOther(seq: i64, dead: bool): void {
  const slot = slotOf(seq)
  const writing = (seq << STAMP_SHIFT) | STAMP_WRITING
  const aborted = (seq << STAMP_SHIFT) | STAMP_ABORTED
  if (dead && atomic.cmpxchg<i64>(stampAt(slot), writing, aborted) == writing) countAborted(1, true)
  else if (advance(slot, seq, STAMP_ABORTED, true)) countAborted(1, true)
}

/** Whether the stamp of `slot` still says that `seq` is published, after the plain loads before this call. */
@inline export function stillPublished(slot: u32, seq: i64): bool {
  fence()
  return isPublished(atomic.load<i64>(stampAt(slot)), seq)
}
