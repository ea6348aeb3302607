/**
 * Where things lie in linear memory. The library computes the memory map and writes it into the header; `attach` reads
 * it into globals, which never change afterwards. All that does change lives in memory, so that instances which share
 * one memory share one state.
 *
 * A slot is the place of an event in the ring, a rank its place in the live window: 0 is the oldest. `back` counts from
 * the head: 1 is the newest event.
 */

import {
  H_CAPACITY, H_DIRTY, H_DIRTY_GROUPS, H_DIRTY_GROUP_WORDS, H_DIRTY_WORDS, H_FIRST_SEQ, H_HEADS, H_HEADS_BITS,
  H_HEAD_SLOT, H_LEAVES, H_LEVELS, H_LINKS, H_MAGIC, H_MASKS, H_MATCHES, H_MATCH_BLOCKS, H_MATCH_SUPERS,
  H_MAX_LEVELS, H_NEXT_SEQ, H_PRIORITIES, H_REQUIRED_MASK, H_RUN_ENDS, H_RUN_SPANS, H_SIZE, H_TYPES, H_VERSION,
  HEADER, LAYOUT_VERSION, MAGIC, RECORDS, RECORD_BYTES,
} from '../src/layout'

export let capacity: u32 = 0
export let requiredMask: u32 = 0
export let masks: usize = 0
export let types: usize = 0
export let leaves: usize = 0
export let levels: u32 = 0
export let priorities: usize = 0
export let maxLevels: u32 = 0
export let dirty: usize = 0
export let dirtyWords: usize = 0
export let dirtyGroups: usize = 0
export let dirtyGroupWords: u32 = 0
export let matches: usize = 0
export let matchBlocks: usize = 0
export let matchSupers: usize = 0
export let links: usize = 0
export let heads: usize = 0
export let headsBits: u32 = 0
export let runSpans: usize = 0
export let runEnds: usize = 0

/** Address of entry `i` of an array of 8-byte values. */
@inline export function at8(array: usize, i: u32): usize {
  return array + (<usize>i << 3)
}

/** Address of entry `i` of an array of 4-byte values. */
@inline export function at4(array: usize, i: u32): usize {
  return array + (<usize>i << 2)
}

@inline function word(offset: u32): u32 {
  return load<u32>(HEADER + offset)
}

/** Reads the memory map. False if the header is not one of this version, or static data reaches into it. */
export function attach(): bool {
  if (__heap_base > <usize>HEADER || word(H_MAGIC) != MAGIC || word(H_VERSION) != LAYOUT_VERSION) return false
  capacity = word(H_CAPACITY)
  requiredMask = word(H_REQUIRED_MASK)
  masks = word(H_MASKS)
  types = word(H_TYPES)
  leaves = word(H_LEAVES)
  levels = word(H_LEVELS)
  priorities = word(H_PRIORITIES)
  maxLevels = word(H_MAX_LEVELS)
  dirty = word(H_DIRTY)
  dirtyWords = word(H_DIRTY_WORDS)
  dirtyGroups = word(H_DIRTY_GROUPS)
  dirtyGroupWords = word(H_DIRTY_GROUP_WORDS)
  matches = word(H_MATCHES)
  matchBlocks = word(H_MATCH_BLOCKS)
  matchSupers = word(H_MATCH_SUPERS)
  links = word(H_LINKS)
  heads = word(H_HEADS)
  headsBits = word(H_HEADS_BITS)
  runSpans = word(H_RUN_SPANS)
  runEnds = word(H_RUN_ENDS)
  return true
}

@inline export function nextSeq(): i64 {
  return load<i64>(HEADER + H_NEXT_SEQ)
}

@inline export function firstSeq(): i64 {
  return load<i64>(HEADER + H_FIRST_SEQ)
}

@inline export function size(): u32 {
  return load<u32>(HEADER + H_SIZE)
}

@inline export function headSlot(): u32 {
  return load<u32>(HEADER + H_HEAD_SLOT)
}

@inline export function oldestSeq(): i64 {
  return nextSeq() - <i64>size()
}

@inline export function recordAt(slot: u32): usize {
  return <usize>RECORDS + (<usize>slot) * RECORD_BYTES
}

@inline export function slotOfBack(back: u32): u32 {
  const head = headSlot()
  return head >= back ? head - back : head + capacity - back
}

/** Slot of the event of rank `rank`, with the slot of the oldest event given. */
@inline export function slotOfRank(rank: u32, tail: u32): u32 {
  // Not `tail + rank - capacity`: the sum of two u32 below 2^25 cannot overflow, a difference could.
  const slot = tail + rank
  return slot >= capacity ? slot - capacity : slot
}

@inline export function rankOfSlot(slot: u32, tail: u32): u32 {
  return slot >= tail ? slot - tail : slot + capacity - tail
}

@inline export function tailSlot(): u32 {
  return slotOfBack(size())
}
