/**
 * Words that threads meet at without turning their event loops.
 *
 * @module
 */

/** A counter that only rises; threads block until it has reached a number. */
export class Gate {
  /** @param {Int32Array} words what a gate of another thread has as `words` */
  constructor(words = new Int32Array(new SharedArrayBuffer(8))) {
    this.words = words
  }

  /** How far the gate has been opened. */
  get level() {
    return Atomics.load(this.words, 0)
  }

  /** Opens the gate one level further. */
  open() {
    Atomics.add(this.words, 0, 1)
    Atomics.notify(this.words, 0)
  }

  /**
   * Blocks this thread until the gate is open up to `level`.
   * @param {number} level
   */
  pass(level = 1) {
    for (let now = this.level; now < level; now = this.level) Atomics.wait(this.words, 0, now)
  }

  /**
   * Blocks this thread until `count` threads have come here, this one included.
   * @param {number} count
   */
  meet(count) {
    this.open()
    this.pass(count)
  }
}
