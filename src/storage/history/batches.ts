/**
 * From chunks to batches: as many events as were asked for, of one tier each.
 *
 * @module
 */

import { HistoryBatch, type Piece } from './batch.js'
import type { HistoryChunk, HistoryOrder } from './tier.js'

/** The events of chunks in batches of at most `batchSize`, `limit` in all. Ends the chunks when it is ended itself. */
export async function* batchesOf(
  chunks: AsyncIterable<HistoryChunk>,
  { batchSize, limit, order }: { batchSize: number; limit: number; order: HistoryOrder },
): AsyncGenerator<HistoryBatch> {
  const builder = new BatchBuilder(order)
  let left = limit
  if (left === 0) return
  for await (const chunk of chunks) {
    if (builder.length > 0 && builder.tier !== chunk.tier && chunk.rows.length > 0) yield builder.take()
    for (let used = 0; used < chunk.rows.length; ) {
      const count = Math.min(chunk.rows.length - used, batchSize - builder.length, left)
      builder.add(chunk, used, count)
      used += count
      left -= count
      if (builder.length === batchSize || left === 0) yield builder.take()
      if (left === 0) return
    }
    builder.pass(chunk)
  }
  if (builder.length > 0) yield builder.take()
}

/** Gathers pieces of chunks and keeps account of which numbers have been looked at. */
class BatchBuilder {
  length = 0
  tier = ''
  private readonly newest: boolean
  private pieces: Piece[] = []
  /** The numbers looked at since the last batch. */
  private start = 0
  private end = 0
  private begun = false

  constructor(order: HistoryOrder) {
    this.newest = order === 'newest'
  }

  /** Adds `count` events of a chunk behind the first `used` in the order of the walk. */
  add(chunk: HistoryChunk, used: number, count: number): void {
    this.begin(chunk)
    const { rows, tier } = chunk
    const first = this.newest ? rows.length - 1 - used : used
    this.pieces.push({ tier, rows, first, count, step: this.newest ? -1 : 1 })
    const last = rows.seqs[this.newest ? first - count + 1 : first + count - 1] as number
    if (this.newest) this.start = last
    else this.end = last + 1
    this.length += count
    this.tier = tier
  }

  /** Takes note that a chunk is done. */
  pass(chunk: HistoryChunk): void {
    this.begin(chunk)
    if (this.newest) this.start = chunk.start
    else this.end = chunk.end
  }

  take(): HistoryBatch {
    const batch = new HistoryBatch().fill(this.pieces, this.start, this.end)
    this.pieces = []
    this.length = 0
    if (this.newest) this.end = this.start
    else this.start = this.end
    return batch
  }

  private begin({ start, end }: HistoryChunk): void {
    if (this.begun) return
    this.begun = true
    this.start = this.newest ? end : start
    this.end = this.start
  }
}
