/**
 * Whether a database can do its work.
 *
 * @module
 */

import { assertSignal } from '../stream/validate.js'
import type { CallOptions, Health } from './contract.js'
import type { SqlDriver } from './driver/driver.js'
import { DatabaseError, DatabaseUnavailableError } from './errors.js'
import { readMigrations } from './schema/files.js'
import { assertCurrent, readState } from './schema/state.js'

/** A database that takes longer to answer is ill. */
const PATIENCE_MS = 5000

/**
 * Asks a database how it is. What is wrong with it is a finding: the call rejects only with the reason of the caller's
 * signal, or if this package's own files are missing. It takes 5 seconds at most where the database can end a statement.
 */
export async function checkHealth(driver: SqlDriver, options: CallOptions = {}): Promise<Health> {
  const { signal } = options
  assertSignal(signal)
  const migrations = await readMigrations()
  const patience = AbortSignal.timeout(PATIENCE_MS)
  const found = {
    latencyMs: undefined as number | undefined,
    server: undefined as string | undefined,
    schemaVersion: undefined as number | undefined,
    profile: undefined as Health['profile'],
  }
  const error = await driver
    .session(
      async (session) => {
        const asked = performance.now()
        const [row] = await session.query<{ server: string; readonly: boolean }>(
          `SELECT version() AS server, current_setting('transaction_read_only') = 'on' AS readonly`,
        )
        found.latencyMs = performance.now() - asked
        found.server = row?.server
        const state = await readState(session)
        found.schemaVersion = state.applied.at(-1)?.version
        found.profile = state.profile?.name
        assertCurrent(state, migrations)
        if (row?.readonly) throw new DatabaseError(`${driver.address} takes no writes: it is read-only`, {}, true)
      },
      { signal: signal === undefined ? patience : AbortSignal.any([signal, patience]) },
    )
    .then(
      () => undefined,
      (failure: unknown) => (failure === patience.reason && patience.aborted ? silent(driver.address) : failure),
    )
  signal?.throwIfAborted()
  const { total, idle, waiting } = driver.pool
  return {
    ok: error === undefined,
    ...found,
    kind: driver.kind,
    expectedVersion: migrations.length,
    pool: { total, idle, waiting },
    error: error === undefined || error instanceof Error ? error : new Error(String(error)),
  }
}

function silent(address: string): DatabaseUnavailableError {
  return new DatabaseUnavailableError(`${address} did not answer within ${PATIENCE_MS} ms`, { address })
}
