/**
 * Warm and archived events of a stream as one, ascending by sequence number, each once.
 *
 * Rows are read page by page, each page in a transaction that also looks at the archive's generation: so a page says of
 * every number of its range whether the event was in the tables, and the view that belongs to it has the others. The next
 * page is read while the caller works on this one. When the archive has changed, the next page comes with a new view.
 *
 * @module
 */

import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { NO_EVENTS } from '../../storage/cold/events.js'
import { type EventSource as MergedSource, merged } from '../../storage/cold/read/merge.js'
import type { ResolvedQuery } from '../../storage/cold/read/query.js'
import type { SqlDriver, SqlSession } from '../driver/driver.js'
import { readPage } from './page.js'
import { ReadPlan } from './plan.js'
import type { Archive, ArchiveView } from './source.js'
import type { StreamRow, Streams } from './streams.js'

/** Rows of the first page and of the largest. */
const FIRST_ROWS = 1024
const MOST_ROWS = 16_384
/** A range that had few rows makes the next one wider by this. */
const WIDENING = 4

/** What a read knows from page to page. */
interface Reading {
  readonly query: ResolvedQuery
  readonly end: number
  readonly stream: number
  plan: ReadPlan
  view: ArchiveView | undefined
  rows: number
  width: number
}

/** A page and the range of numbers that it speaks of. */
interface ReadRange {
  readonly events: StoredEvents
  readonly view: ArchiveView | undefined
  readonly start: number
  readonly end: number
}

/** See the module. */
export class StoreReader {
  private readonly driver: SqlDriver
  private readonly streams: Streams
  private readonly archive: Archive | undefined

  constructor(driver: SqlDriver, streams: Streams, archive: Archive | undefined) {
    this.driver = driver
    this.streams = streams
    this.archive = archive
  }

  /** The events that meet a query, as the stream is when the first one is asked for. */
  async *rows(query: ResolvedQuery): AsyncGenerator<StoredEvents, void, undefined> {
    const { signal } = query
    signal?.throwIfAborted()
    const stream = await this.streams.find()
    if (stream === undefined) return
    const reading = await this.begin(query, stream)
    let ahead: Promise<ReadRange> | undefined
    for (let next = query.filter.startSeq; next < reading.end; ) {
      const page = await (ahead ?? this.read(reading, next))
      ahead = page.end < reading.end ? this.read(reading, page.end) : undefined
      // Nobody waits for it if the caller leaves.
      ahead?.catch(() => {})
      try {
        for await (const events of this.events(page, query)) {
          yield events
          next = (events.seqs[events.length - 1] as number) + 1
          signal?.throwIfAborted()
        }
        next = page.end
      } catch (error) {
        if (!(await this.hasMoved(page, signal))) throw error
        await ahead?.catch(() => {})
        ahead = undefined
      }
    }
  }

  private async begin(query: ResolvedQuery, stream: StreamRow): Promise<Reading> {
    const { filter, batchSize } = query
    const end = Math.min(filter.endSeq, stream.checkpoint.seq)
    const rows = Math.max(batchSize, FIRST_ROWS)
    const plan = await this.reading(query.signal, (session) => {
      return ReadPlan.make(session, stream.key, filter, filter.startSeq, end)
    })
    return { query, end, stream: stream.key, plan, view: undefined, rows, width: rows }
  }

  /** Reads the next page from `start` on. */
  private read(reading: Reading, start: number): Promise<ReadRange> {
    return this.reading(reading.query.signal, async (session) => {
      await this.look(session, reading, start)
      const { plan, view, stream, end, query } = reading
      const range = plan.next(start, end, reading.width)
      if (range === undefined) return { events: NO_EVENTS, view, start, end }
      const { startSeq, endSeq, within } = range
      const wanted = { startSeq, endSeq, conditions: plan.conditions, limit: reading.rows, sorts: plan.sorts }
      const page = await readPage(session, { stream, within }, wanted)
      if (page.events.length < reading.rows / WIDENING) reading.width *= WIDENING
      reading.rows = Math.min(reading.rows * 2, Math.max(MOST_ROWS, query.batchSize))
      reading.width = Math.max(reading.width, reading.rows)
      const isLast = page.next === undefined && plan.next(endSeq, end, 1) === undefined
      return { events: page.events, view, start, end: isLast ? end : (page.next ?? endSeq) }
    })
  }

  /** Takes a new view of the archive, and a new plan of what is left in the tables, if days have moved. */
  private async look(session: SqlSession, reading: Reading, start: number): Promise<void> {
    if (this.archive === undefined) return
    const { view, stream, end, query } = reading
    if (view !== undefined && (await this.archive.generation(session)) === view.generation) return
    reading.view = await this.archive.view(session, stream)
    reading.plan = await ReadPlan.make(session, stream, query.filter, start, end)
  }

  private events(page: ReadRange, { filter, batchSize, signal }: ResolvedQuery): AsyncIterable<StoredEvents> {
    const { events, view, start, end } = page
    const sources: MergedSource[] = []
    if (events.length > 0) {
      sources.push({ firstSeq: events.seqs[0] as number, most: events.length, rows: () => only(events) })
    }
    if (view !== undefined) {
      const rows = () => view.rows({ ...filter, startSeq: start, endSeq: end }, signal)
      sources.push({ firstSeq: start, most: end - start, rows })
    }
    return merged(sources, batchSize)
  }

  /** Whether the archive has changed since a page was read, so that its view may have lost a file. */
  private async hasMoved({ view }: ReadRange, signal: AbortSignal | undefined): Promise<boolean> {
    if (view === undefined || this.archive === undefined || signal?.aborted) return false
    return (await this.archive.generation(this.driver)) !== view.generation
  }

  /** A transaction in which no day can leave the tables. */
  private reading<T>(signal: AbortSignal | undefined, work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.driver.transaction(
      async (session) => {
        await session.run('LOCK TABLE ONLY experience_events IN ACCESS SHARE MODE')
        return work(session)
      },
      { signal, readOnly: true },
    )
  }
}

async function* only(events: StoredEvents): AsyncGenerator<StoredEvents, void, undefined> {
  yield events
}
