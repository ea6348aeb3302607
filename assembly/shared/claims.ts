/**
 * Claiming sequence numbers. A thread claims one number after it has been quiet, then twice as many each time up to the
 * limit, so that a busy writer seldom touches the common counter and a sparse one wastes no numbers. What it does not
 * use it hands back by taking the counter back, if nobody has claimed since, and aborts otherwise.
 *
 * The claim of a member is changed while its state is BUSY; who retires the member sets the state by compare-and-swap
 * from ACTIVE, and so finds a claim that does not change any more but by its owner's use of it. State and generation
 * are the halves of one word, so that nobody retires the next member of a place for the one before.
 */

import {
  AREA_BYTES, CONTROL, HEADER, M_ABORTED, M_APPLIED, M_CLAIM_END, M_CLAIM_NEXT, M_CLAIM_SIZE, M_CLAIM_SLOT, M_EVICTED,
  M_FINISHED, M_GENERATION, M_LATE, M_SAMPLES, M_STATE, M_TOO_LATE, M_WRITTEN, MEMBER_ACTIVE, MEMBER_BUSY, MEMBER_FREE,
  MEMBER_RESERVED, MEMBER_RETIRED, REFUSED_CLOSED, REFUSED_EXHAUSTED, REFUSED_FULL, REFUSED_RETIRED, S_ABORTED,
  S_APPLIED, S_CLAIMED, S_CLOSED, S_EVICTED, S_FINISHED, S_GATE, S_SAMPLERS, S_TOO_LATE, S_WRITTEN,
} from '../../src/layout'
import { fixed } from '../area'
import { capacity, claimLimit, fence, firstSeq, lineOf, member, slotOf } from './member'
import { isSettled } from './read'
import { abort, abortOfOther } from './stamps'
import { rouse } from './waiting'

const SEQ_END: i64 = 1 << 53

/** The word of a member: its generation and its state. */
@inline function wordOf(generation: u32, state: i32): i64 {
  return (<i64>generation << 32) | <i64>state
}

@inline function beBusy(): bool {
  return atomic.cmpxchg<i32>(member + M_STATE, MEMBER_ACTIVE, MEMBER_BUSY) == MEMBER_ACTIVE
}

@inline function beActive(): void {
  atomic.store<i32>(member + M_STATE, MEMBER_ACTIVE)
}

@inline function noteClaim(start: i64, end: i64): void {
  store<i64>(member + M_CLAIM_NEXT, start)
  store<i64>(member + M_CLAIM_END, end)
  store<u32>(member + M_CLAIM_SLOT, slotOf(start))
}

/** Claims up to `most` numbers, at least `least`; nothing may be left of the claim before. Returns 0 or why not. */
function claimBetween(least: i64, most: i64): u32 {
  if (atomic.load<i32>(CONTROL + S_CLOSED)) return REFUSED_CLOSED
  while (true) {
    // The gate first, which only rises.
    const gate = atomic.load<i64>(CONTROL + S_GATE)
    const start = atomic.load<i64>(CONTROL + S_CLAIMED)
    const numbers = min<i64>(most, gate - start)
    if (numbers < least) return gate < SEQ_END ? REFUSED_FULL : REFUSED_EXHAUSTED
    // Nothing that a termination could fall into while the state is BUSY: who retires this thread may wait for its end.
    if (!beBusy()) return REFUSED_RETIRED
    const claimed = atomic.cmpxchg<i64>(CONTROL + S_CLAIMED, start, start + numbers) == start
    if (claimed) noteClaim(start, start + numbers)
    beActive()
    if (claimed) return 0
  }
}

/** Claims the next numbers of this thread. */
export function claimMore(): u32 {
  const numbers = max<u32>(1, load<u32>(member + M_CLAIM_SIZE))
  store<u32>(member + M_CLAIM_SIZE, min<u32>(numbers << 1, claimLimit))
  return claimBetween(1, numbers)
}

/** Makes sure that this thread has a number to write to. */
export function secure(): u32 {
  return load<i64>(member + M_CLAIM_NEXT) != load<i64>(member + M_CLAIM_END) ? 0 : claimMore()
}

/** Claims exactly `numbers` consecutive ones, after giving up what is left of the claim before. */
export function claimExactly(numbers: f64): u32 {
  release()
  return claimBetween(<i64>numbers, <i64>numbers)
}

/**
 * Whether none of the numbers [next, end) stands in the way of an earlier one of its slot. Readers take a number for
 * gone once it has been claimed again a lap later; if it could still become an event, that claim is not taken back.
 */
function mayBeTakenBack(next: i64, end: i64): bool {
  for (let seq = max<i64>(next, firstSeq + capacity); seq < end; seq++) {
    if (!isSettled(<f64>(seq - capacity))) return false
  }
  return true
}

/** Takes the counter back to the first unused number. False if that cannot be. */
export function unclaim(): bool {
  const next = load<i64>(member + M_CLAIM_NEXT)
  const end = load<i64>(member + M_CLAIM_END)
  store<u32>(member + M_CLAIM_SIZE, 1)
  if (next == end) return true
  if (!mayBeTakenBack(next, end) || !beBusy()) return false
  const last = atomic.cmpxchg<i64>(CONTROL + S_CLAIMED, end, next) == end
  if (last) store<i64>(member + M_CLAIM_END, next)
  beActive()
  return last
}

