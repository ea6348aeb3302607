/**
 * The walk over all tiers: every number is asked for once, of the uppermost tier that holds it when its turn comes.
 *
 * @module
 */

import type { Gap } from '../journal/source.js'
import type { HistoryLimits } from './limits.js'
import { EVERYTHING } from './record-filter.js'
import type { HistoryChunk, HistoryTier, Scan } from './tier.js'
import { nextTurn } from './turn.js'

/** Numbers [start, end) and the tier that answers for them; none if nobody does. */
export interface Stretch {
  readonly tier: HistoryTier | undefined
  readonly start: number
  readonly end: number
}

/** All tiers, one above the other. */
export class TierStack {
  readonly limits: HistoryLimits
  private readonly tiers: readonly HistoryTier[]

  /** @param tiers the uppermost first: the ring, the journal, the stores. */
  constructor(tiers: readonly HistoryTier[], limits: HistoryLimits) {
    this.tiers = tiers
    this.limits = limits
  }

  /** Chunks that join and cover [start, end) as far as anybody answers for it. By default all events, oldest first. */
  async *walk(wanted: Pick<Scan, 'start' | 'end' | 'signal'> & Partial<Scan>): AsyncGenerator<HistoryChunk> {
    const defaults = { filter: EVERYTHING, order: 'oldest', width: this.limits.width, metadata: false } as const
    const scan: Scan = { ...defaults, ...wanted }
    const ascending = scan.order === 'oldest'
    let { start, end } = scan
    while (start < end) {
      scan.signal?.throwIfAborted()
      const stretch = ascending ? this.stretchFrom(start, end) : this.stretchBefore(start, end)
      let moved = stretch.tier === undefined
      if (stretch.tier === undefined) {
        if (ascending) start = stretch.end
        else end = stretch.start
      } else {
        for await (const chunk of stretch.tier.scan({ ...scan, start: stretch.start, end: stretch.end })) {
          moved = true
          yield chunk
          if (ascending) start = chunk.end
          else end = chunk.start
        }
      }
      // The number has left the tier between two looks at it; whoever moved it may need a turn to be done with it.
      if (!moved) await nextTurn()
    }
  }

  /** What follows `start` and is held by one tier, or by none. */
  stretchFrom(start: number, end: number): Stretch {
    let limit = end
    for (const tier of this.tiers) {
      const range = tier.range()
      if (range.start >= range.end) continue
      if (start >= range.start && start < range.end) return { tier, start, end: Math.min(limit, range.end) }
      if (range.start > start) limit = Math.min(limit, range.start)
    }
    return { tier: undefined, start, end: limit }
  }

  /** What the tiers know of the gaps in [start, end), ascending; they may know the same. */
  async gaps(start: number, end: number): Promise<Gap[]> {
    const known: Gap[] = []
    for (const tier of this.tiers) {
      const range = tier.range()
      const from = Math.max(start, range.start)
      const to = Math.min(end, range.end)
      if (from < to) known.push(...(await tier.gaps(from, to)))
    }
    return known.sort((a, b) => a.start - b.start)
  }

  /** What precedes `end` and is held by one tier, or by none. */
  private stretchBefore(start: number, end: number): Stretch {
    let limit = start
    for (const tier of this.tiers) {
      const range = tier.range()
      if (range.start >= range.end) continue
      if (end > range.start && end <= range.end) return { tier, start: Math.max(limit, range.start), end }
      if (range.end < end) limit = Math.max(limit, range.end)
    }
    return { tier: undefined, start: limit, end }
  }
}
