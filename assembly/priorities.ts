/**
 * Explicit priorities: one f32 a slot, and above them the largest of every 16, so that a new event can start with the
 * largest priority of the events that are live with it. What a run of new events starts with is decided by the first of
 * them: it holds the largest live priority itself, so that no later one finds a larger or a smaller one. Only with a
 * capacity of 1 there is never another live event, and 1 is the start.
 */

import { FANOUT, H_PRIORITIZED, HEADER, MAX_ENTRY, MAX_TABLE } from '../src/layout'
import { at4, capacity, firstSeq, headSlot, maxLevels, nextSeq, priorities, slotOfBack } from './state'

@inline export function priorityAt(slot: u32): usize {
  return at4(priorities, slot)
}

@inline function maximaOf(level: u32): usize {
  return load<u32>(<usize>MAX_TABLE + <usize>level * MAX_ENTRY)
}

@inline function largest16(address: usize): f32 {
  const four = f32x4.max(
    f32x4.max(v128.load(address), v128.load(address, 16)),
    f32x4.max(v128.load(address, 32), v128.load(address, 48)),
  )
  return max<f32>(
    max<f32>(f32x4.extract_lane(four, 0), f32x4.extract_lane(four, 1)),
    max<f32>(f32x4.extract_lane(four, 2), f32x4.extract_lane(four, 3)),
  )
}

/** Makes anew what stands above slot `slot`, as far as it changes. */
@inline function raise(slot: u32): void {
  let node = slot >> 4
  let children = priorities
  for (let level: u32 = 0; level < maxLevels; level++) {
    const address = at4(maximaOf(level), node)
    const value = largest16(children + (<usize>node << 6))
    if (load<f32>(address) == value) return
    store<f32>(address, value)
    children = maximaOf(level)
    node >>= 4
  }
}

/** Sets the priority of a slot. */
export function setPriority(slot: u32, priority: f32): void {
  let address = priorityAt(slot)
  let before = load<f32>(address)
  let after = priority
  store<f32>(address, priority)
  let node = slot
  let children = priorities
  for (let level: u32 = 0; level < maxLevels; level++) {
    node >>= 4
    address = at4(maximaOf(level), node)
    const largest = load<f32>(address)
    // The 16 children are read only if the largest of them became smaller, which is rare: a wide load right after a
    // narrow store waits for it.
    if (after < largest) {
      if (before < largest) return
      after = largest16(children + (<usize>node << 6))
    }
    if (after == largest) return
    store<f32>(address, after)
    before = largest
    children = maximaOf(level)
  }
}

function fill(from: u32, to: u32, priority: f32): void {
  for (let slot = from; slot < to; slot++) store<f32>(priorityAt(slot), priority)
  for (let slot = (from >> 4) << 4; slot < to; slot += FANOUT) raise(slot)
}

/** Gives the new events their first priority. */
export function foldPriorities(): void {
  const next = nextSeq()
  const from = load<i64>(HEADER + H_PRIORITIZED)
  if (from == next) return
  store<i64>(HEADER + H_PRIORITIZED, next)
  const unseen = <u64>(next - from)
  const head = headSlot()
  const firstNew = <u32>((<u64>head + capacity - (unseen % capacity)) % capacity)
  let priority: f32 = 1
  if (from > firstSeq() && capacity > 1) {
    setPriority(firstNew, 0)
    priority = load<f32>(maximaOf(maxLevels - 1))
  }
  const count = <u32>min<u64>(unseen, capacity)
  const start = slotOfBack(count)
  const first = min(count, capacity - start)
  fill(start, start + first, priority)
  fill(0, count - first, priority)
}
