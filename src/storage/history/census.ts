/**
 * How many events there are, where, and which number the event of a given rank has: by the counts of the tiers, halving
 * the numbers until a stretch is full, empty or small.
 *
 * @module
 */

import { holes } from './near-tiers.js'
import { EVERYTHING } from './record-filter.js'
import type { HistoryGap } from './tier.js'
import type { TierStack } from './walk.js'

/** The events of all tiers by number. */
export class Census {
  private readonly tiers: TierStack
  private readonly signal: AbortSignal | undefined

  constructor(tiers: TierStack, signal?: AbortSignal) {
    this.tiers = tiers
    this.signal = signal
  }

  /** How many events of [start, end) are stored and meet the filter; read only if it has conditions on the events. */
  async count(start: number, end: number, filter = EVERYTHING): Promise<number> {
    let count = 0
    if (filter.selective) {
      for await (const { rows } of this.tiers.walk({ start, end, filter, signal: this.signal })) count += rows.length
      return count
    }
    for (let at = start; at < end; ) {
      this.signal?.throwIfAborted()
      const { tier, end: next } = this.tiers.stretchFrom(at, end)
      if (tier !== undefined) count += await tier.count(at, next)
      at = next
    }
    return count
  }

  /**
   * The numbers of the events of these ranks among the `count` of [start, end). Undefined if events have been dropped
   * since they were counted.
   *
   * @param ranks ascending, each below `count`.
   */
  async locate(start: number, end: number, count: number, ranks: Float64Array): Promise<Float64Array | undefined> {
    if (ranks.length === 0) return ranks
    if (count === end - start) return ranks.map((rank) => start + rank)
    if (end - start <= this.tiers.limits.few) return this.pick(start, end, ranks)
    const middle = start + Math.floor((end - start) / 2)
    const below = await this.count(start, middle)
    if (below > count) return undefined
    const split = ranks.findIndex((rank) => rank >= below)
    const cut = split === -1 ? ranks.length : split
    const low = await this.locate(start, middle, below, ranks.subarray(0, cut))
    const rest = ranks.subarray(cut).map((rank) => rank - below)
    const high = low && (await this.locate(middle, end, count - below, rest))
    if (low === undefined || high === undefined) return undefined
    const seqs = new Float64Array(ranks.length)
    seqs.set(low)
    seqs.set(high, low.length)
    return seqs
  }

  /** The numbers of [start, end) that nobody holds an event of, ascending; neighbours of one reason are joined. */
  async *gaps(start: number, end: number): AsyncGenerator<HistoryGap> {
    let open: HistoryGap | undefined
    for await (const gap of this.pieces(start, end)) {
      if (open !== undefined && open.end === gap.start && open.reason === gap.reason) open = { ...open, end: gap.end }
      else {
        if (open !== undefined) yield open
        open = gap
      }
    }
    if (open !== undefined) yield open
  }

  /** Halves the numbers while that promises to pass over many that are all there; else goes through them. */
  private async *pieces(start: number, end: number): AsyncGenerator<HistoryGap> {
    const count = await this.count(start, end)
    const missing = end - start - count
    if (missing <= 0) return
    if (count > 0 && missing < (end - start) / this.tiers.limits.few) {
      const middle = start + Math.floor((end - start) / 2)
      yield* this.pieces(start, middle)
      yield* this.pieces(middle, end)
      return
    }
    let next = start
    for await (const chunk of this.tiers.walk({ start, end, signal: this.signal })) {
      // What lies between chunks is held by no tier at all.
      yield* await this.typed([{ start: next, end: chunk.start }])
      yield* await this.typed(holes(chunk.rows, chunk.start, chunk.end))
      next = chunk.end
    }
    yield* await this.typed([{ start: next, end }])
  }

  /** Numbers without events, ascending, by what is known of them. */
  private async typed(empty: readonly { start: number; end: number }[]): Promise<HistoryGap[]> {
    const [first, last] = [empty[0], empty[empty.length - 1]]
    if (first === undefined || last === undefined || first.start === last.end) return []
    const known = await this.tiers.gaps(first.start, last.end)
    return empty.flatMap(({ start, end }) => [...reasons(start, end, known)])
  }

  private async pick(start: number, end: number, ranks: Float64Array): Promise<Float64Array | undefined> {
    const seqs = await this.present(start, end)
    if ((ranks[ranks.length - 1] as number) >= seqs.length) return undefined
    return ranks.map((rank) => seqs[rank] as number)
  }

  /** The numbers of the events of a small stretch. */
  private async present(start: number, end: number): Promise<number[]> {
    const seqs: number[] = []
    for await (const { rows } of this.tiers.walk({ start, end, signal: this.signal }))
      seqs.push(...rows.seqs.subarray(0, rows.length))
    return seqs
  }
}

/** The pieces of [start, end), which holds no event, by what is known of them, ascending. */
function* reasons(start: number, end: number, typed: readonly HistoryGap[]): Generator<HistoryGap> {
  let next = start
  for (const gap of typed) {
    const from = Math.max(gap.start, next)
    const to = Math.min(gap.end, end)
    if (from >= to) continue
    if (from > next) yield { start: next, end: from, reason: 'absent' }
    yield { start: from, end: to, reason: gap.reason }
    next = to
  }
  if (next < end) yield { start: next, end, reason: 'absent' }
}
