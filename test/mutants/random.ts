/**
 * A small seeded generator for tests, independent of the one in the module: xorshift128 with 53-bit fractions.
 *
 * @module
 */

/** Uniform numbers from a seed; the same seed gives the same numbers in every engine. */
export class Random {
  private readonly s = new Uint32Array(4)

  constructor(seed: number) {
    // A Weyl sequence through a bit mixer gives four words that are never all zero.
    let x = seed >>> 0
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e3779b9) >>> 0
      let z = x
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
      this.s[i] = (z ^ (z >>> 16)) | 1
    }
    for (let i = 0; i < 20; i++) this.word()
  }

  /** 32 random bits. */
  word(): number {
    const s = this.s
    let t = s[3]!
    const first = s[0]!
    s[3] = s[2]!
    s[2] = s[1]!
    s[1] = first
    t ^= t << 11
    t ^= t >>> 8
    s[0] = t ^ first ^ (first >>> 19)
    return s[0]!
  }

  /** A fraction in [0, 1) of 53 bits. */
  unit(): number {
    return ((this.word() >>> 5) * 67108864 + (this.word() >>> 6)) / 9007199254740992
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    return Math.floor(this.unit() * n)
  }
}
