/**
 * A member's line and its place among the members: `reserve`, `enter`, `resign`, `vacate` and `free` of claims.ts. State and
 * generation are compared and swapped together, and so nobody takes a later member of the place for the one it means.
 */

import type { Machine, Thread, Word } from './machine.js'
import type { Ring } from './ring.js'

export const FREE = 0
export const RESERVED = 1
export const ACTIVE = 2
export const RETIRED = 3
export const BUSY = 4
const STATES = ['FREE', 'RESERVED', 'ACTIVE', 'RETIRED', 'BUSY']

const RESERVES = 'reserves the place'
const LOADS_GENERATION = 'looks whether the place is still reserved for it'
const ENTERS = 'enters the place'
const RESIGNS = 'resigns'
const WINS_PLACE = 'takes the place to free it'
const BEQUEATHS = "adds the place's counters to those of all"
const CLEARS = "clears the place's counters and claim"
const FREES = 'frees the place'

/** Follow the step before them in straight-line code: no thread is terminated there. */
export const STRAIGHT_FREEING = [BEQUEATHS, CLEARS, FREES]

const COUNTERS = ['written', 'aborted', 'evicted'] as const

export type Counters = Record<(typeof COUNTERS)[number], Word>

export function countersOf(machine: Machine, name: string): Counters {
  return {
    written: machine.word(`${name}'s written`),
    aborted: machine.word(`${name}'s aborted`),
    evicted: machine.word(`${name}'s evicted`),
  }
}

/** The words of a member's line. */
export class Line implements Counters {
  readonly state: Word
  readonly generation: Word
  readonly next: Word
  readonly end: Word
  readonly written: Word
  readonly aborted: Word
  readonly evicted: Word
  /** For each thread that may come to the place: whether it is there. */
  readonly inhabitants: Word[] = []
  private readonly ring: Ring

  constructor(ring: Ring, name: string, state = ACTIVE) {
    const { machine } = ring
    this.ring = ring
    this.state = machine.word(`${name}'s state`, state, (value) => STATES[value]!)
    this.generation = machine.word(`${name}'s generation`)
    this.next = machine.word(`${name}'s next number`)
    this.end = machine.word(`${name}'s end of claim`)
    const { written, aborted, evicted } = countersOf(machine, name)
    this.written = written
    this.aborted = aborted
    this.evicted = evicted
  }

  /** The compare-and-swap of the word that is both, from one state to another of the same generation. */
  change(generation: number, from: number, to: number): boolean {
    if (!this.ring.is('compares the state without the generation') && !this.isOf(generation)) return false
    return this.state.cas(from, to) === from
  }

  isOf(generation: number): boolean {
    return this.generation.load() === generation
  }
}

/** A thread that comes to a place. */
export interface Comer {
  thread: Thread
  line: Line
  /** A register of its own. */
  generation: Word
  /** Whether the place is reserved for it from the start. */
  isExpected: boolean
}

/** Adds the steps of a thread that comes to a place; goes on to `onward`. */
export function entering(ring: Ring, { thread, line, generation, isExpected }: Comer, onward: () => string): void {
  const isThere = thread.register('is there')
  line.inhabitants.push(isThere)
  const first = ring.is('compares the state without the generation') ? LOADS_GENERATION : ENTERS
  const reserves = (alternative: number): string | undefined => {
    if (alternative === 1) return thread.end()
    if (line.state.cas(FREE, RESERVED) !== FREE) return undefined
    generation.store(line.generation.load())
    return first
  }
  if (isExpected) thread.step('is told of its place', () => first)
  else thread.step(RESERVES, reserves, [RESERVES, 'finds no free place'])
  thread.step(LOADS_GENERATION, () => (line.isOf(generation.load()) ? ENTERS : thread.end()))
  thread.step(ENTERS, () => {
    if (!line.change(generation.load(), RESERVED, ACTIVE)) return thread.end()
    ring.machine.expect('nobody enters a place that is reserved for another', line.isOf(generation.load()))
    isThere.store(1)
    return onward()
  })
}

/** Adds the steps of `resign` behind `release`, and of `vacate`. Returns the first. */
export function leaving(ring: Ring, thread: Thread, line: Line, generation: () => number): string {
  const free = freeing(ring, thread, line, generation, () => thread.end())
  thread.step(RESIGNS, () => {
    line.change(generation(), ACTIVE, RETIRED)
    return free
  })
  return RESIGNS
}

/** Adds the steps of `free`. Returns the first. */
export function freeing(
  ring: Ring,
  thread: Thread,
  line: Line,
  generation: () => number,
  onward: () => string,
): string {
  thread.step(WINS_PLACE, () => {
    if (ring.is('frees a place whoever has')) line.generation.add(1)
    else if (!line.change(generation(), RETIRED, RETIRED)) return onward()
    else line.generation.store(generation() + 1)
    return BEQUEATHS
  })
  thread.step(BEQUEATHS, () => {
    for (const counter of COUNTERS) ring.common[counter].add(line[counter].load())
    return CLEARS
  })
  thread.step(CLEARS, () => {
    for (const counter of COUNTERS) line[counter].store(0)
    line.next.store(0)
    line.end.store(0)
    return FREES
  })
  thread.step(FREES, () => {
    line.state.store(FREE)
    return onward()
  })
  return WINS_PLACE
}
