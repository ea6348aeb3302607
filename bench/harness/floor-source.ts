/**
 * The floors as AssemblyScript: what the memory and one core can do when nothing else is asked of them.
 *
 * Pointers are bytes, a record is 128 bytes, positions are records and wrap at `capacity`.
 *
 * @module
 */

const FLOATS = Array.from({ length: 16 }, (_, i) => `store<f32>(p, x + ${i}, ${40 + 4 * i})`)

/** Source of the floor module; compiled once per run. */
export const FLOOR_SOURCE = `
const RECORD: usize = 128

// Every field of a record stored from registers, with an id from a pool of 4096 × 16 bytes.
export function storeRecords(ring: usize, capacity: u32, pool: usize, start: u32, n: u32): u32 {
  let at = start
  for (let i: u32 = 0; i < n; i++) {
    const p = ring + <usize>at * RECORD
    v128.store(p, v128.load(pool + <usize>(i & 4095) * 16))
    store<u64>(p, 1700000000000000 + <u64>i, 16)
    store<u64>(p, <u64>i >> 8, 24)
    store<u32>(p, i, 32)
    store<u32>(p, i & 15, 36)
    const x = <f32>i
    ${FLOATS.join('\n    ')}
    v128.store(p, f32x4.splat(x), 104)
    store<u64>(p, 7, 120)
    at = at + 1 == capacity ? 0 : at + 1
  }
  return at
}

// Records copied one by one from a hot source of 64.
export function copyRecords(ring: usize, capacity: u32, source: usize, start: u32, n: u32): u32 {
  let at = start
  for (let i: u32 = 0; i < n; i++) {
    const p = ring + <usize>at * RECORD
    const s = source + <usize>(i & 63) * RECORD
    v128.store(p, v128.load(s))
    v128.store(p, v128.load(s, 16), 16)
    v128.store(p, v128.load(s, 32), 32)
    v128.store(p, v128.load(s, 48), 48)
    v128.store(p, v128.load(s, 64), 64)
    v128.store(p, v128.load(s, 80), 80)
    v128.store(p, v128.load(s, 96), 96)
    v128.store(p, v128.load(s, 112), 112)
    at = at + 1 == capacity ? 0 : at + 1
  }
  return at
}

// One chunk of records into the ring, in two pieces where it wraps.
export function copyIn(ring: usize, capacity: u32, source: usize, start: u32, n: u32): u32 {
  const first = min(n, capacity - start)
  memory.copy(ring + <usize>start * RECORD, source, <usize>first * RECORD)
  if (first < n) memory.copy(ring, source + <usize>first * RECORD, <usize>(n - first) * RECORD)
  return start + n < capacity ? start + n : start + n - capacity
}

// One chunk of records out of the ring.
export function copyOut(ring: usize, capacity: u32, target: usize, start: u32, n: u32): u32 {
  const first = min(n, capacity - start)
  memory.copy(target, ring + <usize>start * RECORD, <usize>first * RECORD)
  if (first < n) memory.copy(target + <usize>first * RECORD, ring, <usize>(n - first) * RECORD)
  return start + n < capacity ? start + n : start + n - capacity
}

// One field and one reward of each of n records in order.
export function scanRecords(ring: usize, capacity: u32, start: u32, n: u32): f64 {
  let at = start
  let sum: f64 = 0
  for (let i: u32 = 0; i < n; i++) {
    const p = ring + <usize>at * RECORD
    sum += <f64>load<u16>(p, 36) + <f64>load<f32>(p, 116)
    at = at + 1 == capacity ? 0 : at + 1
  }
  return sum
}

// Two fields of one cache line of records in a pseudo-random order.
export function pickRecords(ring: usize, capacity: u32, seed: u32, n: u32): f64 {
  let state = seed
  let sum: f64 = 0
  for (let i: u32 = 0; i < n; i++) {
    state = state * 747796405 + 2891336453
    const at = <u32>((<u64>state * <u64>capacity) >> 32)
    const p = ring + <usize>at * RECORD
    sum += <f64>load<u16>(p, 36) + <f64>load<f32>(p, 40)
  }
  return sum + <f64>state
}

// n records from pseudo-random places, copied side by side.
export function gatherRecords(ring: usize, capacity: u32, target: usize, seed: u32, n: u32): u32 {
  let state = seed
  for (let i: u32 = 0; i < n; i++) {
    state = state * 747796405 + 2891336453
    const at = <u32>((<u64>state * <u64>capacity) >> 32)
    const p = ring + <usize>at * RECORD
    const t = target + <usize>i * RECORD
    v128.store(t, v128.load(p))
    v128.store(t, v128.load(p, 16), 16)
    v128.store(t, v128.load(p, 32), 32)
    v128.store(t, v128.load(p, 48), 48)
    v128.store(t, v128.load(p, 64), 64)
    v128.store(t, v128.load(p, 80), 80)
    v128.store(t, v128.load(p, 96), 96)
    v128.store(t, v128.load(p, 112), 112)
  }
  return state
}

// Occurrences of a value in a column of n (a multiple of 8, below 2^19 · 8) 16-bit codes.
export function countColumn(column: usize, n: u32, value: u32): u32 {
  const wanted = i16x8.splat(<i16>value)
  let total: u32 = 0
  for (let i: u32 = 0; i < n; ) {
    const end = min(n, i + 8 * 32767)
    let counts = i16x8.splat(0)
    for (; i < end; i += 8) counts = i16x8.sub(counts, i16x8.eq(v128.load(column + (<usize>i << 1)), wanted))
    const pairs = i32x4.extadd_pairwise_i16x8_u(counts)
    total += i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1)
    total += i32x4.extract_lane(pairs, 2) + i32x4.extract_lane(pairs, 3)
  }
  return total
}

// Nothing: the price of a call.
export function nothing(value: u32): u32 {
  return value
}
`
