/**
 * Replay memory as TensorFlow.js's examples have it, written from its description: a batch is drawn by shuffling the
 * numbers of all places and taking the first `k`.
 *
 * @module
 */

/** The last `capacity` items, sampled by a shuffle of everything. */
export class ShuffleMemory<T> {
  readonly #items: T[] = []
  readonly #places: number[] = []
  readonly #capacity: number
  #next = 0

  constructor(capacity: number) {
    this.#capacity = capacity
    for (let i = 0; i < capacity; i++) this.#places.push(i)
  }

  append(item: T): void {
    this.#items[this.#next] = item
    this.#next = (this.#next + 1) % this.#capacity
  }

  /** `k` items without replacement. Throws unless the memory is full, since only then every place holds an item. */
  sample(k: number): T[] {
    if (this.#items.length < this.#capacity) {
      throw new Error(`the memory holds ${this.#items.length} of ${this.#capacity} items, a sample needs all`)
    }
    const places = this.#places
    for (let i = places.length - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1))
      const place = places[i] ?? 0
      places[i] = places[j] ?? 0
      places[j] = place
    }
    const sample: T[] = []
    for (let i = 0; i < k; i++) {
      const item = this.#items[places[i] ?? 0]
      if (item !== undefined) sample.push(item)
    }
    return sample
  }
}
