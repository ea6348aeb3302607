/**
 * The k smallest keys of a stream of keys, each with its sequence number: a bounded binary max-heap. O(log k) per key
 * that is kept.
 *
 * @module
 */

/** Keeps the `limit` smallest keys. */
export class Reservoir {
  private readonly keys: Float64Array
  private readonly seqs: Float64Array
  private size = 0

  constructor(limit: number) {
    this.keys = new Float64Array(limit)
    this.seqs = new Float64Array(limit)
  }

  /** A key must be below this to be kept. */
  get bound(): number {
    return this.size < this.keys.length ? Number.POSITIVE_INFINITY : (this.keys[0] as number)
  }

  /** Keeps the key if it is among the smallest so far. */
  offer(key: number, seq: number): void {
    if (!(key < this.bound)) return
    if (this.size < this.keys.length) this.rise(this.size++, key, seq)
    else this.sink(key, seq)
  }

  /** The sequence numbers in ascending order of their keys. */
  sorted(): Float64Array {
    const order = Array.from({ length: this.size }, (_, i) => i)
    order.sort((a, b) => (this.keys[a] as number) - (this.keys[b] as number))
    return Float64Array.from(order, (i) => this.seqs[i] as number)
  }

  private put(at: number, key: number, seq: number): void {
    this.keys[at] = key
    this.seqs[at] = seq
  }

  private rise(from: number, key: number, seq: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = this.keys[parent] as number
      if (above >= key) break
      this.put(at, above, this.seqs[parent] as number)
      at = parent
    }
    this.put(at, key, seq)
  }

  private sink(key: number, seq: number): void {
    const { keys, seqs, size } = this
    let at = 0
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && (keys[child + 1] as number) > (keys[child] as number)) child++
      const below = keys[child] as number
      if (below <= key) break
      this.put(at, below, seqs[child] as number)
      at = child
    }
    this.put(at, key, seq)
  }
}
