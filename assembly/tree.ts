/**
 * The sum tree over the leaves, one f64 weight a slot, dead slots 0. Every 16 children have a parent that holds their
 * sum; beside the sums stand the exclusive prefix sums within a parent, so that a draw compares instead of adding.
 * Sums are always made anew from the children, left to right, and never changed by differences: they cannot drift, and
 * the last prefix plus the last child is the sum to the bit, so that a child of weight 0 is never drawn.
 *
 * A change of k leaves is folded level by level: a node is made anew once.
 */

import { FANOUT, LEVEL_ENTRY, LEVEL_TABLE } from '../src/layout'
import { at4, at8, leaves, levels } from './state'

@inline function sumsOf(level: u32): usize {
  return load<u32>(<usize>LEVEL_TABLE + <usize>level * LEVEL_ENTRY)
}

@inline function prefixesOf(level: u32): usize {
  return load<u32>(<usize>LEVEL_TABLE + <usize>level * LEVEL_ENTRY, 4)
}

@inline export function leafAt(slot: u32): usize {
  return at8(leaves, slot)
}

/** The sum of all weights. */
@inline export function total(): f64 {
  return load<f64>(sumsOf(levels - 1))
}

/** The sum of the four f64 at `address` and `sum`, from left to right. */
@inline function add4(sum: f64, address: usize): f64 {
  return (((sum + load<f64>(address)) + load<f64>(address, 8)) + load<f64>(address, 16)) + load<f64>(address, 24)
}

/** Makes the sum of block `block` of leaves anew. */
@inline function sumLeaves(block: u32): void {
  const first = leafAt(block * FANOUT)
  store<f64>(at8(sumsOf(0), block), add4(add4(add4(add4(0, first), first + 32), first + 64), first + 96))
}

/** Writes the prefixes of four nodes, whose first has `sum` before it, and returns the sum behind the last. */
@inline function prefix4(sum: f64, nodes: usize, prefixes: usize): f64 {
  const second = sum + load<f64>(nodes)
  const third = second + load<f64>(nodes, 8)
  const fourth = third + load<f64>(nodes, 16)
  store<f64>(prefixes, sum)
  store<f64>(prefixes, second, 8)
  store<f64>(prefixes, third, 16)
  store<f64>(prefixes, fourth, 24)
  return fourth + load<f64>(nodes, 24)
}

/** Makes the prefixes of group `group` of nodes of `level`, and the sum of their parent, anew. */
@inline function sumGroup(level: u32, group: u32): void {
  const first = sumsOf(level) + (<usize>group << 7)
  const prefixes = prefixesOf(level) + (<usize>group << 7)
  let sum = prefix4(0, first, prefixes)
  sum = prefix4(sum, first + 32, prefixes + 32)
  sum = prefix4(sum, first + 64, prefixes + 64)
  sum = prefix4(sum, first + 96, prefixes + 96)
  store<f64>(at8(sumsOf(level + 1), group), sum)
}

/** Makes anew what stands above the leaves [from, to). */
export function sumRange(from: u32, to: u32): void {
  if (from >= to) return
  let first = from >> 4
  let last = (to - 1) >> 4
  for (let block = first; block <= last; block++) sumLeaves(block)
  for (let level: u32 = 0; level + 1 < levels; level++) {
    first >>= 4
    last >>= 4
    for (let group = first; group <= last; group++) sumGroup(level, group)
  }
}

/** Divides the ascending numbers of a list by 16 and drops what repeats. Returns how many are left. */
@inline function parents(list: usize, count: u32): u32 {
  let kept: u32 = 0
  let previous: u32 = 0xffffffff
  for (let i: u32 = 0; i < count; i++) {
    const parent = load<u32>(at4(list, i)) >> 4
    // Stored in any case and counted only if new: nothing to mispredict.
    kept += <u32>(parent != previous)
    store<u32>(at4(list, kept - 1), parent)
    previous = parent
  }
  return kept
}

/** Makes anew what stands above the leaves of the `count` ascending slots at `list`, which is used up. */
export function sumListed(list: usize, count: u32): void {
  // Level by level, because the sums of one level do not wait for each other.
  let nodes = parents(list, count)
  for (let i: u32 = 0; i < nodes; i++) sumLeaves(load<u32>(at4(list, i)))
  for (let level: u32 = 0; level + 1 < levels; level++) {
    nodes = parents(list, nodes)
    for (let i: u32 = 0; i < nodes; i++) sumGroup(level, load<u32>(at4(list, i)))
  }
}

/** The largest f64 below the positive x. */
@inline function justBelow(x: f64): f64 {
  return reinterpret<f64>(reinterpret<u64>(x) - 1)
}

/** The child of a group whose share holds `point`: the last one whose prefix is not above it. */
@inline function childOf(prefixes: usize, point: f64): u32 {
  let child = <u32>(load<f64>(prefixes, 64) <= point) << 3
  child += <u32>(load<f64>(at8(prefixes, child), 32) <= point) << 2
  child += <u32>(load<f64>(at8(prefixes, child), 16) <= point) << 1
  return child + <u32>(load<f64>(at8(prefixes, child), 8) <= point)
}

/**
 * Replaces the `count` points in [0, total) at `points` by the slots whose shares hold them, at `slots`; the total must
 * be positive. Level by level for all points, so that the loads of different points overlap. The points are lost.
 */
export function findSlots(points: usize, slots: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) store<u32>(at4(slots, i), 0)
  for (let level = <i32>levels - 2; level >= 0; level--) {
    const prefixes = prefixesOf(level)
    const sums = sumsOf(level)
    for (let i: u32 = 0; i < count; i++) {
      const parent = load<u32>(at4(slots, i))
      const point = load<f64>(at8(points, i))
      const node = (parent << 4) + childOf(prefixes + (<usize>parent << 7), point)
      const rest = point - load<f64>(at8(prefixes, node))
      const share = load<f64>(at8(sums, node))
      // The difference of rounded prefixes can exceed the child's sum by a rounding error.
      store<f64>(at8(points, i), rest < share ? rest : justBelow(share))
      store<u32>(at4(slots, i), node)
    }
  }
  // Both lines of every block of leaves are touched first: more loads are then under way at a time than while adding.
  for (let i: u32 = 0; i < count; i++) {
    const first = leafAt(load<u32>(at4(slots, i)) << 4)
    load<u8>(first)
    load<u8>(first, 64)
  }
  for (let i: u32 = 0; i < count; i++) {
    const block = load<u32>(at4(slots, i))
    store<u32>(at4(slots, i), (block << 4) + leafOf(leafAt(block << 4), load<f64>(at8(points, i))))
  }
}

/** The leaf of the 16 at `first` whose share holds `point`. */
@inline function leafOf(first: usize, point: f64): u32 {
  let sum: f64 = 0
  let child: u32 = 0
  for (let i: usize = 0; i < <usize>FANOUT * 8; i += 8) {
    sum += load<f64>(first + i)
    child += <u32>(sum <= point)
  }
  return child
}
