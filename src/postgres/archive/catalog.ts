/**
 * The tables that say which days are in which files.
 *
 * @module
 */

import type { EventFileEntry } from '../../storage/cold/manifest/state.js'
import type { SqlDriver, SqlRow } from '../driver/driver.js'
import type { Queryable } from '../store/streams.js'
import { ArchiveUnavailableError } from './errors.js'
import { isArchivePath } from './paths.js'

/** A file of archived events. Ranges are inclusive. */
export interface ArchivedFile extends EventFileEntry {
  readonly stream: number
  readonly format: string
  /** Events that have metadata. */
  readonly metadata: number
  /** Of total rewards. */
  readonly minReward: number
  readonly maxReward: number
  /** Of ids, as text. */
  readonly leastId: string
  readonly largestId: string
  /** SHA-256 of the file, and of the events in it. */
  readonly checksum: Uint8Array
  readonly contentChecksum: Uint8Array
}

/** The one row of the archive's state. */
export interface ArchiveState {
  /** What the directory is known by; undefined before the first run. */
  readonly archiveId: string | undefined
  /** Where the files were last seen, for people. */
  readonly directory: string | undefined
  readonly generation: number
  readonly ordinal: number
  readonly purgedGeneration: number
}

/** @throws {DatabaseError} */
export async function readState(on: Queryable): Promise<ArchiveState> {
  const [row] = await on.query<StateRow>(
    'SELECT archive_id, directory, generation, ordinal, purged_generation FROM experience_archive_state',
  )
  const { archive_id, directory, generation, ordinal, purged_generation } = row as StateRow
  return {
    archiveId: archive_id ?? undefined,
    directory: directory ?? undefined,
    generation: Number(generation),
    ordinal: Number(ordinal),
    purgedGeneration: Number(purged_generation),
  }
}

/** Gives the archive its id, if it has none. On its own: a directory may come to hold it as soon as it is read. */
export async function ensureId(driver: SqlDriver): Promise<void> {
  await driver.query('UPDATE experience_archive_state SET archive_id = gen_random_uuid() WHERE archive_id IS NULL')
}

/** Begins a new generation; nobody else does until the transaction ends. */
export async function nextGeneration(on: Queryable): Promise<number> {
  const [row] = await on.query<{ generation: bigint }>(
    'UPDATE experience_archive_state SET generation = generation + 1 RETURNING generation',
  )
  return Number(row?.generation)
}

/** A number for the names of files, which is never given out again: it is committed at once. */
export async function nextOrdinal(on: Queryable, directory: string): Promise<number> {
  const [row] = await on.query<{ ordinal: bigint }>(
    'UPDATE experience_archive_state SET ordinal = ordinal + 1, directory = $1 RETURNING ordinal',
    [directory],
  )
  return Number(row?.ordinal)
}

/** The files of a stream that count. */
export async function readFiles(on: Queryable, stream: number): Promise<ArchivedFile[]> {
  const sql = `SELECT ${COLUMNS} FROM experience_archives WHERE stream = $1 AND replaced_in IS NULL ORDER BY min_seq`
  return (await on.query<FileRow>(sql, [stream])).map(fileOf)
}

/** One file, if it counts. */
export async function readFile(on: Queryable, path: string): Promise<ArchivedFile | undefined> {
  const sql = `SELECT ${COLUMNS} FROM experience_archives WHERE file = $1 AND replaced_in IS NULL`
  const [row] = await on.query<FileRow>(sql, [path])
  return row && fileOf(row)
}

/** Lists a new file. */
export async function addFile(on: Queryable, file: ArchivedFile, generation: number): Promise<void> {
  await on.query(
    `INSERT INTO experience_archives (file, day, stream, format, events, metadata, min_seq, max_seq, min_timestamp,
       max_timestamp, min_episode, max_episode, min_total_reward, max_total_reward, min_event_id, max_event_id, event_types,
       sequence_ranges, bytes, checksum, content_checksum, added_in)
     VALUES ($1, DATE '1970-01-01' + $2::int, $3, $4, $5, $6, $7, $8, $9, $10, $11::numeric, $12::numeric, $13, $14,
       $15::uuid, $16::uuid, $17::int[], $18::bigint[], $19, $20, $21, $22)`,
    [
      file.path,
      file.day,
      file.stream,
      file.format,
      file.count,
      file.metadata,
      file.firstSeq,
      file.lastSeq,
      file.fromUs,
      file.toUs,
      file.leastEpisode,
      file.largestEpisode,
      file.minReward,
      file.maxReward,
      file.leastId,
      file.largestId,
      file.types ?? null,
      file.runs ?? null,
      file.bytes,
      file.checksum,
      file.contentChecksum,
      generation,
    ],
  )
}

/** Says that another file, listed in the same transaction, stands for this one. */
export async function markReplaced(on: Queryable, path: string, generation: number): Promise<void> {
  await on.query('UPDATE experience_archives SET replaced_in = $2, replaced_at = now() WHERE file = $1', [
    path,
    generation,
  ])
}

