/**
 * A machine of threads over a shared memory of small numbers. All of its state is one array of bytes: the words that the
 * threads share, their registers, and which step each of them takes next. A step makes one access to shared memory and
 * whatever its thread does with registers of its own after it; it returns the label of the step that follows.
 *
 * Where the memory model or the environment leaves a choice, a step has several alternatives: the checker takes each. An
 * alternative that is not open returns `undefined`; a thread none of whose alternatives is open waits.
 */

export const DONE = 'done'
export const DEAD = 'dead'

/** Returns the label of the next step, or `undefined` if this alternative is not open. */
export type Run = (alternative: number) => string | undefined

/** One byte of the state. */
export class Word {
  readonly name: string
  readonly initial: number
  /** How a value is told in a counterexample. */
  readonly tell: (value: number) => string
  private readonly machine: Machine
  private readonly at: number

  constructor(machine: Machine, at: number, name: string, initial: number, tell: (value: number) => string) {
    this.machine = machine
    this.at = at
    this.name = name
    this.initial = initial
    this.tell = tell
  }

  load(): number {
    return this.machine.now[this.at]!
  }

  /** What stood there before the step that is looked at. */
  was(): number {
    return this.machine.before[this.at]!
  }

  store(value: number): void {
    if (value < 0 || value > 255) throw new RangeError(`${this.name} is a byte, not ${value}`)
    this.machine.now[this.at] = value
  }

  /** Adds and returns what stood there. */
  add(amount: number): number {
    const found = this.load()
    this.store(found + amount)
    return found
  }

  exchange(value: number): number {
    const found = this.load()
    this.store(value)
    return found
  }

  /** Compare and swap: returns what stood there, which is `expected` if `wanted` stands there now. */
  cas(expected: number, wanted: number): number {
    const found = this.load()
    if (found === expected) this.store(wanted)
    return found
  }
}

interface Step {
  run: Run
  alternatives: readonly string[]
}

/** A program, its registers and its place in it. It begins at its first step. */
export class Thread {
  readonly name: string
  private readonly machine: Machine
  private readonly place: Word
  private readonly registers: Word[] = []
  private readonly labels: string[] = [DONE, DEAD]
  private readonly numbers = new Map([DONE, DEAD].map((label, i) => [label, i] as const))
  private readonly steps: (Step | undefined)[] = [undefined, undefined]
  private straightLine: ReadonlySet<string> | undefined
  private unseen: ReadonlySet<string> = new Set()

  constructor(machine: Machine, name: string) {
    this.machine = machine
    this.name = name
    this.place = machine.word(`${name} is at`, 2)
    machine.own.add(this.place)
  }

  register(name: string, initial = 0): Word {
    const word = this.machine.word(`${this.name}: ${name}`, initial)
    this.registers.push(word)
    this.machine.own.add(word)
    return word
  }

  /** Adds a step, which has one alternative for each description, or is described by its label. */
  step(label: string, run: Run, alternatives: readonly string[] = [label]): void {
    this.numbers.set(label, this.labels.length)
    this.labels.push(label)
    this.steps.push({ run, alternatives })
  }

  /** Lets the thread be terminated before any step but those of straight-line code. */
  mayDie(straightLine: readonly string[]): void {
    this.straightLine = new Set(straightLine)
  }

  /** Joins steps over words that nobody else looks at to the steps before them. */
  join(unseen: readonly string[]): void {
    this.unseen = new Set(unseen)
  }

  /** Ends the program. Registers that nobody needs any more are cleared, so that equal futures are one state. */
  end(): string {
    for (const register of this.registers) register.store(0)
    return DONE
  }

  label(): string {
    return this.labels[this.place.load()]!
  }

  isDead(): boolean {
    return this.place.load() === 1
  }

  /** Whether it is done or dead. */
  rests(): boolean {
    return this.place.load() < 2
  }

  /** How many alternatives its next step has, open or not. The last one of a thread that may die here is that it dies. */
  width(): number {
    if (this.rests()) return 0
    const mortal = this.straightLine !== undefined && !this.straightLine.has(this.label())
    return this.steps[this.place.load()]!.alternatives.length + (mortal ? 1 : 0)
  }

  describe(alternative: number): string {
    return `${this.name} ${this.steps[this.place.load()]!.alternatives[alternative] ?? 'is terminated'}`
  }

  /** Takes one alternative of the next step. False if it is not open. */
  take(alternative: number): boolean {
    const { run, alternatives } = this.steps[this.place.load()]!
    let next = alternative === alternatives.length ? this.die() : run(alternative)
    if (next === undefined) return false
    while (this.unseen.has(next)) next = this.steps[this.numberOf(next)]!.run(0)!
    this.place.store(this.numberOf(next))
    return true
  }

  private numberOf(label: string): number {
    const number = this.numbers.get(label)
    if (number === undefined) throw new Error(`${this.name} has no step '${label}'`)
    return number
  }

  private die(): string {
    this.end()
    return DEAD
  }
}

export interface Invariant {
  name: string
  holds: () => boolean
}

export class Machine {
  readonly threads: Thread[] = []
  readonly words: Word[] = []
  /** The registers and places of threads, which only they look at. */
  readonly own = new Set<Word>()
  /** Hold in every state. */
  readonly always: Invariant[] = []
  /** Hold between the states before and after each step. */
  readonly eachStep: Invariant[] = []
  /** Hold when all threads are done or dead. */
  readonly atEnd: Invariant[] = []
  now: Uint8Array = new Uint8Array(0)
  before: Uint8Array = new Uint8Array(0)
  /** The first expectation that did not hold since it was last taken. */
  private broken: string | undefined

  word(name: string, initial = 0, tell: (value: number) => string = String): Word {
    const word = new Word(this, this.words.length, name, initial, tell)
    this.words.push(word)
    return word
  }

  array(
    name: string,
    length: number,
    initial: (i: number) => number = () => 0,
    tell: (value: number) => string = String,
  ): Word[] {
    return Array.from({ length }, (_, i) => this.word(`${name}[${i}]`, initial(i), tell))
  }

  thread(name: string): Thread {
    const thread = new Thread(this, name)
    this.threads.push(thread)
    return thread
  }

  /** An invariant that a step states of what it has found. */
  expect(invariant: string, holds: boolean): void {
    if (!holds) this.broken ??= invariant
  }

  takeBroken(): string | undefined {
    const { broken } = this
    this.broken = undefined
    return broken
  }

  /** What the step from `before` to `now` has changed of what threads share, as text. */
  changes(): string {
    const changed = this.words.filter((word) => !this.own.has(word) && word.load() !== word.was())
    return changed.map((word) => `${word.name} ${word.tell(word.was())} → ${word.tell(word.load())}`).join(', ')
  }
}
