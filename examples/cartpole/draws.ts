/**
 * How often each live event was drawn.
 *
 * @module
 */

/** Counts per sequence number, for the newest `capacity` of those that were drawn; older ones are forgotten. */
export class DrawCounts {
  readonly #seqs: Float64Array
  readonly #counts: Uint32Array

  /** @param capacity of the ring, so that an event keeps its counter as long as it is live */
  constructor(capacity: number) {
    this.#seqs = new Float64Array(capacity).fill(-1)
    this.#counts = new Uint32Array(capacity)
  }

  /** Counts one draw of each. */
  add(seqs: ArrayLike<number>): void {
    for (let i = 0; i < seqs.length; i++) {
      const slot = seqs[i] % this.#seqs.length
      if (this.#seqs[slot] !== seqs[i]) {
        this.#seqs[slot] = seqs[i]
        this.#counts[slot] = 0
      }
      this.#counts[slot]++
    }
  }

  /** Draws of a live event so far. */
  of(seq: number): number {
    const slot = seq % this.#seqs.length
    return this.#seqs[slot] === seq ? this.#counts[slot] : 0
  }
}
