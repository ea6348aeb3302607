/**
 * Reading ahead for who reads one range of numbers after the other: when a second range has followed a first, the one that
 * comes next in turn is begun before it is asked for.
 *
 * Contract:
 * - What was read ahead is what a query would find: it is given up when corrections are written for its events, or when the
 *   store is opened again. It never reaches beyond what is committed, where events are still to come.
 * - One range at a time, which holds what any query holds that has given nothing yet, and no connection.
 *
 * @module
 */

import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import type { ResolvedQuery } from '../../storage/cold/read/query.js'
import type { CorrectionList } from '../../storage/journal/corrections.js'

/** Wider ranges are read in many pages, each of which is read ahead anyway. */
const WIDEST = 65_536

/** A query that was begun. */
interface Ahead {
  readonly start: number
  readonly end: number
  readonly kind: string
  readonly rows: AsyncIterator<StoredEvents>
  readonly first: Promise<IteratorResult<StoredEvents>>
  readonly ending: AbortController
}

/** See the module. */
export class ReadAhead {
  private readonly read: (query: ResolvedQuery) => AsyncIterable<StoredEvents>
  private readonly reach: () => number | undefined
  /** Where the last range that was read to its end ended. */
  private last: { readonly end: number; readonly kind: string } | undefined
  private ahead: Ahead | undefined

  /** @param reach the number behind the last committed event; undefined while that is not known. */
  constructor(read: (query: ResolvedQuery) => AsyncIterable<StoredEvents>, reach: () => number | undefined) {
    this.read = read
    this.reach = reach
  }

  /** What `read` gives, begun before if this range follows two others. */
  async *rows(query: ResolvedQuery): AsyncGenerator<StoredEvents, void, undefined> {
    const { startSeq, endSeq } = query.filter
    const kind = kindOf(query)
    const ahead = this.take(startSeq, endSeq, kind)
    yield* ahead === undefined ? this.read(query) : goOn(ahead, query.signal)
    const isNext = this.last?.end === startSeq && this.last.kind === kind
    this.last = { end: endSeq, kind }
    if (isNext) this.begin(query, endSeq, 2 * endSeq - startSeq, kind)
  }

  /** Gives up what was read ahead if it has one of these events; without a list in any case. */
  drop(corrections?: CorrectionList): void {
    const { ahead } = this
    if (ahead === undefined) return
    if (corrections !== undefined && !corrections.seqs.some((seq) => seq >= ahead.start && seq < ahead.end)) return
    this.ahead = undefined
    end(ahead)
  }

  private take(start: number, end: number, kind: string): Ahead | undefined {
    const { ahead } = this
    if (ahead === undefined || ahead.start !== start || ahead.end !== end || ahead.kind !== kind) return undefined
    this.ahead = undefined
    return ahead
  }

  private begin(query: ResolvedQuery, start: number, end: number, kind: string): void {
    if (end <= start || end - start > WIDEST || end > (this.reach() ?? 0)) return
    this.drop()
    const ending = new AbortController()
    const filter = { ...query.filter, startSeq: start, endSeq: end }
    const rows = this.read({ ...query, filter, signal: ending.signal })[Symbol.asyncIterator]()
    const first = rows.next()
    // Who asks for the range is told.
    first.catch(() => undefined)
    this.ahead = { start, end, kind, rows, first, ending }
  }
}

/** Goes on with a query that was begun. */
async function* goOn(ahead: Ahead, signal: AbortSignal | undefined): AsyncGenerator<StoredEvents, void, undefined> {
  const abort = (): void => ahead.ending.abort(signal?.reason)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    for (let next = await ahead.first; !next.done; next = await ahead.rows.next()) {
      signal?.throwIfAborted()
      yield next.value
    }
    signal?.throwIfAborted()
  } finally {
    signal?.removeEventListener('abort', abort)
    await ahead.rows.return?.()
  }
}

function end({ ending, rows }: Ahead): void {
  ending.abort()
  rows.return?.().catch(() => undefined)
}

/** What two queries have in common that differ in their ranges alone. */
function kindOf({ filter, batchSize }: ResolvedQuery): string {
  const { from, to, episodeId, types } = filter
  return JSON.stringify([from, to, episodeId?.toString(), types, batchSize])
}
