/**
 * The contract of stores.
 *
 * @module
 */

import { expect, test } from 'vitest'
import { PostgresStore } from '../../../src/postgres/store/store.js'
import { coldStorageContract } from '../../../src/testing/cold-storage-contract.js'
import { describeDatabases } from './databases.js'

describeDatabases('the contract of stores', (connect) => {
  const checks = coldStorageContract(async () => {
    const driver = await connect()
    return { store: () => new PostgresStore(driver), remove: async () => {} }
  })
  for (const { name, run } of checks) test(name, run)

  test('there are checks', () => {
    expect(checks.length).toBeGreaterThan(10)
  })
})
