/**
 * A bitmap of the live window by rank, and draws from its set bits. Counts of blocks of 4,096 bits and of 64 blocks
 * lead a draw to the r-th set bit; a draw without replacement takes the bit away and lowers the counts, so that every
 * draw is uniform over what is left.
 */

import { CHUNK } from '../src/layout'
import { emit } from './draw'
import { below } from './random'
import { at4, at8, matchBlocks, matches, matchSupers, oldestSeq, size, slotOfRank, tailSlot } from './state'

@inline function wordAt(word: u32): usize {
  return at8(matches, word)
}

@inline function words(): u32 {
  return (size() + 63) >> 6
}

/** Takes all marks away. */
export function clearMatches(): void {
  memory.fill(matches, 0, words() << 3)
}

/** Marks the whole window. */
export function matchAll(): void {
  const n = size()
  memory.fill(matches, 0xff, (n >> 6) << 3)
  if (n & 63) store<u64>(wordAt(n >> 6), ((<u64>1) << (n & 63)) - 1)
}

@inline export function mark(rank: u32): void {
  const address = wordAt(rank >> 6)
  store<u64>(address, load<u64>(address) | ((<u64>1) << (rank & 63)))
}

/** Counts the set bits, block by block. */
export function countMatches(): u32 {
  const n = words()
  const blocks = (n + 63) >> 6
  memory.fill(matchSupers, 0, ((blocks + 63) >> 6) << 2)
  let sum: u32 = 0
  for (let block: u32 = 0; block < blocks; block++) {
    const end = min((block + 1) << 6, n)
    let count: u32 = 0
    for (let word = block << 6; word < end; word++) count += <u32>popcnt<u64>(load<u64>(wordAt(word)))
    store<u32>(at4(matchBlocks, block), count)
    const over = at4(matchSupers, block >> 6)
    store<u32>(over, load<u32>(over) + count)
    sum += count
  }
  return sum
}

/** Position of set bit number `index` of `bits`. */
@inline function selectBit(bits: u64, index: u32): u32 {
  let rest = bits
  for (let i: u32 = 0; i < index; i++) rest &= rest - 1
  return <u32>ctz<u64>(rest)
}

@inline function lower(address: usize): void {
  store<u32>(address, load<u32>(address) - 1)
}

/** The position of set bit number `index`. */
export function selectMatch(index: u32): u32 {
  let rest = index
  let over = matchSupers
  while (rest >= load<u32>(over)) {
    rest -= load<u32>(over)
    over += 4
  }
  let block = <u32>((over - matchSupers) << 4)
  while (rest >= load<u32>(at4(matchBlocks, block))) {
    rest -= load<u32>(at4(matchBlocks, block))
    block++
  }
  let word = block << 6
  let bits = load<u64>(wordAt(word))
  let count = <u32>popcnt<u64>(bits)
  while (rest >= count) {
    rest -= count
    word++
    bits = load<u64>(wordAt(word))
    count = <u32>popcnt<u64>(bits)
  }
  return (word << 6) + selectBit(bits, rest)
}

/** Takes the set bit at `position` away. */
export function takeMatch(position: u32): void {
  const address = wordAt(position >> 6)
  store<u64>(address, load<u64>(address) & ~((<u64>1) << (position & 63)))
  lower(at4(matchBlocks, position >> 12))
  lower(at4(matchSupers, position >> 18))
}

/** `count` uniform draws from the `left` set bits; takes them away unless `replacement`. */
export function drawMatches(count: u32, left: u32, replacement: bool): void {
  const tail = tailSlot()
  const oldest = oldestSeq()
  for (let i: u32 = 0; i < count; i++) {
    const rank = selectMatch(below(replacement ? left : left - i))
    if (!replacement) takeMatch(rank)
    emit(i, rank, slotOfRank(rank, tail), oldest)
  }
}

/**
 * Lists the matches from rank `from` on upwards, or from rank `from` − 1 on downwards: at most `limit` and CHUNK of
 * them, to OUT_SEQS and OUT_SLOTS. Returns how many.
 */
export function listMatches(from: u32, limit: u32, newestFirst: bool): u32 {
  const most = min(limit, <u32>CHUNK)
  return newestFirst ? listDown(from, most) : listUp(from, most)
}

function listUp(from: u32, most: u32): u32 {
  const n = words()
  const tail = tailSlot()
  const oldest = oldestSeq()
  let found: u32 = 0
  let word = from >> 6
  if (word >= n) return 0
  let bits = load<u64>(wordAt(word)) & ~(((<u64>1) << (from & 63)) - 1)
  while (found < most) {
    if (!bits) {
      if (++word >= n) break
      bits = load<u64>(wordAt(word))
      continue
    }
    const rank = (word << 6) + <u32>ctz<u64>(bits)
    emit(found++, rank, slotOfRank(rank, tail), oldest)
    bits &= bits - 1
  }
  return found
}

function listDown(from: u32, most: u32): u32 {
  if (!from) return 0
  const tail = tailSlot()
  const oldest = oldestSeq()
  let found: u32 = 0
  let word = (from - 1) >> 6
  let bits = load<u64>(wordAt(word)) & ((<u64>0xffffffffffffffff) >> (63 - ((from - 1) & 63)))
  while (found < most) {
    if (!bits) {
      if (!word) break
      bits = load<u64>(wordAt(--word))
      continue
    }
    const bit = 63 - <u32>clz<u64>(bits)
    const rank = (word << 6) + bit
    emit(found++, rank, slotOfRank(rank, tail), oldest)
    bits ^= (<u64>1) << bit
  }
  return found
}
