/**
 * One transaction of a store: rows, corrections, gaps and the checkpoint that they lead to, all or nothing.
 *
 * The row of the stream is locked first and its checkpoint compared with what the store believes. So of two that write the
 * same stream one fails, whatever the network does between them: a commit whose answer was lost has moved the checkpoint.
 *
 * @module
 */

import type { Checkpoint, StoredEvents } from '../../storage/cold/cold-storage.js'
import type { CorrectionList } from '../../storage/journal/corrections.js'
import type { Gap } from '../../storage/journal/source.js'
import { COPY_COLUMNS } from '../codec/columns.js'
import { eventCopy } from '../codec/encode-events.js'
import { hasMetadata, METADATA_COPY_COLUMNS, metadataCopy } from '../codec/metadata.js'
import type { SqlSession } from '../driver/driver.js'
import { type CorrectedDay, correctRows } from './corrections.js'
import { addDays, type Slice } from './days.js'
import { CheckpointMovedError } from './errors.js'
import type { Partitions } from './partitions.js'
import type { Archive } from './source.js'
import type { StreamRow, Streams } from './streams.js'

/** What one transaction does. */
export interface Step {
  readonly events: StoredEvents
  readonly slice: Slice
  readonly gaps: readonly Gap[]
  readonly corrections: CorrectionList
  /** Warm days that may have the corrected events and are looked through. */
  readonly corrected: readonly CorrectedDay[]
  /** Days whose files may have corrected events, if what meets no row is for the archive. */
  readonly archived: readonly number[] | undefined
  readonly to: Checkpoint
  /** Called when all locks are taken and rows are about to be written. */
  readonly writing?: (() => void) | undefined
}

/** What steps are done with. */
export interface StepTools {
  readonly streams: Streams
  readonly partitions: Partitions
  readonly archive: Archive | undefined
}

/** A connection that is gone must not hold the row of its stream for as long as the network believes in it. */
const LONGEST_PAUSE = "SET LOCAL idle_in_transaction_session_timeout = '60s'"

/** Locks the row of a stream. @throws {CheckpointMovedError} if it is not where it is expected to be. */
export async function claim(
  session: SqlSession,
  streams: Streams,
  streamId: string,
  expected: Checkpoint | undefined,
): Promise<StreamRow> {
  await session.run(LONGEST_PAUSE)
  const row = await streams.byId(streamId, session, true)
  const found = row?.checkpoint
  if (row === undefined || found === undefined) throw new CheckpointMovedError(streamId, expected ?? {}, {})
  if (expected !== undefined && (found.seq !== expected.seq || found.position !== expected.position)) {
    throw new CheckpointMovedError(streamId, expected, found)
  }
  return row
}

/**
 * Does a step in the transaction of `session`, which has claimed the stream. Returns the corrections that met no row.
 * @throws {PartitionGoneError}
 */
export async function applyStep(
  session: SqlSession,
  { key, identity }: StreamRow,
  step: Step,
  { streams, partitions, archive }: StepTools,
): Promise<CorrectionList> {
  const { slice, events, gaps, corrected, archived, to } = step
  const written = [...slice.days, ...corrected].map(({ day }) => day)
  await partitions.hold(session, archived ?? [], written)
  step.writing?.()
  if (slice.to > slice.from) await copyRows(session, key, events, slice)
  const left = await correctRows(session, key, step.corrections, corrected, identity.requiredMask)
  if (archived !== undefined && left.length > 0) await archive?.correct(session, key, left, identity.requiredMask)
  if (gaps.length > 0) await addGaps(session, key, gaps)
  await streams.advance(key, to, session)
  return left
}

async function copyRows(session: SqlSession, key: number, events: StoredEvents, slice: Slice): Promise<void> {
  const { from, to, days } = slice
  const sql = `COPY experience_events (${COPY_COLUMNS}) FROM STDIN (FORMAT binary)`
  await session.copyIn(sql, eventCopy(events, key, from, to))
  if (hasMetadata(events, from, to)) {
    const sql = `COPY action_metadata (${METADATA_COPY_COLUMNS}) FROM STDIN (FORMAT binary)`
    await session.copyIn(sql, metadataCopy(events, key, from, to))
  }
  await addDays(session, key, days)
}

async function addGaps(session: SqlSession, key: number, gaps: readonly Gap[]): Promise<void> {
  await session.query(
    `INSERT INTO experience_gaps (stream, start_seq, end_seq, reason)
     SELECT $1, * FROM unnest($2::INT8[], $3::INT8[], $4::TEXT[])`,
    [key, gaps.map(({ start }) => start), gaps.map(({ end }) => end), gaps.map(({ reason }) => reason)],
  )
}
