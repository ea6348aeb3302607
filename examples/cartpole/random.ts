/**
 * Seeded random numbers, so that a run replays exactly.
 *
 * One seed gives several independent streams, told apart by their names: drawing more numbers from one of them, say for
 * another evaluation, changes nothing in the others. The generator is sfc32 (Chris Doty-Humphrey, PractRand), which uses
 * 32-bit integer arithmetic only and so gives the same numbers in every engine.
 *
 * @module
 */

/** One stream of random numbers. */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /**
   * @param seed an integer in [0, 2^53)
   * @param stream name of the stream; another name gives other numbers
   */
  constructor(seed: number, stream: string) {
    this.#a = seed >>> 0
    this.#b = Math.floor(seed / 2 ** 32)
    this.#c = fnv1a(stream)
    // Seeds differ in few bits at first; the generator's author asks for at least 12 rounds to spread them.
    for (let i = 0; i < 20; i++) this.#next()
  }

  /** A number in [0, 1) with 32 random bits. */
  uniform(): number {
    return this.#next() / 2 ** 32
  }

  /** A number in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform()
  }

  /** An integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.uniform() * n)
  }

  #next(): number {
    const result = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result
    return result >>> 0
  }
}

/** FNV-1a, 32 bits, over the UTF-16 units of `text`. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
