/**
 * The bitmap of matches in linear memory and the conditions that fill it: shared by `find`, `count` and the sampling of
 * filtered events.
 *
 * @module
 */

import { invalid } from '../errors.js'
import { EventView } from '../event/view.js'
import { assertSeq, type Ring } from '../kernel/ring.js'
import * as L from '../layout.js'
import type { EventFilter } from './types.js'
import { assertInteger, assertNumber, episodeNumber, typeList } from './validate.js'

/** A filter with everything decided. */
interface Conditions {
  bits: number
  types: readonly number[]
  from: number
  to: number
}

/** Marks, counts and lists events of the live window. */
export class Matcher {
  protected readonly ring: Ring
  private readonly header: DataView
  private used = false

  constructor(ring: Ring) {
    this.ring = ring
    this.header = new DataView(ring.kernel.u8.buffer, L.FILTER, 128)
  }

  /** Takes away what an earlier call left in the bitmap. */
  clear(): void {
    if (!this.used) return
    this.ring.kernel.core.clearMatches()
    this.used = false
  }

  /** Says that a kernel has left marks. */
  leaveMarks(): void {
    this.used = true
  }

  /** Marks the events that meet the filter and returns how many. */
  mark(filter: EventFilter): number {
    const { bits, types, from, to } = this.conditions(filter)
    this.set(bits, types)
    this.used = true
    const { core } = this.ring.kernel
    core.markFilter(from, to)
    return core.countMatches()
  }

  /** Counts the events that meet the filter. */
  count(filter: EventFilter): number {
    const { bits, types, from, to } = this.conditions(filter)
    if (bits === 0) return to - from
    if (bits !== L.IF_TYPES) return this.mark(filter)
    this.set(bits, types)
    return this.ring.kernel.core.countOfTypes(from, to)
  }

  /** Marks the events of these types, which have been checked. */
  markTypes(types: readonly number[]): number {
    this.set(L.IF_TYPES, types)
    this.used = true
    const { core } = this.ring.kernel
    core.markFilter(0, this.ring.size)
    return core.countMatches()
  }

  /** Marks the events for which the predicate is true. */
  markWhere(predicate: (event: EventView) => boolean): number {
    const { ring } = this
    const { kernel, size, oldest, next } = ring
    // The predicate may search and sample in turn: it gets a view of its own, and the marks are set when it is done.
    const view = new EventView()
    const marks = new Uint8Array((size + 7) >>> 3)
    for (let rank = 0; rank < size; rank++) {
      const seq = oldest + rank
      if (predicate(this.show(view, seq))) {
        marks[rank >>> 3] = (marks[rank >>> 3] as number) | (1 << (rank & 7))
      }
      if (ring.next !== next) {
        throw invalid('predicate', 'not write to the stream', ring.next - next)
      }
    }
    this.used = true
    kernel.core.clearMatches()
    kernel.u8.set(marks, kernel.map.matches)
    return kernel.core.countMatches()
  }

  /**
   * Calls `sink` with chunks of the matches, `count` of which stand at OUT_SEQS and OUT_SLOTS: the first or last `limit`.
   */
  list(limit: number, newestFirst: boolean, sink: (count: number) => void): void {
    const { core, f64 } = this.ring.kernel
    const { oldest, size } = this.ring
    let from = newestFirst ? size : 0
    for (let left = limit; left > 0; ) {
      const count = core.listMatches(from, left, newestFirst ? 1 : 0)
      if (count === 0) return
      const last = (f64[L.OUT_SEQS / 8 + count - 1] as number) - oldest
      sink(count)
      from = newestFirst ? last : last + 1
      left -= count
    }
  }

  /** The live part of the range that the filter looks at. */
  range({ startSeq, endSeq }: EventFilter): { start: number; end: number } {
    const { from, to } = this.bounds(startSeq, endSeq)
    return { start: this.ring.oldest + from, end: this.ring.oldest + to }
  }

  /** Moves a view to a live event. */
  protected show(view: EventView, seq: number): EventView {
    return view.moveTo(this.ring.kernel, this.ring.wordOf(seq), seq, this.ring)
  }

  /** The ranks of the live window that sequence numbers in [startSeq, endSeq) have. */
  protected bounds(startSeq: unknown, endSeq: unknown): { from: number; to: number } {
    const { oldest, next } = this.ring
    const first = startSeq === undefined ? oldest : rangeEnd(startSeq, 'startSeq')
    const last = endSeq === undefined ? next : rangeEnd(endSeq, 'endSeq')
    const start = Math.min(Math.max(first, oldest), next)
    return { from: start - oldest, to: Math.max(start, Math.min(last, next)) - oldest }
  }

  private conditions(filter: EventFilter): Conditions {
    const { types, flags, episodeId, from, to, minReward, maxReward, startSeq, endSeq } = filter
    const { header } = this
    let bits = 0
    let list: readonly number[] = []
    if (types !== undefined) {
      list = typeList(types, 'types')
      bits |= L.IF_TYPES
    }
    if (flags !== undefined) {
      assertInteger(flags, 'flags', 0, 65535)
      header.setUint32(L.F_FLAGS, flags, true)
      if (flags !== 0) bits |= L.IF_FLAGS
    }
    if (episodeId !== undefined) {
      header.setBigUint64(L.F_EPISODE, episodeNumber(episodeId, 'episodeId'), true)
      bits |= L.IF_EPISODE
    }
    if (from !== undefined || to !== undefined) {
      header.setFloat64(L.F_FROM, bound(from, 'from', Number.NEGATIVE_INFINITY), true)
      header.setFloat64(L.F_TO, bound(to, 'to', Number.POSITIVE_INFINITY), true)
      bits |= L.IF_TIME
    }
    if (minReward !== undefined || maxReward !== undefined) {
      header.setFloat64(L.F_MIN_REWARD, bound(minReward, 'minReward', Number.NEGATIVE_INFINITY), true)
      header.setFloat64(L.F_MAX_REWARD, bound(maxReward, 'maxReward', Number.POSITIVE_INFINITY), true)
      bits |= L.IF_REWARD
    }
    return { bits, types: list, ...this.bounds(startSeq, endSeq) }
  }

  private set(bits: number, types: readonly number[]): void {
    const { header } = this
    header.setUint32(L.F_CONDITIONS, bits, true)
    if ((bits & L.IF_TYPES) === 0) return
    header.setUint32(L.F_TYPE_COUNT, types.length, true)
    const set = this.ring.kernel.u8.subarray(L.TYPE_SET, L.TYPE_SET + 8192).fill(0)
    types.forEach((type, i) => {
      if (i < L.FEW_TYPES) header.setUint16(L.F_TYPES + i * 2, type, true)
      set[type >> 3] = (set[type >> 3] as number) | (1 << (type & 7))
    })
  }
}

function bound(value: unknown, name: string, open: number): number {
  if (value === undefined) return open
  assertNumber(value, name)
  return value
}

/** An end of a range of sequence numbers. */
export function rangeEnd(seq: unknown, name: string): number {
  assertSeq(seq, name)
  return seq
}