/** Names of all files that are listed, replaced ones included. */
export async function listedPaths(on: Queryable): Promise<Set<string>> {
  const rows = await on.query<{ file: string }>('SELECT file FROM experience_archives')
  return new Set(rows.map(({ file }) => file))
}

/** Forgets files that were replaced more than `keepMs` ago, and the late rewards that their replacements have. */
export async function purge(on: Queryable, keepMs: number): Promise<void> {
  await on.query(
    `WITH old AS (
       DELETE FROM experience_archives WHERE replaced_at <= now() - $1::float8 * INTERVAL '1 millisecond'
       RETURNING replaced_in
     ), last AS (
       UPDATE experience_archive_state
       SET purged_generation = greatest(purged_generation, (SELECT max(replaced_in) FROM old))
       RETURNING purged_generation
     )
     DELETE FROM experience_archive_corrections
     WHERE folded_in IS NOT NULL AND folded_in <= (SELECT purged_generation FROM last)`,
    [keepMs],
  )
}

/** Days since 1970-01-01 that have partitions and ended before `endUs` or are marked, ascending. */
export async function dueDays(on: Queryable, endUs: number): Promise<number[]> {
  const rows = await on.query<{ number: number }>(
    `SELECT day - DATE '1970-01-01' AS number FROM experience_warm_days() AS warm (day)
     WHERE (day - DATE '1970-01-01' + 1)::bigint * 86400000000 <= $1::bigint
        OR EXISTS (SELECT FROM experience_archive_marks m WHERE m.day = warm.day)
     ORDER BY 1`,
    [endUs],
  )
  return rows.map(({ number }) => number)
}

/** A file with late rewards that are worth a new file: one for each thousand of its events, or more. */
export interface Foldable {
  readonly path: string
  readonly stream: number
  readonly day: number
}

/** The files that are worth it. */
export async function foldableFiles(on: Queryable): Promise<Foldable[]> {
  const rows = await on.query<{ file: string; stream: number; number: number }>(
    `SELECT a.file, a.stream, a.day - DATE '1970-01-01' AS number
     FROM experience_archives a CROSS JOIN LATERAL (
       SELECT count(*) AS late FROM experience_archive_corrections c
       WHERE c.stream = a.stream AND c.sequence_number BETWEEN a.min_seq AND a.max_seq AND c.folded_in IS NULL
     ) l
     WHERE a.replaced_in IS NULL AND late > 0 AND late * 1000 >= a.events ORDER BY a.day, a.min_seq`,
  )
  return rows.map(({ file, stream, number }) => ({ path: file, stream, day: number }))
}

const COLUMNS = `file, day - DATE '1970-01-01' AS number, stream, format, events, metadata, min_seq, max_seq, min_timestamp,
  max_timestamp, min_episode, max_episode, min_total_reward, max_total_reward, min_event_id, max_event_id,
  to_jsonb(event_types) AS types, to_jsonb(sequence_ranges) AS runs, bytes, checksum, content_checksum`

interface StateRow extends SqlRow {
  readonly archive_id: string | null
  readonly directory: string | null
  readonly generation: bigint
  readonly ordinal: bigint
  readonly purged_generation: bigint
}

interface FileRow extends SqlRow {
  readonly file: string
  readonly number: number
  readonly stream: number
  readonly format: string
  readonly events: bigint
  readonly metadata: bigint
  readonly min_seq: bigint
  readonly max_seq: bigint
  readonly min_timestamp: bigint
  readonly max_timestamp: bigint
  readonly min_episode: string
  readonly max_episode: string
  readonly min_total_reward: number
  readonly max_total_reward: number
  readonly min_event_id: string
  readonly max_event_id: string
  readonly types: number[] | null
  readonly runs: number[] | null
  readonly bytes: bigint
  readonly checksum: Uint8Array
  readonly content_checksum: Uint8Array
}

/** @throws {ArchiveUnavailableError} for a name that is not one of the archive's: it could lead anywhere. */
function fileOf(row: FileRow): ArchivedFile {
  if (!isArchivePath(row.file)) {
    throw new ArchiveUnavailableError(
      `the database lists ${JSON.stringify(row.file)}, which is no name of an archived file`,
    )
  }
  return {
    path: row.file,
    day: row.number,
    stream: row.stream,
    format: row.format,
    count: Number(row.events),
    metadata: Number(row.metadata),
    firstSeq: Number(row.min_seq),
    lastSeq: Number(row.max_seq),
    fromUs: Number(row.min_timestamp),
    toUs: Number(row.max_timestamp),
    leastEpisode: row.min_episode,
    largestEpisode: row.max_episode,
    minReward: row.min_total_reward,
    maxReward: row.max_total_reward,
    leastId: row.min_event_id,
    largestId: row.max_event_id,
    ...(row.types !== null && { types: row.types }),
    ...(row.runs !== null && { runs: row.runs }),
    bytes: Number(row.bytes),
    checksum: row.checksum,
    contentChecksum: row.content_checksum,
  }
}
