/**
 * Random integers for draws from history, the same on every machine for the same seed.
 *
 * @module
 */

import { SEQ_LIMIT } from '../../kernel/ring.js'
import { seedWords } from '../../stream/options.js'

/**
 * A generator with 128 bits of state: Blackman and Vigna's xoshiro128**, seeded through a mixer so that similar seeds
 * give unrelated draws.
 */
export class Random {
  private a: number
  private b: number
  private c: number
  private d: number

  /**
   * @param seed an integer in [0, 2^53), or a bigint in [0, 2^64); random if there is none.
   * @throws {InvalidArgumentError} for any other.
   */
  constructor(seed?: number | bigint) {
    const [low, high] = seedWords(seed)
    let state = low
    const next = (word: number): number => {
      state = (state + 0x9e3779b9) | 0
      let mixed = state ^ word
      mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
      return (mixed ^ (mixed >>> 16)) >>> 0
    }
    this.a = next(high)
    this.b = next(this.a)
    this.c = next(high ^ this.b)
    // The state must not be 0 in all its bits.
    this.d = next(this.c) | 1
  }

  /** 32 random bits. */
  private next32(): number {
    const product = Math.imul(this.b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const shifted = this.b << 9
    this.c ^= this.a
    this.d ^= this.b
    this.b ^= this.c
    this.a ^= this.d
    this.c ^= shifted
    this.d = (this.d << 11) | (this.d >>> 21)
    return result
  }

  /** A uniform integer in [0, limit), limit in [1, 2^53]. */
  below(limit: number): number {
    // What lies beyond the last whole multiple of the limit is drawn again: else the low numbers would come up more often.
    const whole = SEQ_LIMIT - (SEQ_LIMIT % limit)
    for (;;) {
      const bits = (this.next32() >>> 11) * 4294967296 + this.next32()
      if (bits < whole) return bits % limit
    }
  }
}
