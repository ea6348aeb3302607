/**
 * One day from its partitions into files, in one transaction: the files are made and verified, listed, and the partitions
 * dropped, or nothing happened but for files that nobody lists.
 *
 * While it runs, writers of that day wait, and nobody else: some seven seconds for each million of the day's events. At
 * its end, for the moment that dropping takes, everybody waits.
 *
 * @module
 */

import type { SqlSession } from '../driver/driver.js'
import { ident } from '../sql/text.js'
import { partitionsOf } from '../store/days.js'
import { readPage } from '../store/page.js'
import { makeFile } from './archive-file.js'
import { type ArchivedFile, addFile, nextGeneration } from './catalog.js'
import { ArchiveVerificationError } from './errors.js'
import { lockTables } from './locks.js'
import { type Making, type Mover, makingFiles } from './making-files.js'
import { Parts } from './parts.js'

/** Rows of one statement. */
const PAGE_ROWS = 10_000

type Partitions = ReturnType<typeof partitionsOf>

/**
 * Moves a day. Returns the files that hold it now: none if there was nothing in it, then its partitions stay.
 *
 * @throws {ArchiveBusyError} @throws {ArchiveVerificationError} @throws {StorageError}
 * @throws {SerializationConflictError} if others would not let go of the day or of the tables
 */
export function moveDay(mover: Mover, day: number, signal: AbortSignal | undefined): Promise<ArchivedFile[]> {
  const move = async (session: SqlSession, { ordinal, named, listed }: Making): Promise<ArchivedFile[]> => {
    const partitions = await warmPartitions(session, day)
    if (partitions === undefined) return []
    await session.run(`LOCK TABLE ${ident(partitions.events)}, ${ident(partitions.metadata)} IN SHARE MODE`)
    const files = await copyDay(mover, session, partitions, { day, ordinal }, named, signal)
    await assertWhole(session, partitions, files)
    // A writer may have made them a moment ago.
    if (files.length === 0) return []
    await session.query("SELECT experience_keep_references(DATE '1970-01-01' + $1::int)", [day])
    await lockTables(session, [partitions.events, partitions.metadata], signal)
    await replacePartitions(session, partitions, day, files)
    listed()
    return files
  }
  return makingFiles(mover, day, move, signal)
}

/** The partitions of a day, or undefined if they are gone. */
async function warmPartitions(session: SqlSession, day: number): Promise<Partitions | undefined> {
  const names = partitionsOf(day)
  const [row] = await session.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [names.events])
  return row?.there ? names : undefined
}

/** Makes the files of all streams that have events on the day. */
async function copyDay(
  { directory, fileEvents }: Mover,
  session: SqlSession,
  partitions: Partitions,
  of: { readonly day: number; readonly ordinal: number },
  named: (path: string) => void,
  signal: AbortSignal | undefined,
): Promise<ArchivedFile[]> {
  const streams = await session.query<{ stream: number; stream_id: string }>(
    `SELECT stream, stream_id FROM experience_streams s
     WHERE EXISTS (SELECT FROM ${ident(partitions.events)} e WHERE e.stream = s.stream) ORDER BY stream`,
  )
  const files: ArchivedFile[] = []
  for (const { stream, stream_id } of streams) {
    const parts = new Parts(rowsOf(session, partitions, stream), fileEvents)
    try {
      while (await parts.more()) {
        const owner = { ...of, stream, streamId: stream_id }
        files.push(await makeFile(directory, owner, parts.next(), named, signal))
      }
    } finally {
      await parts.end()
    }
  }
  return files
}

async function* rowsOf(session: SqlSession, { events, metadata }: Partitions, stream: number) {
  // Of a day without statistics the planner would sort, for each page, everything behind it.
  await session.run('SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off')
  let startSeq: number | undefined = 0
  while (startSeq !== undefined) {
    const page = await readPage(session, { events, metadata, stream }, { startSeq, limit: PAGE_ROWS })
    yield page.events
    startSeq = page.next
  }
  await session.run(
    'SET LOCAL enable_sort = DEFAULT; SET LOCAL enable_seqscan = DEFAULT; SET LOCAL enable_bitmapscan = DEFAULT',
  )
}

/** Every row of the partitions must be in a file. */
async function assertWhole(session: SqlSession, partitions: Partitions, files: readonly ArchivedFile[]): Promise<void> {
  const sum = (of: 'count' | 'metadata'): number => files.reduce((total, file) => total + file[of], 0)
  const copied = { [partitions.events]: sum('count'), [partitions.metadata]: sum('metadata') }
  for (const [table, expected] of Object.entries(copied)) {
    const [row] = await session.query<{ count: bigint }>(`SELECT count(*) AS count FROM ${ident(table)}`)
    const count = Number(row?.count)
    if (count === expected) continue
    throw new ArchiveVerificationError(table, `it has ${count} rows, ${expected} of them are in files`, {
      count,
      expected,
    })
  }
}

async function replacePartitions(
  session: SqlSession,
  { events, metadata }: Partitions,
  day: number,
  files: readonly ArchivedFile[],
): Promise<void> {
  const generation = await nextGeneration(session)
  for (const file of files) await addFile(session, file, generation)
  await session.run(`ALTER TABLE experience_events DETACH PARTITION ${ident(events)};
    ALTER TABLE action_metadata DETACH PARTITION ${ident(metadata)};
    DROP TABLE ${ident(events)}; DROP TABLE ${ident(metadata)}`)
  await session.query("DELETE FROM experience_archive_marks WHERE day = DATE '1970-01-01' + $1::int", [day])
}
