/**
 * Runs of consecutive steps: `length` events of one episode, each the next event of that episode in the ring and one
 * step further. Episodes may interleave.
 *
 * Events whose episodes hash to one bucket are chained from newest to oldest; walking the chain and skipping other
 * episodes finds the event before. When an event is folded that ends a run, its first and last event are marked. When
 * the first one leaves the ring, the count of runs falls; the mark of the last one is then stale and goes when a draw
 * meets it. So the count is exact, every draw is uniform over the runs, and nothing is stored but one link an event,
 * two bits an event and the buckets.
 *
 * The index holds one length at a time; another one folds the window anew. Folding costs `length` steps along the chain
 * for an event, drawing the same for a run.
 */

import {
  EPISODE_ID, H_RUNS_COUNT, H_RUNS_FOLDED, H_RUNS_LENGTH, HEADER, STEP_NUMBER,
} from '../src/layout'
import { emit } from './draw'
import { countMatches, selectMatch, takeMatch } from './matches'
import { below } from './random'
import {
  at4, at8, capacity, heads, headsBits, links, matches, nextSeq, oldestSeq, rankOfSlot, recordAt, runEnds, runStarts,
  size, slotOfBack, tailSlot,
} from './state'

@inline function linkAt(slot: u32): usize {
  return at4(links, slot)
}

@inline function bucketOf(episode: u64): usize {
  const mixed = (episode ^ (episode >> 32)) * 0x9e3779b97f4a7c15
  return heads + (<usize>(mixed >> (64 - <u64>headsBits)) << 2)
}

@inline function has(bitmap: usize, slot: u32): bool {
  return <bool>((load<u64>(at8(bitmap, slot >> 6)) >> (slot & 63)) & 1)
}

@inline function set(bitmap: usize, slot: u32): void {
  const address = at8(bitmap, slot >> 6)
  store<u64>(address, load<u64>(address) | ((<u64>1) << (slot & 63)))
}

@inline function clear(bitmap: usize, slot: u32): void {
  const address = at8(bitmap, slot >> 6)
  store<u64>(address, load<u64>(address) & ~((<u64>1) << (slot & 63)))
}

@inline function before(slot: u32, distance: u32): u32 {
  return slot >= distance ? slot - distance : slot + capacity - distance
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

/** Folds the event `seq` at `slot`; `reach` events, it included, are still in the ring up to it. */
function foldEvent(seq: i64, slot: u32, length: u32, reach: u32): void {
  if (has(runStarts, slot)) {
    clear(runStarts, slot)
    store<u32>(HEADER + H_RUNS_COUNT, load<u32>(HEADER + H_RUNS_COUNT) - 1)
  }
  clear(runEnds, slot)
  const bucket = bucketOf(load<u64>(recordAt(slot), EPISODE_ID))
  store<u32>(linkAt(slot), <u32>seq - load<u32>(bucket))
  store<u32>(bucket, <u32>seq)
  const distance = runBack(slot, length, reach)
  if (distance < 0) return
  set(runStarts, before(slot, <u32>distance))
  set(runEnds, slot)
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
    const bytes = ((capacity + 63) >> 6) << 3
    memory.fill(runStarts, 0, bytes)
    memory.fill(runEnds, 0, bytes)
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

/** Makes the ends of runs the matches, stale ones included. Returns how many there are. */
export function matchRuns(): u32 {
  memory.copy(matches, runEnds, ((size() + 63) >> 6) << 3)
  return countMatches()
}

/**
 * `count` uniform draws of runs from the `left` matches: their rows, run by run, to OUT_SEQS and OUT_SLOTS, CHUNK rows
 * at most. There must be as many runs left. Returns how many matches are left.
 */
export function drawRuns(count: u32, length: u32, left: u32, replacement: bool): u32 {
  const tail = tailSlot()
  const oldest = oldestSeq()
  for (let i: u32 = 0; i < count; i++) {
    let slot: u32 = 0
    let distance: i64 = -1
    while (distance < 0) {
      slot = selectMatch(below(left))
      distance = runBack(slot, length, rankOfSlot(slot, tail) + 1)
      if (distance < 0) clear(runEnds, slot)
      if (distance < 0 || !replacement) {
        takeMatch(slot)
        left--
      }
    }
    for (let row = (i + 1) * length; row-- > i * length; ) {
      const rank = rankOfSlot(slot, tail)
      emit(row, rank, slot, oldest)
      if (row > i * length) slot = before(slot, stepBack(slot, rank + 1))
    }
  }
  return left
}
