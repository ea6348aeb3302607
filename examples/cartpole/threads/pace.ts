/**
 * How the threads of a run keep pace: a few words of shared memory, on which whoever has nothing to do sleeps.
 *
 * | word | who writes it | meaning |
 * |---|---|---|
 * | GRANTED | learner | environments may take this many steps in all |
 * | TAKEN | environments | steps that they have taken for themselves |
 * | PROGRESS | appraisers | changes whenever one has passed more events |
 * | PASSED … | one appraiser each | events that it has passed, scored or missed |
 * | MISSED … | one appraiser each | those that it has missed |
 *
 * The learner grants a step only {@link LEAD} steps ahead of its own, and takes its own only when all four appraisers have
 * passed it: the environments never outrun the learner by more, and the learner never learns more often from one step
 * than a run in one thread does. A sleeper gives `Atomics.wait` the value that it found wanting, so that a change between
 * its look and its sleep wakes it at once.
 *
 * @module
 */

import { APPRAISERS } from '../appraisal.js'

/** Steps that the environments may be ahead of the learner. */
const LEAD = 64
/** Steps are granted in lots of at least this many, so that one notification wakes for more than one step. */
const LOT = 16

const GRANTED = 0
const TAKEN = 1
const PROGRESS = 2
const PASSED = 3
const MISSED = PASSED + APPRAISERS.length
const WORDS = MISSED + APPRAISERS.length

type WaitAsync = (words: Int32Array, index: number, value: number) => { value: unknown }

/** Not among the types of ES2023, but in every Node that runs this. */
const { waitAsync } = Atomics as unknown as { waitAsync: WaitAsync }

/** Steps of the run, `[first, end)`. */
export interface Slice {
  first: number
  end: number
}

/** One thread's hold on the words that all share. */
export class Pace {
  /** To be given to other threads, which make a `Pace` of it. */
  readonly memory: SharedArrayBuffer
  readonly #steps: number
  readonly #words: Int32Array

  /**
   * @param steps of the run
   * @param memory of the `Pace` of another thread; without it a new one begins
   */
  constructor(steps: number, memory = new SharedArrayBuffer(WORDS * 4)) {
    this.memory = memory
    this.#steps = steps
    this.#words = new Int32Array(memory)
  }

  /** For the learner: whether it is time to grant more before it takes step number `step`, counted from 1. */
  isGrantDue(step: number): boolean {
    const granted = Atomics.load(this.#words, GRANTED)
    const due = this.#grantFor(step)
    return due >= granted + LOT || (due === this.#steps && granted < due)
  }

  /** For the learner: grants all that may be granted before it takes step number `step`. */
  grant(step: number): void {
    Atomics.store(this.#words, GRANTED, this.#grantFor(step))
    Atomics.notify(this.#words, GRANTED)
  }

  /** For an environment: takes up to `most` steps, asleep until there are any; undefined once all are taken. */
  take(most: number): Slice | undefined {
    const words = this.#words
    while (true) {
      const granted = Atomics.load(words, GRANTED)
      const first = Atomics.load(words, TAKEN)
      const end = Math.min(granted, first + most)
      if (first === this.#steps) return undefined
      if (first === end) Atomics.wait(words, GRANTED, granted)
      else if (Atomics.compareExchange(words, TAKEN, first, end) === first) return { first, end }
    }
  }

  /** For an appraiser: tells how many events it has passed, and how many of them it has missed. */
  report(slot: number, passed: number, missed: number): void {
    Atomics.store(this.#words, MISSED + slot, missed)
    Atomics.store(this.#words, PASSED + slot, passed)
    this.wake()
  }

  /** Makes the learner look again. */
  wake(): void {
    Atomics.add(this.#words, PROGRESS, 1)
    Atomics.notify(this.#words, PROGRESS)
  }

  /** Whether all four appraisers have passed the first `step` events. */
  isPassed(step: number): boolean {
    return APPRAISERS.every((_, slot) => Atomics.load(this.#words, PASSED + slot) >= step)
  }

  /** Events that were missed, summed over the four. */
  get missed(): number {
    return APPRAISERS.reduce((sum, _, slot) => sum + Atomics.load(this.#words, MISSED + slot), 0)
  }

  /** For the learner, whose thread goes on hearing of the others: resolves when `isReady`, asked after every change. */
  async until(isReady: () => boolean): Promise<void> {
    while (true) {
      const seen = Atomics.load(this.#words, PROGRESS)
      if (isReady()) return
      await waitAsync(this.#words, PROGRESS, seen).value
    }
  }

  #grantFor(step: number): number {
    return Math.min(this.#steps, step - 1 + LEAD)
  }
}
