/**
 * The tier of the stores that follow the journal: what only they still have, with the corrections that the journal holds
 * and they may not have yet.
 *
 * @module
 */

import { SEQ_LIMIT } from '../../kernel/ring.js'
import type { Gap, JournalSource } from '../journal/source.js'
import { LateCorrections } from './late-corrections.js'
import type { HistoryLimits } from './limits.js'
import { EVERYTHING } from './record-filter.js'
import { Rows } from './rows.js'
import { queryStores, type StoreRows, storesFor } from './store-query.js'
import type { HistoryChunk, HistoryStore, HistoryTier, Scan } from './tier.js'

const NO_ROWS = Rows.withRoomFor(0)

/** The stores, in the order in which they are asked. */
export class StoreTier implements HistoryTier {
  readonly reach: number
  private readonly stores: () => readonly HistoryStore[]
  private readonly source: JournalSource
  private readonly limits: HistoryLimits

  constructor(stores: () => readonly HistoryStore[], source: JournalSource, limits: HistoryLimits) {
    this.stores = stores
    this.limits = limits
    this.reach = limits.width
    this.source = source
  }

  range(): { start: number; end: number } {
    const start = this.source.identity.firstSeq
    return { start, end: this.stores().length === 0 ? start : SEQ_LIMIT }
  }

  scan(scan: Scan): AsyncGenerator<HistoryChunk> {
    return scan.order === 'oldest' ? this.ascending(scan) : this.descending(scan)
  }

  async count(start: number, end: number): Promise<number> {
    const stores = await storesFor(this.stores(), start, end)
    const [only] = stores
    if (only === undefined) return 0
    if (stores.length === 1) return only.count(start, end)
    const last = stores[stores.length - 1] as HistoryStore
    if ((await last.count(start, end)) === end - start) return end - start
    let count = 0
    const batchSize = this.limits.storeBatch
    for await (const { rows } of queryStores(stores, {
      start,
      end,
      filter: EVERYTHING,
      batchSize,
      signal: undefined,
    })) {
      count += rows.length
    }
    return count
  }

  async gaps(start: number, end: number): Promise<readonly Gap[]> {
    for (const store of this.stores()) {
      const found = await store.gaps?.(start, end)
      if (found !== undefined) return found
    }
    return []
  }

  private async *ascending(scan: Scan): AsyncGenerator<HistoryChunk> {
    const { filter, signal } = scan
    const batchSize = this.limits.storeBatch
    let { start } = scan
    const { stores, corrections } = await this.prepare(start, scan.end, scan)
    const [first] = stores
    if (first === undefined) return
    const { end } = corrections
    for await (const { tier, rows } of queryStores(stores, { start, end, filter, batchSize, signal })) {
      const next = (rows.seqs[rows.length - 1] as number) + 1
      yield { tier, start, end: next, rows: corrected(rows, corrections, scan) }
      start = next
      signal?.throwIfAborted()
      if (corrections.overfull) return
    }
    if (start < end) yield { tier: first.name, start, end, rows: NO_ROWS }
  }

  /**
   * Stores answer in ascending order: a stretch of numbers is read and its newest events are kept, then the stretch
   * before it. Where few events meet the filter the stretches grow, so that their number stays small.
   */
  private async *descending(scan: Scan): AsyncGenerator<HistoryChunk> {
    const { filter, signal } = scan
    const { kept: most, storeBatch: batchSize } = this.limits
    let { end } = scan
    for (let width = scan.width; end > scan.start; ) {
      const { stores, corrections } = await this.prepare(Math.max(scan.start, end - width), end, scan)
      const [first] = stores
      if (first === undefined) return
      let { start } = corrections
      const kept: StoreRows[] = []
      let count = 0
      for await (const { tier, rows } of queryStores(stores, { start, end, filter, batchSize, signal })) {
        signal?.throwIfAborted()
        const matches = corrected(rows, corrections, scan)
        if (matches.length === 0) continue
        kept.push({ tier, rows: matches })
        count += matches.length
        while (count - (kept[0] as StoreRows).rows.length >= most) {
          count -= (kept.shift() as StoreRows).rows.length
          start = (kept[0] as StoreRows).rows.seqs[0] as number
        }
      }
      if (kept.length === 0) yield { tier: first.name, start, end, rows: NO_ROWS }
      for (let i = kept.length - 1; i >= 0; i--) {
        const { tier, rows } = kept[i] as StoreRows
        const from = i === 0 ? start : (rows.seqs[0] as number)
        yield { tier, start: from, end, rows }
        end = from
      }
      end = start
      if (count < most / 4) width = Math.min(width * 4, SEQ_LIMIT)
      else if (count >= most) width = Math.max(most, Math.floor(width / 4))
    }
  }

  /** The stores to ask for [start, end), and what the journal adds to their answers. The journal is looked at first. */
  private async prepare(
    start: number,
    end: number,
    { order, signal }: Scan,
  ): Promise<{ stores: readonly HistoryStore[]; corrections: LateCorrections }> {
    const { source } = this
    const stores = await storesFor(this.stores(), start, end)
    signal?.throwIfAborted()
    source.refresh()
    const positions = stores.map((store) => store.checkpoint?.position ?? source.startPosition)
    const from = positions.length === 0 ? source.endPosition : Math.min(...positions)
    return {
      stores,
      corrections: await LateCorrections.collect(source, from, { start, end, order, signal }, this.limits.corrections),
    }
  }
}

/** Rows with the newest rewards, those that meet the filter. */
function corrected(rows: Rows, corrections: LateCorrections, { filter }: Scan): Rows {
  corrections.apply(rows)
  return rows.keep(filter)
}
