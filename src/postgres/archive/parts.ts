/**
 * A long row of events in parts that each become a file.
 *
 * @module
 */

import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { EventsBuilder } from '../../storage/cold/events.js'

/** Metadata as JSON, in characters, behind which a part ends: a row group of a file cannot hold without bound. */
const ENOUGH_METADATA = 64 * 1024 * 1024

/** Cuts batches of events into parts of at most so many events, or fewer where their metadata is large. */
export class Parts {
  private readonly batches: AsyncIterator<StoredEvents>
  private readonly most: number
  private batch: StoredEvents | undefined
  private from = 0

  constructor(batches: AsyncIterable<StoredEvents>, most: number) {
    this.batches = batches[Symbol.asyncIterator]()
    this.most = most
  }

  /** Whether there is anything more. */
  async more(): Promise<boolean> {
    while (this.batch === undefined || this.from === this.batch.length) {
      const { value, done } = await this.batches.next()
      if (done) return false
      this.batch = value
      this.from = 0
    }
    return true
  }

  /** The next part, to be read to its end before anything else is asked for. */
  async *next(): AsyncGenerator<StoredEvents, void, undefined> {
    let events = 0
    let metadata = 0
    while (events < this.most && metadata < ENOUGH_METADATA && (await this.more())) {
      const batch = this.batch as StoredEvents
      const to = Math.min(batch.length, this.from + this.most - events)
      const piece = pieceOf(batch, this.from, to)
      this.from = to
      events += piece.length
      for (const entry of piece.metadata.values()) metadata += JSON.stringify(entry).length
      yield piece
    }
  }

  /** Ends the batches, read to their end or not. */
  async end(): Promise<void> {
    await this.batches.return?.()
  }
}

function pieceOf(batch: StoredEvents, from: number, to: number): StoredEvents {
  if (from === 0 && to === batch.length) return batch
  const rows = new EventsBuilder(to - from)
  rows.append(batch, from, to)
  return rows.finish()
}
