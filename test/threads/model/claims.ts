/**
 * Claiming numbers and giving them up: `claimBetween`, `unclaim` and `release` of claims.ts.
 */

import type { Thread, Word } from './machine.js'
import { ACTIVE, BUSY, type Line } from './member.js'
import { ABORTED, advance, isSettled, type Ring } from './ring.js'
import type { Waiting } from './waiting.js'

const LOADS_GATE = 'loads the gate'
const WAITS_AT_GATE = 'waits at the gate'
const LOADS_COUNTER = 'loads the counter'
const BUSY_TO_CLAIM = 'becomes busy to claim'
const CLAIMS = 'claims'
const ACTIVE_WITHOUT = 'is active again, since another has claimed'
const NOTES = 'notes the claim'
const ACTIVE_WITH_CLAIM = 'is active again, with its claim'
const BUSY_TO_HAND_BACK = 'becomes busy to hand back'
const HANDS_BACK = 'hands back'
const SHORTENS = 'takes the end of its claim back'
const ACTIVE_AFTER_HANDING_BACK = 'is active again, after handing back'
const GIVES_UP = 'gives up what is left'
const LOOKS_BACK = 'looks whether the number a lap before has settled'
const MOVES_ON = 'moves past what it aborted'

/**
 * Follow the step before them in straight-line code: no thread is terminated there. The rest of what is done while busy
 * is straight-line code too; that a dead thread may be found busy all the same costs nothing to hold.
 */
export const STRAIGHT_CLAIMS = [NOTES, SHORTENS]

/** Concern nobody where no thread is retired. */
export const UNSEEN_CLAIMS = [
  BUSY_TO_CLAIM,
  NOTES,
  ACTIVE_WITH_CLAIM,
  ACTIVE_WITHOUT,
  GIVES_UP,
  BUSY_TO_HAND_BACK,
  SHORTENS,
  ACTIVE_AFTER_HANDING_BACK,
  MOVES_ON,
]

export interface Claimer {
  ring: Ring
  thread: Thread
  line: Line
  /** The generation in which it has its line. */
  generation: () => number
  /** Numbers a claim. */
  block: number
  /** Events that it has still to write. */
  left: Word
  waiting: Waiting | undefined
}

/** Adds the steps of a claim; goes on to `onward`. Returns the first. */
export function claiming({ ring, thread, line, generation, block, left }: Claimer, onward: () => string): string {
  const seen = thread.register('counter seen')
  const { journal } = ring
  const gate = journal && thread.register('gate seen')
  const end = () => Math.min(seen.load() + block, gate?.load() ?? ring.end, ring.end)
  const first = gate === undefined ? LOADS_COUNTER : LOADS_GATE
  if (journal !== undefined && gate !== undefined) {
    thread.step(LOADS_GATE, () => {
      gate.store(ring.is('claims past the gate') ? ring.end : journal.gate.load())
      return LOADS_COUNTER
    })
    thread.step(WAITS_AT_GATE, () => (journal.gate.load() === gate.load() ? undefined : LOADS_GATE))
  }
  thread.step(LOADS_COUNTER, () => {
    seen.store(ring.counter.load())
    // The gate may have risen, and others have claimed, since it was loaded.
    if (gate !== undefined && seen.load() >= gate.load() && seen.load() !== ring.end) {
      seen.store(0)
      return WAITS_AT_GATE
    }
    if (seen.load() !== ring.end) return BUSY_TO_CLAIM
    left.store(0)
    seen.store(0)
    gate?.store(0)
    return onward()
  })
  thread.step(BUSY_TO_CLAIM, () => {
    return line.change(generation(), ACTIVE, BUSY) ? CLAIMS : thread.end()
  })
  thread.step(CLAIMS, () => {
    if (ring.is('claims by load and store')) {
      ring.counter.store(end())
      return NOTES
    }
    return ring.counter.cas(seen.load(), end()) === seen.load() ? NOTES : ACTIVE_WITHOUT
  })
  thread.step(ACTIVE_WITHOUT, () => {
    line.state.store(ACTIVE)
    return first
  })
  thread.step(NOTES, () => {
    line.next.store(seen.load())
    line.end.store(end())
    return ACTIVE_WITH_CLAIM
  })
  thread.step(ACTIVE_WITH_CLAIM, () => {
    seen.store(0)
    gate?.store(0)
    line.state.store(ACTIVE)
    return onward()
  })
  return first
}

/** Adds the steps that give up what is left of a claim: hand it back, or abort it; goes on to `onward`. Returns the first. */
export function releasing({ ring, thread, line, generation, waiting }: Claimer, onward: () => string): string {
  const { next, end, state } = line
  const leaves = () => waiting?.rouses ?? onward()
  const rest = () => (next.load() === end.load() ? onward() : abort)
  const look = looking({ ring, thread, line }, BUSY_TO_HAND_BACK, () => abort)
  thread.step(BUSY_TO_HAND_BACK, () => {
    return line.change(generation(), ACTIVE, BUSY) ? HANDS_BACK : abort
  })
  thread.step(HANDS_BACK, () => {
    if (ring.is('hands back by a store')) {
      return ring.counter.load() === end.load() ? 'hands back by a store' : ACTIVE_AFTER_HANDING_BACK
    }
    return ring.counter.cas(end.load(), next.load()) === end.load() ? SHORTENS : ACTIVE_AFTER_HANDING_BACK
  })
  thread.step('hands back by a store', () => {
    ring.counter.store(next.load())
    return SHORTENS
  })
  thread.step(SHORTENS, () => {
    end.store(next.load())
    return ACTIVE_AFTER_HANDING_BACK
  })
  thread.step(ACTIVE_AFTER_HANDING_BACK, () => {
    state.store(ACTIVE)
    return rest()
  })
  const abort = advance(ring, 'abort', {
    thread,
    line,
    kind: ABORTED,
    seq: () => next.load(),
    done: () => MOVES_ON,
    past: () => MOVES_ON,
  })
  thread.step(MOVES_ON, () => {
    next.add(1)
    return next.load() === end.load() ? leaves() : abort
  })
  thread.step(GIVES_UP, () => (next.load() === end.load() ? onward() : look()))
  return GIVES_UP
}

/**
 * Adds the step of `mayBeTakenBack`: looks whether each number that a lap later would be taken back has settled. Returns
 * how it begins.
 */
function looking(
  { ring, thread, line }: Pick<Claimer, 'ring' | 'thread' | 'line'>,
  may: string,
  mayNot: () => string,
): () => string {
  const at = thread.register('number to take back')
  const onward = (): string => {
    if (at.load() < line.end.load() && !ring.is('takes claims back whatever they stand before')) return LOOKS_BACK
    at.store(0)
    return may
  }
  thread.step(LOOKS_BACK, () => {
    const before = at.load() - ring.slots
    if (!isSettled(ring.stampAt(before).load(), before)) {
      at.store(0)
      return mayNot()
    }
    at.add(1)
    return onward()
  })
  return () => {
    at.store(Math.max(line.next.load(), ring.first + ring.slots))
    return onward()
  }
}
