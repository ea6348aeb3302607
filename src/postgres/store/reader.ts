/**
 * Warm and archived events of a stream as one, ascending by sequence number, each once.
 *
 * Rows are read page by page, each page in a transaction that also looks at the archive's generation: so a page says of
 * every number of its range whether the event was in the tables, and the view that belongs to it has the others. The next
 * page is read while the caller works on this one. When the archive has changed, the next page comes with a new view.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { lowerBound, NO_EVENTS } from '../../storage/cold/events.js'
import { type EventSource as MergedSource, merged } from '../../storage/cold/read/merge.js'
import type { ResolvedQuery } from '../../storage/cold/read/query.js'
import type { SqlDriver, SqlSession } from '../driver/driver.js'
import { readPage } from './page.js'
import { ReadPlan } from './plan.js'
import type { Archive, ArchiveView } from './source.js'
import type { StreamRow, Streams } from './streams.js'

/** The place of events that came from files alone. */
const ARCHIVE = 'archive'
/** Rows of the first page and of the largest. */
const FIRST_ROWS = 1024
const MOST_ROWS = 16_384
/** A range that had few rows makes the next one wider by this. */
const WIDENING = 4

/** What a read knows from page to page. */
interface Reading {
  readonly query: ResolvedQuery
  /** Looked up by the first page; undefined then if there is no stream. */
  stream: StreamRow | undefined
  end: number
  plan: ReadPlan | undefined
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
    const rows = Math.max(query.batchSize, FIRST_ROWS)
    const reading = {
      query,
      stream: undefined,
      end: query.filter.endSeq,
      plan: undefined,
      view: undefined,
      rows,
      width: rows,
    }
    let ahead: Promise<ReadRange> | undefined
    for (let next = query.filter.startSeq; next < reading.end; ) {
      const page = await (ahead ?? this.read(reading, next))
      ahead = page.end < reading.end ? this.read(reading, page.end) : undefined
      // Nobody waits for it if the caller leaves.
      ahead?.catch(() => {})
      try {
        for await (const events of this.events(page, query)) {
          yield* placed(events, page.events)
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

  /** Reads the next page from `start` on. */
  private read(reading: Reading, start: number): Promise<ReadRange> {
    return this.reading(reading.query.signal, async (session) => {
      const { plan, stream } = await this.look(session, reading, start)
      const { view, end, query } = reading
      const range = plan?.next(start, end, reading.width)
      if (plan === undefined || range === undefined) return { events: NO_EVENTS, view, start, end }
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

  /** Decides what to read from, at first and whenever days have moved into files. */
  private async look(
    session: SqlSession,
    reading: Reading,
    start: number,
  ): Promise<{ plan: ReadPlan | undefined; stream: number }> {
    const { archive } = this
    if (reading.stream === undefined) {
      reading.stream = await this.streams.find(session)
      reading.end = Math.min(reading.end, reading.stream?.checkpoint.seq ?? 0)
    }
    const { view, query, end } = reading
    const stream = reading.stream?.key
    if (stream === undefined) return { plan: undefined, stream: 0 }
    const hasMoved =
      archive !== undefined && (view === undefined || (await archive.generation(session)) !== view.generation)
    if (hasMoved) reading.view = await archive.view(session, stream)
    if (hasMoved || reading.plan === undefined) {
      reading.plan = await ReadPlan.make(session, stream, query.filter, start, end)
    }
    return { plan: reading.plan, stream }
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

/** A batch with its places: what comes before the first of the page's rows is from files alone. */
function* placed(events: StoredEvents, rows: StoredEvents): Generator<StoredEvents, void, undefined> {
  const { length, seqs } = events
  const archived = rows.length === 0 ? length : lowerBound(seqs, length, rows.seqs[0] as number)
  if (archived > 0) yield { ...part(events, 0, archived), place: ARCHIVE }
  if (archived < length) yield part(events, archived, length)
}

/** Rows [from, to) in the same memory. */
function part(events: StoredEvents, from: number, to: number): StoredEvents {
  if (from === 0 && to === events.length) return events
  const { seqs, bytes, masks, metadata } = events
  return {
    length: to - from,
    seqs: seqs.subarray(from, to),
    bytes: bytes.subarray(from * L.RECORD_BYTES, to * L.RECORD_BYTES),
    masks: masks.subarray(from, to),
    metadata,
  }
}

async function* only(events: StoredEvents): AsyncGenerator<StoredEvents, void, undefined> {
  yield events
}
