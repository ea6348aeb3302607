/**
 * The two databases that the suites of the store run on, each test on an empty one.
 *
 * @module
 */

import { beforeAll, describe } from 'vitest'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { describeServer, embedded, serverDriver } from '../support/databases.js'

/** Those of events, what refers to others first. */
const TABLES = ['experience_gaps', 'experience_days', 'experience_events', 'action_metadata', 'experience_streams']

/** Declares tests once for a server and once for PGlite; `connect` gives an empty database. */
export function describeDatabases(what: string, tests: (connect: () => Promise<SqlDriver>) => void): void {
  describeServer(`${what} on a server`, () => tests(() => serverDriver()))
  describe(`${what} on PGlite`, () => {
    let driver: SqlDriver
    beforeAll(async () => {
      driver = await embedded()
      return () => driver.close()
    })
    tests(async () => {
      await emptied(driver)
      return driver
    })
  })
}

/** Leaves no row of events, and the partitions of days as they are: to make them again takes longer than the tests. */
export async function emptied(driver: SqlDriver): Promise<void> {
  for (const table of TABLES) await driver.query(`DELETE FROM ${table}`)
}
