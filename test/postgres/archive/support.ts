import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import * as L from '../../../src/layout.js'
import { FileArchive } from '../../../src/postgres/archive/file-archive.js'
import type { ArchiveOptions } from '../../../src/postgres/archive/options.js'
import { COPY_COLUMNS } from '../../../src/postgres/codec/columns.js'
import { eventCopy } from '../../../src/postgres/codec/encode-events.js'
import { hasMetadata, METADATA_COPY_COLUMNS, metadataCopy } from '../../../src/postgres/codec/metadata.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { DAY_LOCK } from '../../../src/postgres/sql/locks.js'
import { readPage } from '../../../src/postgres/store/page.js'
import { Streams } from '../../../src/postgres/store/streams.js'
import type { EventMetadata, StoredEvents } from '../../../src/storage/cold/cold-storage.js'
import { NO_EVENTS } from '../../../src/storage/cold/events.js'
import type { ColdFiles } from '../../../src/storage/cold/files.js'
import { dayName, splitByDay } from '../../../src/storage/cold/partition.js'
import { applyCorrections, type CorrectionList } from '../../../src/storage/journal/corrections.js'
import { makeEventsOf, SOME_DAY_US } from '../../../src/testing/events.js'
import { serverDriver } from '../support/databases.js'

export const DAY_US = 86_400_000_000
/** The number of the day that the events of these suites begin with. */
export const FIRST_DAY = SOME_DAY_US / DAY_US

const STREAM_ID = '0192f0c1-2b3c-7def-8a12-334455667788'
const REQUIRED = 0b1111

/** One event as a reader sees it. */
export interface Seen {
  readonly record: string
  readonly mask: number
  readonly metadata: EventMetadata | undefined
}

/** A database and a directory, and what should be in them. */
export class Place {
  driver: SqlDriver
  readonly directory: string
  readonly expected = new Map<number, Seen>()
  private readonly events = new Map<number, StoredEvents>()
  private key = 0

  private constructor(driver: SqlDriver, directory: string) {
    this.driver = driver
    this.directory = directory
  }

  static async on(driver: SqlDriver, directory = temporary(), streamId = STREAM_ID): Promise<Place> {
    const place = new Place(driver, directory)
    const streams = new Streams(driver, streamId)
    const identity = { streamId, capacity: 1000, requiredMask: REQUIRED, firstSeq: 0 }
    await streams.add(identity, 'journal', driver)
    place.key = (await streams.require()).key
    return place
  }

  /** The same events in a copy of the database. */
  on(driver: SqlDriver, directory: string): Place {
    const place = new Place(driver, directory)
    place.key = this.key
    for (const [seq, seen] of this.expected) place.expected.set(seq, seen)
    return place
  }

  get stream(): number {
    return this.key
  }

  archive(options: Partial<ArchiveOptions> = {}, files?: ColdFiles, driver = this.driver): FileArchive {
    return new FileArchive(driver, { directory: this.directory, ...options }, files)
  }

  /** Events [start, end), `day` days behind the first one, a minute from one to the next. */
  async load(start: number, end: number, day: number, made: Parameters<typeof makeEventsOf>[1] = {}): Promise<void> {
    const seqs = Float64Array.from({ length: end - start }, (_, i) => start + i)
    const timestamp = (seq: number): number => SOME_DAY_US + day * DAY_US + (seq - start) * 60_000_000
    await this.add(makeEventsOf(seqs, { timestamp, ...made }))
  }

  /** Writes events as the store does. */
  async add(events: StoredEvents): Promise<void> {
    for (const [day, part] of splitByDay(events)) {
      await this.driver.query('SELECT experience_ensure_day($1::date)', [dayName(day)])
      await this.driver.transaction(async (session) => {
        await session.query('SELECT pg_advisory_xact_lock_shared($1, $2)', [DAY_LOCK, day])
        await session.query('SELECT experience_ensure_day($1::date)', [dayName(day)])
        await session.copyIn(
          `COPY experience_events (${COPY_COLUMNS}) FROM STDIN (FORMAT binary)`,
          eventCopy(part, this.key),
        )
        if (hasMetadata(part, 0, part.length)) {
          const sql = `COPY action_metadata (${METADATA_COPY_COLUMNS}) FROM STDIN (FORMAT binary)`
          await session.copyIn(sql, metadataCopy(part, this.key))
        }
        await session.query(
          `INSERT INTO experience_days (day, stream, min_seq, max_seq, min_timestamp, max_timestamp, min_episode,
             max_episode, events) VALUES ($1::date, $2, $3, $4, 0, 0, 0, 0, $5)
           ON CONFLICT (day, stream) DO UPDATE SET min_seq = least(experience_days.min_seq, excluded.min_seq),
             max_seq = greatest(experience_days.max_seq, excluded.max_seq),
             events = experience_days.events + excluded.events`,
          [dayName(day), this.key, part.seqs[0] as number, part.seqs[part.length - 1] as number, part.length],
        )
      })
    }
    this.expect(events)
  }