/** Gives up what is left of the claim: back to the counter, or aborted. */
export function release(): void {
  if (unclaim()) return
  const end = load<i64>(member + M_CLAIM_END)
  for (let seq = load<i64>(member + M_CLAIM_NEXT); seq < end; seq++) {
    abort(seq)
    store<i64>(member + M_CLAIM_NEXT, seq + 1)
  }
  rouse()
}

/** Takes a free place for a thread to come. Returns its number, or −1 if there is none. */
export function reserve(members: u32): i32 {
  for (let index: u32 = 0; index < members; index++) {
    const state = lineOf(index) + M_STATE
    if (atomic.cmpxchg<i32>(state, MEMBER_FREE, MEMBER_RESERVED) == MEMBER_FREE) return index
  }
  return -1
}

/** The generation of this instance's own place. */
let ownGeneration: u32 = 0

/**
 * Takes this instance's own place, which was reserved as `generation`, without what the member before left in its area.
 * False if that is no longer so.
 */
export function enter(generation: u32): bool {
  const reserved = wordOf(generation, MEMBER_RESERVED)
  if (atomic.cmpxchg<i64>(member + M_STATE, reserved, wordOf(generation, MEMBER_ACTIVE)) != reserved) return false
  ownGeneration = generation
  memory.fill(fixed(HEADER), 0, AREA_BYTES)
  return true
}

/**
 * Aborts what the member of `generation` at `line` has claimed and not begun; with `dead` also what it has. False if
 * the place has passed on: what was read there may be a claim of the next member.
 */
function abortClaim(line: usize, generation: u32, dead: bool): bool {
  let seq = load<i64>(line + M_CLAIM_NEXT)
  const end = load<i64>(line + M_CLAIM_END)
  fence()
  if (atomic.load<u32>(line + M_GENERATION) != generation) return false
  for (; seq < end; seq++) abortOfOther(seq, dead)
  return true
}

/** Moves a counter of the member at `line` to the common ones. */
@inline function bequeath(line: usize, from: u32, to: u32): void {
  atomic.add<i64>(CONTROL + to, load<i64>(line + from))
  store<i64>(line + from, 0)
}

/**
 * Gives the place of a retired member away, once, however many threads try. Straight-line code behind the
 * compare-and-swap: see the assumption of stamps.ts.
 */
@inline function free(line: usize, generation: u32): void {
  const retired = wordOf(generation, MEMBER_RETIRED)
  if (atomic.cmpxchg<i64>(line + M_STATE, retired, wordOf(generation + 1, MEMBER_RETIRED)) != retired) return
  bequeath(line, M_WRITTEN, S_WRITTEN)
  bequeath(line, M_ABORTED, S_ABORTED)
  bequeath(line, M_EVICTED, S_EVICTED)
  bequeath(line, M_FINISHED, S_FINISHED)
  bequeath(line, M_APPLIED, S_APPLIED)
  bequeath(line, M_TOO_LATE, S_TOO_LATE)
  atomic.sub<u32>(CONTROL + S_SAMPLERS, load<u32>(line + M_SAMPLES))
  store<u32>(line + M_SAMPLES, 0)
  store<i64>(line + M_CLAIM_NEXT, 0)
  store<i64>(line + M_CLAIM_END, 0)
  store<u32>(line + M_CLAIM_SIZE, 1)
  // Whatever it was writing to: nobody has been told that it was applied.
  atomic.store<i64>(line + M_LATE, 0)
  atomic.store<i32>(line + M_STATE, MEMBER_FREE)
}

/**
 * Retires member `index` of `generation`: its unused numbers are aborted. With `dead`, which says that its thread has
 * ended, the place becomes free; else the thread finds out at its next claim. Any number of threads may do so at once,
 * also where one has ended in the middle of it.
 * Returns whether there was such a member.
 */
export function retire(index: u32, generation: u32, dead: bool): bool {
  const line = lineOf(index)
  while (true) {
    const word = atomic.load<i64>(line + M_STATE)
    const state = <i32>word
    if (state == MEMBER_FREE || word != wordOf(generation, state)) return false
    if (state == MEMBER_BUSY && !dead) continue
    if (atomic.cmpxchg<i64>(line + M_STATE, word, wordOf(generation, MEMBER_RETIRED)) != word) continue
    if (!abortClaim(line, generation, dead)) return false
    // Who has not entered yet never will: the generation changes.
    if (dead || state == MEMBER_RESERVED) free(line, generation)
    rouse()
    return true
  }
}

/** Ends this member's writing, whether it has been retired or not. Its place and its area stay its own. */
export function resign(): void {
  release()
  const active = wordOf(ownGeneration, MEMBER_ACTIVE)
  atomic.cmpxchg<i64>(member + M_STATE, active, wordOf(ownGeneration, MEMBER_RETIRED))
}

/** Gives the place of this member, which has resigned, to whoever comes next. It may only look at the ring then. */
export function vacate(): void {
  free(member, ownGeneration)
}
