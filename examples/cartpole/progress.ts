/**
 * What is shown while a run lasts: one line that moves on a terminal, else a line now and then.
 *
 * @module
 */

import { count, percent } from './format.js'
import type { Window } from './run.js'
import type { Terminal } from './terminal.js'

/** Leaves room for the rest up to `missed` in 80 columns. */
const BAR_WIDTH = 8
/** Without a terminal every fourth window is a line. */
const PLAIN_EVERY = 4

/** Shows the windows of one run. */
export class ProgressView {
  readonly #terminal: Terminal
  readonly #label: string
  readonly #steps: number
  readonly #capacity: number
  #shown = 0

  constructor(terminal: Terminal, label: string, steps: number, capacity: number) {
    this.#terminal = terminal
    this.#label = label
    this.#steps = steps
    this.#capacity = capacity
  }

  /** Shows the state at the end of a window. */
  show(window: Window, eventsPerSecond: number): void {
    const facts = [
      `return ${window.meanReturn.toFixed(1).padStart(5)}`,
      `${count(Math.round(eventsPerSecond)).padStart(6)} events/s`,
      `fill ${percent(window.size / this.#capacity).padStart(4)}`,
      `missed ${count(window.missed)}`,
      `explore ${percent(window.exploration).padStart(4)}`,
    ].join('  ')
    if (this.#terminal.interactive) {
      const done = Math.round((BAR_WIDTH * window.step) / this.#steps)
      const bar = `${'━'.repeat(done)}${'─'.repeat(BAR_WIDTH - done)}`
      this.#terminal.progress(`${this.#label} ${bar} ${count(window.step)}  ${facts}`)
    }
    this.#shown++
    if (this.#terminal.interactive ? window.step === this.#steps : this.#isPlainLine(window)) {
      this.#terminal.line(`${this.#label.padEnd(11)} step ${count(window.step).padStart(6)}  ${facts}`)
    }
  }

  #isPlainLine(window: Window): boolean {
    return this.#shown % PLAIN_EVERY === 0 || window.step === this.#steps
  }
}
