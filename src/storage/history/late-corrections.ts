/**
 * Corrections that the journal holds and a store may not: applied on top of what the store says, so that it answers with
 * the newest rewards although it follows at its own pace. Applying one that the store has already changes nothing.
 *
 * @module
 */

import { applyCorrections, type CorrectionList, CorrectionMerger } from '../journal/corrections.js'
import { CORRECTIONS } from '../journal/format.js'
import type { BlockInfo, JournalPosition, JournalSource } from '../journal/source.js'
import type { Rows } from './rows.js'
import type { HistoryOrder } from './tier.js'
import { nextTurn } from './turn.js'

/** Blocks that are looked at before the event loop gets a turn. */
const BLOCKS_A_TURN = 1024

/** The corrections of events [start, end) from a position of the journal on. */
export class LateCorrections {
  /** Numbers that it covers: as many of those asked for as the limit allows, from the side where the walk begins. */
  start: number
  end: number
  private readonly source: JournalSource
  private readonly order: HistoryOrder
  private readonly most: number
  private merger = new CorrectionMerger()
  private merged: CorrectionList | undefined
  private position: JournalPosition

  private constructor(
    source: JournalSource,
    from: JournalPosition,
    start: number,
    end: number,
    order: HistoryOrder,
    most: number,
  ) {
    this.source = source
    this.position = from
    this.start = start
    this.end = end
    this.order = order
    this.most = most
  }

  /** Looks through the journal from a position to its end. */
  static async collect(
    source: JournalSource,
    from: JournalPosition,
    {
      start,
      end,
      order,
      signal,
    }: { start: number; end: number; order: HistoryOrder; signal?: AbortSignal | undefined },
    most: number,
  ): Promise<LateCorrections> {
    const corrections = new LateCorrections(source, from, start, end, order, most)
    while (!corrections.advance(BLOCKS_A_TURN)) {
      await nextTurn()
      signal?.throwIfAborted()
    }
    return corrections
  }

  /** Whether so much has been corrected since that it would better be collected anew. */
  get overfull(): boolean {
    return this.merger.size > 2 * this.most
  }

  /** Applies everything that the journal holds by now. */
  apply(rows: Rows): void {
    this.advance(Number.POSITIVE_INFINITY, false)
    this.merged ??= this.merger.list()
    if (this.merged.length > 0) applyCorrections(this.merged, rows, this.source.identity.requiredMask)
  }

  /** Adds the next blocks; true once there are no more. */
  private advance(most: number, narrowing = true): boolean {
    const { source } = this
    source.refresh()
    let left = most
    for (const block of source.blocks(this.position, source.endPosition)) {
      if (left-- === 0) return false
      this.add(block)
      this.position = block.position + 1
      if (narrowing && this.merger.size > this.most) this.narrow()
    }
    return true
  }

  private add(block: BlockInfo): void {
    if (block.kind !== CORRECTIONS || block.seq >= this.end || block.seq + block.span <= this.start) return
    this.merger.addPayload(this.source.payload(block), block.seq, block.count, this.start, this.end)
    this.merged = undefined
  }

  /** Gives up the half of the entries that the walk comes to last. */
  private narrow(): void {
    const all = this.merger.list()
    const middle = all.seqs[all.length >>> 1] as number
    if (this.order === 'oldest') this.end = middle
    else this.start = middle
    this.merger = new CorrectionMerger()
    for (let i = 0; i < all.length; i++) {
      const seq = all.seqs[i] as number
      if (seq < this.start || seq >= this.end) continue
      this.merger.add(seq, all.flags[i] as number, all.masks[i] as number, all.slots[i] as number, all.rewards, i * 4)
    }
  }
}
