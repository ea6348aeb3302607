/**
 * Where everything that depends on the capacity lies in linear memory. Computed here once, before the memory is made;
 * the module reads it from the header.
 *
 * @module
 */

import { invalid } from '../errors.js'
import * as L from '../layout.js'

const PAGE = 65536
/** Linear memory is addressed by 32 bits; the last page stays free so that an end address fits into a u32 too. */
const MEMORY_LIMIT = 65535 * PAGE

/** Sizes in events or entries, addresses in bytes. */
export interface MemoryMap {
  capacity: number
  explicit: boolean
  pages: number
  bytes: number
  bytesPerEvent: number
  masks: number
  types: number
  leaves: number
  levels: { sums: number; prefixes: number; count: number }[]
  priorities: number
  maxLevels: { maxima: number; count: number }[]
  dirty: number
  dirtyWords: number
  dirtyGroups: number
  dirtyGroupWords: number
  matches: number
  matchBlocks: number
  matchSupers: number
  links: number
  heads: number
  headsBits: number
  runSpans: number
  runEnds: number
}

function wordsFor(bits: number): number {
  return Math.ceil(bits / 64)
}

function padded(count: number): number {
  return Math.ceil(count / L.FANOUT) * L.FANOUT
}

function place(capacity: number, explicit: boolean): MemoryMap {
  let end: number = L.RECORDS
  const take = (bytes: number): number => {
    const address = end
    // Whole cache lines, so that no two areas share one and every vector access is aligned.
    end += Math.ceil(bytes / 64) * 64
    return address
  }
  take(capacity * L.RECORD_BYTES)
  const masks = take(capacity)
  const types = take(capacity * 2)
  const leaves = take(padded(capacity) * 8)
  const levels: MemoryMap['levels'] = []
  const maxLevels: MemoryMap['maxLevels'] = []
  const priorities = explicit ? take(padded(capacity) * 4) : 0
  for (let count = Math.ceil(capacity / L.FANOUT); ; count = Math.ceil(count / L.FANOUT)) {
    levels.push({ sums: take(padded(count) * 8), prefixes: take(padded(count) * 8), count })
    if (explicit) maxLevels.push({ maxima: take(padded(count) * 4), count })
    if (count === 1) break
  }
  const words = wordsFor(capacity)
  const dirtyGroupWords = wordsFor(wordsFor(words))
  const headsBits = Math.max(4, Math.floor(Math.log2(Math.max(1, capacity / 4))))
  return {
    capacity,
    explicit,
    masks,
    types,
    leaves,
    levels,
    priorities,
    maxLevels,
    dirty: take(words * 8),
    dirtyWords: take(wordsFor(words) * 8),
    dirtyGroups: take(dirtyGroupWords * 8),
    dirtyGroupWords,
    matches: take(words * 8),
    matchBlocks: take(wordsFor(words) * 4),
    matchSupers: take(wordsFor(wordsFor(words)) * 4),
    links: take(capacity * 4),
    heads: take(2 ** headsBits * 4),
    headsBits,
    runSpans: take(capacity * 4),
    runEnds: take(words * 8),
    bytes: end,
    pages: Math.ceil(end / PAGE),
    bytesPerEvent: Math.ceil((end - L.RECORDS) / capacity),
  }
}

/** The largest capacity that fits into 4 GiB. */
export function largestCapacity(explicit: boolean): number {
  let low = 1
  let high = 2 ** 25
  while (low + 1 < high) {
    const middle = Math.floor((low + high) / 2)
    if (place(middle, explicit).bytes <= MEMORY_LIMIT) low = middle
    else high = middle
  }
  return low
}

/**
 * The memory map for `capacity` events.
 * @throws {InvalidArgumentError} if it does not fit into 4 GiB.
 */
export function memoryMap(capacity: number, explicit: boolean): MemoryMap {
  const map = capacity < 2 ** 25 ? place(capacity, explicit) : undefined
  if (map === undefined || map.bytes > MEMORY_LIMIT) {
    const most = largestCapacity(explicit)
    throw invalid('capacity', `be at most ${most} events, which fill the 4 GiB of linear memory`, capacity)
  }
  return map
}

/** Writes the map into the header of a fresh memory. */
export function writeMap(memory: WebAssembly.Memory, map: MemoryMap, requiredMask: number, firstSeq: number): void {
  const view = new DataView(memory.buffer)
  const put = (offset: number, value: number): void => view.setUint32(offset, value, true)
  // In the order of the H_… offsets, which are 4 apart from H_MAGIC to H_RUN_ENDS.
  const entries = [
    L.MAGIC,
    L.LAYOUT_VERSION,
    map.capacity,
    requiredMask,
    map.masks,
    map.types,
    map.leaves,
    map.levels.length,
    map.priorities,
    map.maxLevels.length,
    map.dirty,
    map.dirtyWords,
    map.dirtyGroups,
    map.dirtyGroupWords,
    map.matches,
    map.matchBlocks,
    map.matchSupers,
    map.links,
    map.heads,
    map.headsBits,
    map.runSpans,
    map.runEnds,
  ]
  for (const [i, value] of entries.entries()) put(L.HEADER + L.H_MAGIC + i * 4, value)
  map.levels.forEach(({ sums, prefixes, count }, i) => {
    const entry = L.LEVEL_TABLE + i * L.LEVEL_ENTRY
    put(entry, sums)
    put(entry + 4, prefixes)
    put(entry + 8, count)
  })
  map.maxLevels.forEach(({ maxima, count }, i) => {
    put(L.MAX_TABLE + i * L.MAX_ENTRY, maxima)
    put(L.MAX_TABLE + i * L.MAX_ENTRY + 4, count)
  })
  for (const offset of [L.H_NEXT_SEQ, L.H_FIRST_SEQ, L.H_FOLDED, L.H_PRIORITIZED, L.H_RUNS_FOLDED]) {
    view.setBigInt64(L.HEADER + offset, BigInt(firstSeq), true)
  }
}
