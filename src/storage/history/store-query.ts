/**
 * One query to several stores: each event once, of the first store that has it, in ascending order. A store that breaks
 * its promise of ascending numbers is caught here, before it could double an event.
 *
 * @module
 */

import { SEQ_LIMIT } from '../../kernel/ring.js'
import type { StoredEvents } from '../cold/cold-storage.js'
import { StorageError } from '../errors.js'
import type { RecordFilter } from './record-filter.js'
import { Rows } from './rows.js'
import type { HistoryStore } from './tier.js'

/** Rows that came from one store. */
export interface StoreRows {
  readonly tier: string
  readonly rows: Rows
}

/** What the stores are asked for. */
export interface StoreQuery {
  readonly start: number
  readonly end: number
  readonly filter: RecordFilter
  readonly batchSize: number
  readonly signal: AbortSignal | undefined
}

/** The stores that it takes to know every event of [start, end): none behind one that has them all. */
export async function storesFor(stores: readonly HistoryStore[], start: number, end: number): Promise<HistoryStore[]> {
  const asked: HistoryStore[] = []
  for (const store of stores) {
    asked.push(store)
    if (asked.length < stores.length && (await store.count(start, end)) === end - start) break
  }
  return asked
}

/** Asks the stores side by side; every iterator that was begun is ended, however the iteration ends. */
export async function* queryStores(stores: readonly HistoryStore[], query: StoreQuery): AsyncGenerator<StoreRows> {
  const heads = stores.map((store) => new Head(store, query))
  try {
    for (const head of heads) await head.fill()
    for (;;) {
      const first = leading(heads)
      if (first === undefined) return
      const { seq } = first
      let bound = SEQ_LIMIT
      for (const other of heads) {
        if (other === first) continue
        if (other.seq === seq) await other.skip()
        bound = Math.min(bound, other.seq)
      }
      yield { tier: first.tier, rows: first.take(bound) }
      await first.fill()
    }
  } finally {
    for (const head of heads) await head.close()
  }
}

/** The store whose next event is the oldest; of several the first. */
function leading(heads: readonly Head[]): Head | undefined {
  let first: Head | undefined
  for (const head of heads) {
    if (head.seq < (first?.seq ?? SEQ_LIMIT)) first = head
  }
  return first
}

/** Where the reading of one store stands. */
class Head {
  readonly name: string
  /** Number of the next event; SEQ_LIMIT behind the last. */
  seq = SEQ_LIMIT
  private events: StoredEvents | undefined
  private at = 0
  private ended = false
  private last: number
  private readonly end: number
  private readonly iterator: AsyncIterator<StoredEvents>

  constructor(store: HistoryStore, { start, end, filter, batchSize, signal }: StoreQuery) {
    this.name = store.name
    this.last = start - 1
    this.end = end
    this.iterator = store.query(filter.coldQuery(start, end, batchSize, signal))[Symbol.asyncIterator]()
  }

  /** Where the next event stands. */
  get tier(): string {
    const place = this.events?.place
    return place === undefined ? this.name : `${this.name} ${place}`
  }

  /** Makes the next event known. */
  async fill(): Promise<void> {
    while (!this.ended && (this.events === undefined || this.at >= this.events.length)) {
      const next = await this.iterator.next()
      this.ended = next.done === true
      this.events = next.done === true ? undefined : next.value
      this.at = 0
      if (this.events !== undefined) this.check(this.events)
    }
    this.seq = this.events === undefined ? SEQ_LIMIT : (this.events.seqs[this.at] as number)
  }

  /** Passes over the next event. */
  async skip(): Promise<void> {
    this.at++
    await this.fill()
  }

  /** A copy of the next events, as far as their numbers are below `bound`. */
  take(bound: number): Rows {
    const events = this.events as StoredEvents
    let to = this.at
    while (to < events.length && (events.seqs[to] as number) < bound) to++
    const rows = Rows.copyOf(events, this.at, to)
    this.at = to
    return rows
  }

  async close(): Promise<void> {
    if (!this.ended) await this.iterator.return?.()
  }

  private check({ seqs, length }: StoredEvents): void {
    for (let i = 0; i < length; i++) {
      const seq = seqs[i] as number
      if (seq <= this.last || seq >= this.end) {
        const expected = `[${this.last + 1}, ${this.end})`
        throw new StorageError(`${this.name} answered a query with event ${seq}, expected one of ${expected}`, {
          store: this.name,
          seq,
        })
      }
      this.last = seq
    }
  }
}
