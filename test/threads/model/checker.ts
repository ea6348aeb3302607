/**
 * The checker: takes a machine through all interleavings of its threads, breadth first, so that the first violation
 * that it finds is one of the shortest. States are kept one behind another in the order they were found, which makes
 * the list the queue as well, and are found again by a table of hashes that compares them whole: nothing is approximate.
 */

import { Edges } from './edges.js'
import type { Invariant, Machine, Thread } from './machine.js'

export interface Violation {
  invariant: string
  /** One line a step, from the initial state to the violation. */
  trace: string[]
}

export interface Result {
  /** Different states that were reached. */
  states: number
  /** Those among them in which all threads are done or dead. */
  ends: number
  violation?: Violation
}

/** What every machine must fulfil: in each state somebody can go on, or all are done or dead. */
export const PROGRESS = 'nobody waits forever'
export const ENDING = 'an end can always be reached'

const EMPTY = -1

/** States of `width` words, each once. */
class States {
  count = 0
  private readonly width: number
  private words: Uint32Array
  private table = new Int32Array(1 << 12).fill(EMPTY)
  parents = new Int32Array(1 << 10)

  constructor(width: number) {
    this.width = width
    this.words = new Uint32Array(width << 10)
  }

  read(index: number, into: Uint32Array): void {
    const start = index * this.width
    for (let i = 0; i < this.width; i++) into[i] = this.words[start + i]!
  }

  /** The index of a state; a new one is added as a successor of `parent`. */
  find(state: Uint32Array, parent: number): number {
    const mask = this.table.length - 1
    let place = hashOf(state) & mask
    for (let index = this.table[place]!; index !== EMPTY; index = this.table[place]!) {
      if (this.equals(index, state)) return index
      place = (place + 1) & mask
    }
    this.table[place] = this.count
    return this.add(state, parent)
  }

  private equals(index: number, state: Uint32Array): boolean {
    const start = index * this.width
    for (let i = 0; i < this.width; i++) if (this.words[start + i] !== state[i]) return false
    return true
  }

  private add(state: Uint32Array, parent: number): number {
    if (this.count === this.parents.length) this.grow()
    this.words.set(state, this.count * this.width)
    this.parents[this.count] = parent
    return this.count++
  }

  private grow(): void {
    const words = new Uint32Array(this.words.length * 2)
    words.set(this.words)
    this.words = words
    const parents = new Int32Array(this.parents.length * 2)
    parents.set(this.parents)
    this.parents = parents
    this.rehash()
  }

  private rehash(): void {
    const table = new Int32Array(this.table.length * 2).fill(EMPTY)
    const mask = table.length - 1
    for (let index = 0; index < this.count; index++) {
      const start = index * this.width
      let place = hashOf(this.words.subarray(start, start + this.width)) & mask
      while (table[place] !== EMPTY) place = (place + 1) & mask
      table[place] = index
    }
    this.table = table
  }
}

function hashOf(state: Uint32Array): number {
  let hash = 0
  for (let i = 0; i < state.length; i++) {
    hash = Math.imul(hash ^ state[i]!, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash >>> 0
}

class Search {
  readonly machine: Machine
  readonly states: States
  private readonly now: Uint32Array
  private readonly before: Uint32Array
  private readonly edges = new Edges()
  private readonly ends: number[] = []

  constructor(machine: Machine) {
    this.machine = machine
    const width = (machine.words.length + 3) >> 2
    this.states = new States(width)
    this.now = new Uint32Array(width)
    this.before = new Uint32Array(width)
    machine.now = new Uint8Array(this.now.buffer)
    machine.before = new Uint8Array(this.before.buffer)
    for (const word of machine.words) word.store(word.initial)
    this.states.find(this.now, EMPTY)
  }

  run(most: number): Result {
    for (let index = 0; index < this.states.count; index++) {
      this.states.read(index, this.before)
      const violation = this.expand(index)
      if (violation !== undefined) return this.result(violation)
      if (this.states.count > most) throw new RangeError(`more than ${most} states`)
    }
    const lost = this.edges.firstWithout(this.states.count, this.ends)
    return this.result(lost < 0 ? undefined : this.violation(ENDING, lost, ['from here on for ever']))
  }

  private result(violation: Violation | undefined): Result {
    return { states: this.states.count, ends: this.ends.length, ...(violation && { violation }) }
  }

  /** Takes every alternative that is open in state `index`. */
  private expand(index: number): Violation | undefined {
    let moves = false
    this.now.set(this.before)
    const widths = this.machine.threads.map((thread) => thread.width())
    for (let t = 0; t < widths.length; t++) {
      const thread = this.machine.threads[t]!
      for (let alternative = 0; alternative < widths[t]!; alternative++) {
        this.now.set(this.before)
        if (!thread.take(alternative)) continue
        const known = this.states.count
        const broken = this.machine.takeBroken() ?? firstBroken(this.machine.eachStep)
        const found = this.states.find(this.now, index)
        if (found !== index) {
          moves = true
          this.edges.add(index, found)
        }
        const invariant = broken ?? (found === known ? firstBroken(this.machine.always) : undefined)
        if (invariant !== undefined) return this.violation(invariant, index, [this.describe(thread, alternative)])
      }
    }
    return moves ? undefined : this.rest(index)
  }

  /** A state that nobody leaves: an end, or all who are left wait. */
  private rest(index: number): Violation | undefined {
    this.now.set(this.before)
    const waiting = this.machine.threads.filter((thread) => !thread.rests())
    if (waiting.length > 0) {
      const last = waiting.map((thread) => `${thread.name} waits: ${thread.label()}`)
      return this.violation(PROGRESS, index, last)
    }
    this.ends.push(index)
    const invariant = firstBroken(this.machine.atEnd)
    return invariant === undefined ? undefined : this.violation(invariant, index, ['all threads rest'])
  }

  private violation(invariant: string, index: number, last: string[]): Violation {
    const path = [index]
    for (let at = this.states.parents[index]!; at !== EMPTY; at = this.states.parents[at]!) path.unshift(at)
    const trace = path.slice(1).map((to, i) => this.stepBetween(path[i]!, to))
    return { invariant, trace: [...trace, ...last] }
  }

  private stepBetween(from: number, to: number): string {
    this.states.read(from, this.before)
    for (const thread of this.machine.threads) {
      this.now.set(this.before)
      const width = thread.width()
      for (let alternative = 0; alternative < width; alternative++) {
        this.now.set(this.before)
        if (thread.take(alternative) && this.states.find(this.now, from) === to)
          return this.describe(thread, alternative)
      }
    }
    throw new Error('a state was not reached from its parent')
  }

  /** The step that has led from `before` to `now`. */
  private describe(thread: Thread, alternative: number): string {
    const changes = this.machine.changes()
    const after = this.now.slice()
    this.now.set(this.before)
    const step = thread.describe(alternative)
    this.now.set(after)
    return changes === '' ? step : `${step} (${changes})`
  }
}

function firstBroken(invariants: readonly Invariant[]): string | undefined {
  for (const { name, holds } of invariants) if (!holds()) return name
  return undefined
}

/** Takes `machine` through all of its states, at most `most`, or to the first violation of an invariant. */
export function explore(machine: Machine, most = 4_000_000): Result {
  return new Search(machine).run(most)
}
