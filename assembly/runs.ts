/**
 * Runs of consecutive steps: `length` events of one episode, each the next event of that episode in the ring and one
 * step further. Episodes may interleave.
 *
 * Events whose episodes hash to one bucket are chained from newest to oldest; walking the chain and skipping other
 * episodes finds the event before. When an event is folded that ends a run, it is marked, and the first event of the
 * run keeps the distance to it, so that the mark goes when the first one leaves the ring. So the marks are always
 * exactly the runs of the window, and what is drawn depends on nothing but the window and the generator.
 *
 * The index holds one length at a time; another one folds the window anew. Folding costs `length` steps along the
 * chain for an event, drawing the same for a run.
 */

import {
  EPISODE_ID, H_RUNS_COUNT, H_RUNS_FOLDED, H_RUNS_LENGTH, HEADER, STEP_NUMBER,
} from '../src/layout'
import { emit } from './draw'
import { countMatches, selectMatch, takeMatch } from './matches'
import { below } from './random'
import {
  at4, at8, capacity, heads, headsBits, links, matches, nextSeq, oldestSeq, rankOfSlot, recordAt, runEnds, runSpans,
  size, slotOfBack, tailSlot,
} from './state'

@inline function linkAt(slot: u32): usize {
  return at4(links, slot)
}

@inline function bucketOf(episode: u64): usize {
  const mixed = (episode ^ (episode >> 32)) * 0x9e3779b97f4a7c15
  return heads + (<usize>(mixed >> (64 - <u64>headsBits)) << 2)
}

/** Where the event at `slot` keeps 1 more than the distance to the end of the run that it starts, or 0. */
@inline function spanAt(slot: u32): usize {
  return at4(runSpans, slot)
}

@inline function markEnd(slot: u32): void {
  const address = at8(runEnds, slot >> 6)
  store<u64>(address, load<u64>(address) | ((<u64>1) << (slot & 63)))
}

@inline function unmarkEnd(slot: u32): void {
  const address = at8(runEnds, slot >> 6)
  store<u64>(address, load<u64>(address) & ~((<u64>1) << (slot & 63)))
}

@inline function before(slot: u32, distance: u32): u32 {
  return slot >= distance ? slot - distance : slot + capacity - distance
}

@inline function after(slot: u32, distance: u32): u32 {
  // Both are below 2^25: the sum cannot overflow.
  const sum = slot + distance
  return sum >= capacity ? sum - capacity : sum
}

/**
 * The distance from the event at `slot` to the event before it in its episode, if that one is less than `reach` away
 * and one step earlier; else 0.
 */
function stepBack(slot: u32, reach: u32): u32 {
  const record = recordAt(slot)
  const episode = load<u64>(record, EPISODE_ID)
  let distance: u32 = 0
  let at = slot
  do {
    const link = load<u32>(linkAt(at))
    // Subtraction: a stale link may be large, a sum could overflow.
    if (!link || link >= reach - distance) return 0
    distance += link
    at = before(slot, distance)
  } while (load<u64>(recordAt(at), EPISODE_ID) != episode)
  return <u64>load<u32>(recordAt(at), STEP_NUMBER) + 1 == <u64>load<u32>(record, STEP_NUMBER) ? distance : 0
}

/** The distance from the event at `slot` to the first event of the run that it ends, or −1; all within `reach`. */
function runBack(slot: u32, length: u32, reach: u32): i64 {
  let distance: u32 = 0
  for (let i: u32 = 1; i < length; i++) {
    const step = stepBack(before(slot, distance), reach - distance)
    if (!step) return -1
    distance += step
  }
  return distance
}

/** Takes the run away that the event which stood at `slot` started. */
@inline export function dropRun(slot: u32): void {
  const span = load<u32>(spanAt(slot))
  if (!span) return
  // Its end was newer, so that nothing has been folded over it yet.
  store<u32>(spanAt(slot), 0)
  unmarkEnd(after(slot, span - 1))
  store<u32>(HEADER + H_RUNS_COUNT, load<u32>(HEADER + H_RUNS_COUNT) - 1)
}

/** Folds the event `seq` at `slot`; `reach` events, it included, are still in the ring up to it. */
function foldEvent(seq: i64, slot: u32, length: u32, reach: u32): void {
  dropRun(slot)
  const bucket = bucketOf(load<u64>(recordAt(slot), EPISODE_ID))
  store<u32>(linkAt(slot), <u32>seq - load<u32>(bucket))
  store<u32>(bucket, <u32>seq)
  const distance = runBack(slot, length, reach)
  if (distance < 0) return
  store<u32>(spanAt(before(slot, <u32>distance)), <u32>distance + 1)
  markEnd(slot)
  store<u32>(HEADER + H_RUNS_COUNT, load<u32>(HEADER + H_RUNS_COUNT) + 1)
}

/** Folds what is new, for runs of `length` events. Returns how many runs the window holds. */
export function foldRuns(length: u32): u32 {
  const next = nextSeq()
  const oldest = oldestSeq()
  let from = load<i64>(HEADER + H_RUNS_FOLDED)
  if (load<u32>(HEADER + H_RUNS_LENGTH) != length || from < oldest) {
    store<u32>(HEADER + H_RUNS_LENGTH, length)
    store<u32>(HEADER + H_RUNS_COUNT, 0)
    memory.fill(runSpans, 0, <usize>capacity << 2)
    memory.fill(runEnds, 0, ((capacity + 63) >> 6) << 3)
    // A chain that leads to an event before the window ends there.
    memory.fill(heads, 0, (<usize>4) << headsBits)
    from = oldest
  }
  for (let seq = from; seq < next; seq++) {
    foldEvent(seq, slotOfBack(<u32>(next - seq)), length, <u32>(seq - oldest) + 1)
  }
  store<i64>(HEADER + H_RUNS_FOLDED, next)
  return load<u32>(HEADER + H_RUNS_COUNT)
}

/** Makes the ends of runs the matches. Returns how many there are. */
export function matchRuns(): u32 {
  memory.copy(matches, runEnds, ((size() + 63) >> 6) << 3)
  return countMatches()
}

/**
 * `count` uniform draws of runs from the `left` matches: their rows, run by run, to OUT_SEQS and OUT_SLOTS, CHUNK rows
 * at most. Without replacement there must be as many left. Returns how many matches are left.
 */
export function drawRuns(count: u32, length: u32, left: u32, replacement: bool): u32 {
  const tail = tailSlot()
  const oldest = oldestSeq()
  for (let i: u32 = 0; i < count; i++) {
    let slot = selectMatch(below(left))
    if (!replacement) {
      takeMatch(slot)
      left--
    }
    for (let row = (i + 1) * length; row-- > i * length; ) {
      const rank = rankOfSlot(slot, tail)
      emit(row, rank, slot, oldest)
      if (row > i * length) slot = before(slot, stepBack(slot, rank + 1))
    }
  }
  return left
}
