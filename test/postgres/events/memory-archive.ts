/**
 * An archive in memory that keeps the promise of a real one: a day moves in one transaction, and a view shows what was in
 * it at the moment of the transaction that took it.
 *
 * @module
 */

import { EVENT_COLUMNS } from '../../../src/postgres/codec/columns.js'
import { decodeEvents } from '../../../src/postgres/codec/decode-events.js'
import { decodeMetadata, METADATA_COLUMNS } from '../../../src/postgres/codec/metadata.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import type { Archive, ArchiveView, RowQuery } from '../../../src/postgres/store/source.js'
import type { Queryable } from '../../../src/postgres/store/streams.js'
import type { StoredEvents } from '../../../src/storage/cold/cold-storage.js'
import { matchingRows, RowMatcher } from '../../../src/storage/cold/events.js'

/** Rows of a batch: a few, so that a view has many. */
const BATCH = 7

export class MemoryArchive implements Archive {
  /** Rows that have been handed out. */
  read = 0
  /** Called before a view is read. */
  onRead: () => Promise<void> | void = () => {}
  private readonly driver: SqlDriver
  private readonly files: { generation: number; stream: number; events: StoredEvents }[] = []

  constructor(driver: SqlDriver) {
    this.driver = driver
  }

  /** Moves a day of a stream. What other streams have of it is dropped with it. */
  async move(stream: number, day: number): Promise<void> {
    const suffix = new Date(day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')
    await this.driver.transaction(async (session) => {
      const select = (columns: string, table: string): string =>
        `COPY (SELECT ${columns} FROM ${table}_${suffix} WHERE stream = ${stream} ORDER BY sequence_number) TO STDOUT (FORMAT binary)`
      await session.run('LOCK TABLE experience_events, action_metadata IN ACCESS EXCLUSIVE MODE')
      const metadata = decodeMetadata(await session.copyOut(select(METADATA_COLUMNS, 'action_metadata')))
      const events = decodeEvents(await session.copyOut(select(EVENT_COLUMNS, 'experience_events')), metadata)
      await session.run(`DROP TABLE experience_events_${suffix}, action_metadata_${suffix}`)
      const [row] = await session.query<{ generation: bigint }>(
        'UPDATE experience_archive_state SET generation = generation + 1 RETURNING generation',
      )
      this.files.push({ generation: Number(row?.generation), stream, events })
    })
  }

  async generation(on: Queryable): Promise<number> {
    const [row] = await on.query<{ generation: bigint }>('SELECT generation FROM experience_archive_state')
    return Number(row?.generation)
  }

  async view(on: Queryable, stream: number): Promise<ArchiveView> {
    const generation = await this.generation(on)
    const files = this.files.filter((file) => file.stream === stream && file.generation <= generation)
    const rows = (query: RowQuery): AsyncIterable<StoredEvents> =>
      this.rows(
        files.map(({ events }) => events),
        query,
      )
    const count = async (startSeq: number, endSeq: number): Promise<number> => {
      let events = 0
      for await (const { length } of rows({ startSeq, endSeq })) events += length
      return events
    }
    return { generation, rows, count }
  }

  correct(): Promise<void> {
    throw new Error('nothing is corrected here')
  }

  private async *rows(files: readonly StoredEvents[], query: RowQuery): AsyncGenerator<StoredEvents> {
    await this.onRead()
    const all = files
      .flatMap((events) => Array.from({ length: events.length }, (_, i) => rowOf(events, i)))
      .sort((a, b) => (a.seqs[0] as number) - (b.seqs[0] as number))
    const matcher = new RowMatcher(query)
    for (let i = 0; i < all.length; i += BATCH) {
      const rows = matchingRows(joined(all.slice(i, i + BATCH)), matcher)
      this.read += rows.length
      if (rows.length > 0) yield rows
    }
  }
}

function rowOf({ seqs, bytes, masks, metadata }: StoredEvents, i: number): StoredEvents {
  return {
    length: 1,
    seqs: seqs.slice(i, i + 1),
    bytes: bytes.slice(i * 128, (i + 1) * 128),
    masks: masks.slice(i, i + 1),
    metadata,
  }
}

function joined(rows: readonly StoredEvents[]): StoredEvents {
  const bytes = new Uint8Array(rows.length * 128)
  for (const [i, row] of rows.entries()) bytes.set(row.bytes, i * 128)
  return {
    length: rows.length,
    seqs: Float64Array.from(rows, ({ seqs }) => seqs[0] as number),
    bytes,
    masks: Uint8Array.from(rows, ({ masks }) => masks[0] as number),
    metadata: new Map(rows.flatMap(({ metadata }) => [...metadata])),
  }
}
