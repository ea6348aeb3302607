/**
 * Databases for tests: fresh ones on the server of the run, embedded ones, and servers to stop and to kill.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { PGlite } from '@electric-sql/pglite'
import { describe, inject, onTestFinished, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../../../scripts/postgres.mjs'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { useEmbedded } from '../../../src/postgres/driver/embedded.js'
import type { DriverOptions } from '../../../src/postgres/driver/options.js'
import { connectServer } from '../../../src/postgres/driver/server.js'
import { databaseUrl, run } from './global-setup.js'

const provided = inject('postgres')
let made = 0

/** Whether there is a server in this run. */
export const hasServer = 'url' in provided

/** A `describe` for what needs a server: skipped where none can run, which the run has said loudly. */
export const describeServer = hasServer ? describe : describe.skip

/** The same for what starts servers, to stop and to kill them. */
export const testOwnServer = inject('ownServers') ? test : test.skip
export const describeOwnServer = inject('ownServers') ? describe : describe.skip

/** The URL of a database that has nothing but, unless `migrated` is false, the schema; dropped at the end of the test. */
export async function serverDatabase(options: { migrated?: boolean } = {}): Promise<string> {
  if (!('url' in provided)) throw new Error(`no PostgreSQL: ${provided.reason}`)
  const { url, prefix, template } = provided
  const name = `${prefix}${process.pid}_${made++}_${Math.random().toString(36).slice(2, 8)}`
  await run(url, [`CREATE DATABASE ${name} TEMPLATE ${(options.migrated ?? true) ? template : 'template0'}`])
  atEndOfTest(() => run(url, [`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`]))
  return databaseUrl(url, name)
}

/** A driver of a fresh database on the server. */
export async function serverDriver(options: DriverOptions & { migrated?: boolean } = {}): Promise<SqlDriver> {
  const { migrated = true, ...rest } = options
  const driver = await connectServer(await serverDatabase({ migrated }), rest)
  atEndOfTest(() => driver.close())
  return driver
}

/** A driver of an embedded database in memory, with the schema unless `migrated` is false. */
export async function embedded(options: { migrated?: boolean } = {}): Promise<SqlDriver> {
  const files = inject('embedded')
  const dump = await readFile((options.migrated ?? true) ? files.migrated : files.empty)
  const database = await PGlite.create({ loadDataDir: new Blob([dump]) })
  const driver = await useEmbedded(database)
  atEndOfTest(async () => {
    await driver.close()
    await database.close()
  })
  return driver
}

/** A server of the test's own. */
export async function startServer(settings?: Record<string, string>): Promise<PostgresServer> {
  const server = await startPostgres(settings ? { settings } : {})
  atEndOfTest(() => server.remove())
  return server
}

/** Outside of a test, as in `beforeAll`, what was made lives until the run ends; servers must be removed by the caller. */
function atEndOfTest(end: () => Promise<void>): void {
  try {
    onTestFinished(end)
  } catch {
    // No test is running.
  }
}
