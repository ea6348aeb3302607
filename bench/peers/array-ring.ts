/**
 * A plain array that is written round and round: what one writes without a library.
 *
 * @module
 */

/** The last `capacity` items that were pushed. */
export class ArrayRing<T> {
  readonly #items: T[] = []
  readonly #capacity: number
  #next = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#items.length
  }

  push(item: T): void {
    this.#items[this.#next] = item
    this.#next = this.#next + 1 === this.#capacity ? 0 : this.#next + 1
  }
}
