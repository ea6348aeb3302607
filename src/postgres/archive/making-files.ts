/**
 * A transaction of the archiver that makes files for one day: they count with its commit, and are removed if it fails.
 *
 * @module
 */

import type { SqlDriver, SqlSession } from '../driver/driver.js'
import { nextOrdinal } from './catalog.js'
import type { ArchiveDirectory } from './directory.js'
import { beginArchiving, lockDay, STATEMENT_MS } from './locks.js'

/** What moving takes. */
export interface Mover {
  readonly driver: SqlDriver
  readonly directory: ArchiveDirectory
  /** Events in a file at most. */
  readonly fileEvents: number
}

/** What the work in such a transaction tells. */
export interface Making {
  /** Goes into the names of the files. */
  readonly ordinal: number
  /** Told of the path of each file before it is made. */
  readonly named: (path: string) => void
  /** Told when the commit is next. */
  readonly listed: () => void
}

/**
 * Runs `work` with the locks of the archiver and of a day.
 *
 * @throws {ArchiveBusyError} @throws {SerializationConflictError} if others would not let go of the day
 */
export async function makingFiles<T>(
  { driver, directory }: Mover,
  day: number,
  work: (session: SqlSession, making: Making) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const ordinal = await nextOrdinal(driver, directory.path)
  const names: string[] = []
  // Once the commit was asked for, a lost connection leaves it open whether the files count; the next sweep finds out.
  let mayCount = false
  const listed = (): void => {
    mayCount = true
  }
  try {
    return await driver.transaction(
      async (session) => {
        await beginArchiving(session, driver.address)
        await lockDay(session, day)
        return work(session, { ordinal, named: (path) => names.push(path), listed })
      },
      { statementTimeoutMs: STATEMENT_MS, signal },
    )
  } catch (error) {
    if (!mayCount) for (const path of names) await directory.remove(path).catch(() => {})
    throw error
  }
}
