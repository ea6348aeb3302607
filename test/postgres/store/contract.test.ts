/**
 * The contract of stores, on a server and on PGlite.
 *
 * @module
 */

import { beforeAll, describe, expect, test } from 'vitest'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { PostgresStore } from '../../../src/postgres/store/store.js'
import { coldStorageContract, type StorePlace } from '../../../src/testing/cold-storage-contract.js'
import { describeServer, embedded, serverDriver } from '../support/databases.js'

const TABLES = 'experience_gaps, experience_days, experience_events, action_metadata, experience_streams'

/** A place on a database, which is emptied in the end. */
function placeOn(driver: SqlDriver): StorePlace {
  return {
    store: () => new PostgresStore(driver),
    remove: async () => {
      await driver.query(`TRUNCATE ${TABLES} CASCADE`)
    },
  }
}

describeServer('on a server', () => {
  const checks = coldStorageContract(async () => placeOn(await serverDriver()))
  for (const { name, run } of checks) test(name, run)
})

describe('on PGlite', () => {
  let driver: SqlDriver
  beforeAll(async () => {
    driver = await embedded()
    return () => driver.close()
  })
  for (const { name, run } of coldStorageContract(() => placeOn(driver))) test(name, run)
})

test('there are checks', () => {
  expect(coldStorageContract(() => placeOn({} as SqlDriver)).length).toBeGreaterThan(10)
})
