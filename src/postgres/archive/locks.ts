/**
 * What a transaction that moves events into files, or between files, holds.
 *
 * @module
 */

import { systemClock } from '../../storage/follow/clock.js'
import type { SqlSession } from '../driver/driver.js'
import { SerializationConflictError } from '../errors.js'
import { ARCHIVE_LOCK, DAY_LOCK } from '../sql/locks.js'
import { ident } from '../sql/text.js'
import type { Queryable } from '../store/streams.js'
import { ArchiveBusyError } from './errors.js'

/** A statement of the archiver may count the rows of a whole day. */
export const STATEMENT_MS = 600_000
/** How long to wait for writers of the day; others that come meanwhile wait behind. */
const DAY_MS = 2_000
/** How long readers may have to wait behind the archiver, which itself waits for others, and how often that is tried. */
const PARENT_MS = 250
const PARENT_TRIES = 60

/**
 * Makes this transaction the only one that works on the archive.
 * @throws {ArchiveBusyError} if there is one
 */
export async function beginArchiving(session: SqlSession, address: string): Promise<void> {
  await session.run(`SET LOCAL lock_timeout = ${DAY_MS}; SET LOCAL idle_in_transaction_session_timeout = 0`)
  const [row] = await session.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1, 0) AS mine', [
    ARCHIVE_LOCK,
  ])
  if (row?.mine !== true) throw new ArchiveBusyError(address)
}

/** Keeps writers from a day. @throws {SerializationConflictError} if they do not end in time */
export async function lockDay(on: Queryable, day: number): Promise<void> {
  await on.query('SELECT pg_advisory_xact_lock($1, $2)', [DAY_LOCK, day])
}

/**
 * Keeps everybody from the tables of events and from some of their partitions until the transaction ends, which must be
 * soon. Whoever asks for them behind
 * a waiting archiver waits as well: so it waits for a quarter of a second at a time, and lets the others pass in between.
 *
 * @throws {SerializationConflictError} if they are in use for half a minute without a gap, or by somebody who in turn waits
 * to change rows of these partitions
 */
export async function lockTables(
  session: SqlSession,
  partitions: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  // Without ONLY the partitions of all other days would be locked as well.
  const tables = ['ONLY experience_events', 'ONLY action_metadata', ...partitions.map(ident)].join(', ')
  for (let tries = 1; ; tries++) {
    await session.run(`SAVEPOINT before_lock; SET LOCAL lock_timeout = ${PARENT_MS}`)
    try {
      await session.run(`LOCK TABLE ${tables} IN ACCESS EXCLUSIVE MODE`)
      return
    } catch (error) {
      if (!(error instanceof SerializationConflictError) || tries === PARENT_TRIES) throw error
      await session.run('ROLLBACK TO SAVEPOINT before_lock')
      if (await isCrossed(session, partitions)) throw error
    }
    await systemClock.sleep(PARENT_MS * (0.5 + Math.random()), signal ?? new AbortController().signal)
    signal?.throwIfAborted()
  }
}

/** Whether somebody holds the tables and waits for the partitions: one of the two has to give way. */
async function isCrossed(session: SqlSession, partitions: readonly string[]): Promise<boolean> {
  const [row] = await session.query<{ crossed: boolean }>(
    `SELECT EXISTS (
       SELECT FROM pg_locks waits JOIN pg_locks holds USING (pid)
       WHERE NOT waits.granted AND waits.relation = ANY ($1::text[]::regclass[]) AND holds.granted
         AND holds.relation IN ('experience_events'::regclass, 'action_metadata'::regclass)
         AND waits.database = holds.database
         AND waits.database = (SELECT oid FROM pg_database WHERE datname = current_database())
     ) AS crossed`,
    [partitions],
  )
  return row?.crossed === true
}