  /** Corrections of archived events, as the store hands them over. */
  async correct(archive: FileArchive, list: CorrectionList): Promise<void> {
    await this.driver.transaction((session) => archive.correct(session, this.key, list))
    this.took(NO_EVENTS, list)
  }

  /** What a store has taken should be there. */
  took(added: StoredEvents, list: CorrectionList): void {
    if (added.length > 0) this.expect(added)
    for (const events of this.events.values()) if (applyCorrections(list, events, REQUIRED) > 0) this.expect(events)
  }

  /** What is there from a number on, in tables and files, each once. */
  async seen(archive: FileArchive, from: number): Promise<Map<number, Seen>> {
    const seen = new Map<number, Seen>()
    const warm: StoredEvents[] = []
    const view = await this.driver.transaction(async (session) => {
      await session.run('LOCK TABLE ONLY experience_events IN ACCESS SHARE MODE')
      for (let startSeq: number | undefined = from; startSeq !== undefined; ) {
        const page = await readPage(session, { stream: this.key }, { startSeq, limit: 1000 })
        warm.push(page.events)
        startSeq = page.next
      }
      return archive.view(session, this.key)
    })
    for (const events of warm) take(seen, events)
    let last = -1
    for await (const events of view.rows({ startSeq: from })) {
      expect(events.seqs[0]).toBeGreaterThan(last)
      last = events.seqs[events.length - 1] as number
      take(seen, events)
    }
    return seen
  }

  /** All events from a number on are there, each once, as they should be. */
  async check(archive: FileArchive, startSeq = 0): Promise<void> {
    const expected = sorted(this.expected).filter(([seq]) => seq >= startSeq)
    expect(sorted(await this.seen(archive, startSeq))).toEqual(expected)
  }

  /** Days that are in tables, relative to the first. */
  async warmDays(): Promise<number[]> {
    const rows = await this.driver.query<{ day: number }>(
      "SELECT day - DATE '1970-01-01' AS day FROM experience_warm_days() AS warm (day)",
    )
    return rows.map(({ day }) => day - FIRST_DAY)
  }

  /** Rows of the tables. */
  async warmCount(): Promise<number> {
    const [row] = await this.driver.query<{ n: bigint }>('SELECT count(*) AS n FROM experience_events')
    return Number(row?.n)
  }

  /** Names of the files that count. */
  async paths(): Promise<string[]> {
    const rows = await this.driver.query<{ file: string }>(
      'SELECT file FROM experience_archives WHERE replaced_in IS NULL ORDER BY file',
    )
    return rows.map(({ file }) => file)
  }

  private expect(events: StoredEvents): void {
    this.events.set(events.seqs[0] as number, events)
    take(this.expected, events, true)
  }
}

/** Ten events in a file. */
export async function archived(): Promise<{ place: Place; archive: FileArchive }> {
  const place = await Place.on(await serverDriver())
  await place.load(0, 10, 0)
  const archive = place.archive({ keepReplacedMs: 0 })
  onTestFinished(() => archive.close())
  await archive.archive(endOf(0))
  return { place, archive }
}

/** A directory that is gone after the test. */
export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'archive-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Names of the Parquet files of a directory, finished or not, in order. */
export function filesIn(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter(({ name }) => name.includes('.parquet'))
    .map(({ parentPath, name }) => relative(directory, join(parentPath, name)))
    .sort()
}

/** The end of a day, relative to the first one, in µs: what ended by then. */
export function endOf(day: number): number {
  return SOME_DAY_US + (day + 1) * DAY_US
}

function take(into: Map<number, Seen>, events: StoredEvents, again = false): void {
  for (let i = 0; i < events.length; i++) {
    const seq = events.seqs[i] as number
    if (!again && into.has(seq)) throw new Error(`event ${seq} is there twice`)
    const record = Buffer.from(events.bytes.subarray(i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES)).toString('hex')
    into.set(seq, { record, mask: events.masks[i] as number, metadata: events.metadata.get(seq) })
  }
}

function sorted(seen: Map<number, Seen>): [number, Seen][] {
  return [...seen].sort(([a], [b]) => a - b)
}
