/**
 * The outbox: corrections to events that are closed, on their way to the journal. Any number of threads post, the one
 * that writes the journal takes, in one order for all: what was posted before another post began comes before it. It is
 * a bounded queue of POST_CELLS places, two at least, each with the turn that it waits for: n for number n to be posted
 * there, n + 1 for it to be taken. In the end POSTS_ENDED is set in the number to post, for which no place has a turn.
 *
 * A post is straight-line code behind its compare-and-swap: see the assumption of stamps.ts.
 */

import {
  BATCH, CHUNK, CONTROL, ENTRY_BYTES, ENTRY_REWARDS, ENTRY_SLOTS, ENTRY_STATUS, POST_BYTES, POST_CELLS, POST_ENTRY,
  POSTS_ENDED, S_POSTED, S_TAKEN, STATUS_MASK_SHIFT,
} from '../../src/layout'
import { fixed } from '../area'
import { outbox } from './member'

@inline function placeOf(number: i64): usize {
  return outbox + (<usize>number % <usize>POST_CELLS) * POST_BYTES
}

/** Readies the empty outbox. */
export function startOutbox(): void {
  for (let i: i64 = 0; i < <i64>POST_CELLS; i++) store<i64>(placeOf(i), i)
}

/**
 * Posts bits of the mask of event `at`, and with `appraiser` 0 to 3 the value of that slot. False if there is no room.
 */
export function post(at: f64, bits: u32, appraiser: i32, value: f32): bool {
  while (true) {
    const number = atomic.load<i64>(CONTROL + S_POSTED)
    const place = placeOf(number)
    const turn = atomic.load<i64>(place)
    if (turn < number) return false
    if (turn != number || atomic.cmpxchg<i64>(CONTROL + S_POSTED, number, number + 1) != number) continue
    const entry = place + POST_ENTRY
    store<f64>(entry, at)
    store<u32>(entry, bits << STATUS_MASK_SHIFT, ENTRY_STATUS)
    store<u32>(entry, appraiser < 0 ? 0 : 1 << appraiser, ENTRY_SLOTS)
    if (appraiser >= 0) store<f32>(entry + (<usize>appraiser << 2), value, ENTRY_REWARDS)
    atomic.store<i64>(place, number + 1)
    return true
  }
}

/** Ends posting: from now on there is no room. Returns how many posts have begun, all of which can be taken in time. */
export function endPosts(): f64 {
  return <f64>(atomic.or<i64>(CONTROL + S_POSTED, POSTS_ENDED) & ~POSTS_ENDED)
}

/** Moves what was posted to BATCH, at most CHUNK entries of ENTRY_BYTES. Returns how many. */
export function takePosts(): u32 {
  let number = atomic.load<i64>(CONTROL + S_TAKEN)
  let taken: u32 = 0
  while (taken < <u32>CHUNK) {
    const place = placeOf(number)
    if (atomic.load<i64>(place) != number + 1) break
    memory.copy(fixed(BATCH) + taken * ENTRY_BYTES, place + POST_ENTRY, ENTRY_BYTES)
    atomic.store<i64>(place, number + <i64>POST_CELLS)
    number++
    taken++
  }
  atomic.store<i64>(CONTROL + S_TAKEN, number)
  return taken
}
