/**
 * Marks on slots of the ring: which events that are in the journal have changed since. A bit a slot, and a bit for every
 * 32 slots, so that few marks are found among millions of slots without a look at each.
 *
 * Marking is O(1); listing costs one step per mark and one per 1024 slots.
 *
 * @module
 */

/** A set of slots. */
export class DirtyMarks {
  /** Marked slots. */
  count = 0
  private readonly words: Int32Array
  private readonly groups: Int32Array

  constructor(capacity: number) {
    this.words = new Int32Array(Math.ceil(capacity / 32))
    this.groups = new Int32Array(Math.ceil(this.words.length / 32))
  }

  mark(slot: number): void {
    const { words, groups } = this
    const word = slot >>> 5
    const before = words[word] as number
    const bit = 1 << (slot & 31)
    if ((before & bit) !== 0) return
    words[word] = before | bit
    groups[word >>> 5] = (groups[word >>> 5] as number) | (1 << (word & 31))
    this.count++
  }

  unmark(slot: number): void {
    const { words, groups } = this
    const word = slot >>> 5
    const before = words[word] as number
    const bit = 1 << (slot & 31)
    if ((before & bit) === 0) return
    words[word] = before & ~bit
    if (before === bit) groups[word >>> 5] = (groups[word >>> 5] as number) & ~(1 << (word & 31))
    this.count--
  }

  /** Lists marked slots from slot `from` on, in the order of the ring, up to the length of `into`. Returns how many. */
  list(from: number, into: Uint32Array): number {
    const tail = this.listBetween(from, this.words.length * 32, into, 0)
    return this.listBetween(0, from, into, tail)
  }

  private listBetween(from: number, to: number, into: Uint32Array, found: number): number {
    let length = found
    for (let slot = this.firstFrom(from); slot < to && length < into.length; slot = this.firstFrom(slot + 1)) {
      into[length++] = slot
    }
    return length
  }

  /** The first marked slot from `slot` on, or Infinity. */
  private firstFrom(slot: number): number {
    const { words } = this
    let word = slot >>> 5
    if (word >= words.length) return Number.POSITIVE_INFINITY
    let bits = (words[word] as number) & (-1 << (slot & 31))
    if (bits === 0) {
      word = this.firstWordFrom(word + 1)
      if (word === -1) return Number.POSITIVE_INFINITY
      bits = words[word] as number
    }
    return word * 32 + lowestBit(bits)
  }

  private firstWordFrom(word: number): number {
    const { groups } = this
    let group = word >>> 5
    if (group >= groups.length) return -1
    let bits = (groups[group] as number) & (-1 << (word & 31))
    while (bits === 0) {
      if (++group === groups.length) return -1
      bits = groups[group] as number
    }
    return group * 32 + lowestBit(bits)
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}
