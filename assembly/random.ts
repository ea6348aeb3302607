/**
 * xoshiro256++ (Blackman and Vigna, 2019), seeded through splitmix64. The state stands in memory, so that it can be
 * saved and restored.
 */

import { RANDOM } from '../src/layout'

/** The next 64 random bits. */
@inline export function next64(): u64 {
  const s0 = load<u64>(RANDOM)
  let s1 = load<u64>(RANDOM, 8)
  let s2 = load<u64>(RANDOM, 16)
  let s3 = load<u64>(RANDOM, 24)
  const result = rotl<u64>(s0 + s3, 23) + s0
  const t = s1 << 17
  s2 ^= s0
  s3 ^= s1
  s1 ^= s2
  store<u64>(RANDOM, s0 ^ s3)
  s2 ^= t
  s3 = rotl<u64>(s3, 45)
  store<u64>(RANDOM, s1, 8)
  store<u64>(RANDOM, s2, 16)
  store<u64>(RANDOM, s3, 24)
  return result
}

/** Uniform in [0, 1) with 53 random bits. */
@inline export function unit(): f64 {
  return <f64>(next64() >> 11) * 1.1102230246251565e-16
}

/** Uniform in [0, limit), unbiased (Lemire, 2019); limit ≥ 1. */
@inline export function below(limit: u32): u32 {
  let product = (next64() >> 32) * <u64>limit
  if (<u32>product < limit) {
    const threshold: u32 = (0 - limit) % limit
    while (<u32>product < threshold) product = (next64() >> 32) * <u64>limit
  }
  return <u32>(product >> 32)
}

/** Uniform in [0, limit), unbiased, for limits up to 2^63. */
export function below64(limit: u64): u64 {
  const threshold = (0 - limit) % limit
  let bits = next64()
  while (bits < threshold) bits = next64()
  return bits % limit
}

/** Seeds the generator with the two halves of a u64. */
export function seed(low: u32, high: u32): void {
  let state = (<u64>high << 32) | <u64>low
  for (let i: usize = 0; i < 4; i++) {
    state += 0x9e3779b97f4a7c15
    let z = state
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb
    store<u64>(<usize>RANDOM + (i << 3), z ^ (z >> 31))
  }
}
