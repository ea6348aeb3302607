/**
 * Saving what has versions: one active at most, numbers without gaps, whoever else saves at the same time.
 *
 * Whoever changes the versions of a name holds an advisory lock of it until the transaction ends, so that writers wait
 * for each other instead of failing. A program that writes without the lock can still be in the way; then the unique
 * keys refuse one of the two, and the change is made again.
 *
 * @module
 */

import { ExperienceError } from '../../errors.js'
import type { SqlDriver, SqlSession } from '../driver/driver.js'
import { SerializationConflictError } from '../errors.js'

const MOST_ATTEMPTS = 5
const UNIQUE_VIOLATION = '23505'

/** What is versioned: the class of its lock, one of `sql/locks.ts`, and its name. Names may share a lock. */
export interface VersionLock {
  readonly lockClass: number
  readonly name: string
}

/** Makes a change of the versions of a name in one transaction. `change` may be called again. */
export async function changeVersions<T>(
  driver: SqlDriver,
  { lockClass, name }: VersionLock,
  change: (session: SqlSession) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await driver.transaction(
        async (session) => {
          await session.query('SELECT pg_advisory_xact_lock($1::int4, hashtext($2))', [lockClass, name])
          return change(session)
        },
        { signal },
      )
    } catch (error) {
      if (attempt === MOST_ATTEMPTS || !isConflict(error)) throw error
    }
  }
}

/** Whether the database refused a row for this constraint. */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof ExperienceError && error.details.constraint === constraint
}

function isConflict(error: unknown): boolean {
  if (error instanceof SerializationConflictError) return true
  return error instanceof ExperienceError && error.details.sqlState === UNIQUE_VIOLATION
}
