/**
 * Which states lead to which, and whether an end can be reached from all of them. A machine that goes round in circles
 * for ever, whatever its threads do, is found by this alone: in each of its states somebody goes on.
 */

/** Pairs of states, from one to the next. */
export class Edges {
  private count = 0
  private from: Int32Array = new Int32Array(1 << 12)
  private to: Int32Array = new Int32Array(1 << 12)

  add(from: number, to: number): void {
    if (this.count === this.from.length) {
      this.from = doubled(this.from)
      this.to = doubled(this.to)
    }
    this.from[this.count] = from
    this.to[this.count++] = to
  }

  /** The first of `states` states from which none of `ends` can be reached, or −1. */
  firstWithout(states: number, ends: readonly number[]): number {
    const { starts, sources } = this.backwards(states)
    const reached = new Uint8Array(states)
    const queue = new Int32Array(states)
    let length = 0
    for (const end of ends) {
      reached[end] = 1
      queue[length++] = end
    }
    for (let i = 0; i < length; i++) {
      const state = queue[i]!
      for (let k = starts[state]!; k < starts[state + 1]!; k++) {
        const source = sources[k]!
        if (reached[source]) continue
        reached[source] = 1
        queue[length++] = source
      }
    }
    return reached.indexOf(0)
  }

  /** For each state where its sources begin, and the sources. */
  private backwards(states: number): { starts: Int32Array; sources: Int32Array } {
    const starts = new Int32Array(states + 1)
    for (let i = 0; i < this.count; i++) starts[this.to[i]! + 1]!++
    for (let state = 0; state < states; state++) starts[state + 1]! += starts[state]!
    const free = starts.slice()
    const sources = new Int32Array(this.count)
    for (let i = 0; i < this.count; i++) sources[free[this.to[i]!]!++] = this.from[i]!
    return { starts, sources }
  }
}

function doubled(array: Int32Array): Int32Array {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}
