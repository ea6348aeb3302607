/**
 * The weights of the policy in shared memory, behind a version word: a seqlock. The version is odd while the one writer
 * copies; a reader whose version was odd, or changed under its copy, throws the copy away. Nobody waits for anybody.
 *
 * The weights themselves are plain memory. Every access to the version is a read-modify-write, since those keep plain
 * accesses on both of their sides in place on every processor; a load would let reads before it slip behind it.
 *
 * @module
 */

/** One thread's hold on the weights that all share. */
export class SharedWeights {
  /** To be given to other threads, which make a `SharedWeights` of it. */
  readonly memory: SharedArrayBuffer
  readonly #version: Int32Array
  readonly #weights: Float64Array
  readonly #copy: Float64Array
  #read = 0

  /**
   * @param length weights
   * @param memory of the `SharedWeights` of another thread; without it nothing is published yet
   */
  constructor(length: number, memory = new SharedArrayBuffer(8 + length * 8)) {
    this.memory = memory
    this.#version = new Int32Array(memory, 0, 1)
    this.#weights = new Float64Array(memory, 8, length)
    this.#copy = new Float64Array(length)
  }

  /** Publishes; for one thread only. */
  publish(weights: Float64Array): void {
    Atomics.add(this.#version, 0, 1)
    this.#weights.set(weights)
    Atomics.add(this.#version, 0, 1)
  }

  /**
   * Copies the weights to `out` if there are newer ones than at the last read, and whole. Otherwise `out` stays as it is
   * and the result is false.
   */
  read(out: Float64Array): boolean {
    const version = Atomics.add(this.#version, 0, 0)
    if (version === this.#read || version % 2 !== 0) return false
    this.#copy.set(this.#weights)
    if (Atomics.add(this.#version, 0, 0) !== version) return false
    this.#read = version
    out.set(this.#copy)
    return true
  }
}
