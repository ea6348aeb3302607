/**
 * Marks of the events that changed since the sampling index last saw them: one bit a slot, one bit for each word of
 * those, and one for each word of the latter, so that a fold finds k marks among millions in time proportional to k.
 * Several changes of one event are one mark. An event that the index has not seen at all needs none.
 */

import { H_FOLDED, HEADER } from '../src/layout'
import { at4, at8, capacity, dirty, dirtyGroups, dirtyGroupWords, dirtyWords, nextSeq, slotOfBack } from './state'

/** Marks the event `back` from the head, unless the index has yet to see it. */
@inline export function markChanged(back: u32): void {
  if (<i64>back <= nextSeq() - load<i64>(HEADER + H_FOLDED)) return
  const slot = slotOfBack(back)
  const word = slot >> 6
  const address = at8(dirty, word)
  const bits = load<u64>(address)
  const marked = bits | ((<u64>1) << (slot & 63))
  if (marked == bits) return
  store<u64>(address, marked)
  if (bits) return
  const group = word >> 6
  const groupAddress = at8(dirtyWords, group)
  const words = load<u64>(groupAddress)
  store<u64>(groupAddress, words | ((<u64>1) << (word & 63)))
  if (words) return
  const top = at8(dirtyGroups, group >> 6)
  store<u64>(top, load<u64>(top) | ((<u64>1) << (group & 63)))
}

/** Forgets all marks. */
export function clearMarks(): void {
  const words = (capacity + 63) >> 6
  const groups = (words + 63) >> 6
  memory.fill(dirty, 0, words << 3)
  memory.fill(dirtyWords, 0, groups << 3)
  memory.fill(dirtyGroups, 0, dirtyGroupWords << 3)
}

/**
 * Takes marks away and lists their slots in ascending order at `list`: `most` at most, 64 at least; 0 when none is
 * left.
 */
export function takeMarks(list: usize, most: u32): u32 {
  let found: u32 = 0
  for (let t: u32 = 0; t < dirtyGroupWords; t++) {
    let groups = load<u64>(at8(dirtyGroups, t))
    for (; groups; groups &= groups - 1) {
      const group = (t << 6) + <u32>ctz<u64>(groups)
      let words = load<u64>(at8(dirtyWords, group))
      for (; words && found + 64 <= most; words &= words - 1) {
        const word = (group << 6) + <u32>ctz<u64>(words)
        const address = at8(dirty, word)
        for (let bits = load<u64>(address); bits; bits &= bits - 1) {
          store<u32>(at4(list, found++), (word << 6) + <u32>ctz<u64>(bits))
        }
        store<u64>(address, 0)
      }
      store<u64>(at8(dirtyWords, group), words)
      if (words) break
    }
    store<u64>(at8(dirtyGroups, t), groups)
    if (groups) break
  }
  return found
}
