import { expect, test } from 'vitest'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { checkSchema, migrate } from '../../../src/postgres/schema/migrate.js'
import { describeServer, embedded, serverDriver } from '../support/databases.js'

const DRIVERS: [string, () => Promise<SqlDriver>][] = [
  ['a server', () => serverDriver({ migrated: false })],
  ['PGlite', () => embedded({ migrated: false })],
]

for (const [name, open] of DRIVERS) {
  describeServer(`migrations on ${name}`, () => {
    test('are applied once, and the profile is switched both ways', async () => {
      const driver = await open()
      expect((await migrate(driver)).applied).toContain('0001_events.sql')
      expect((await migrate(driver)).applied).toEqual([])
      expect((await migrate(driver, { profile: 'analytics' })).applied).toEqual(['analytics.sql'])
      expect((await checkSchema(driver)).profile).toBe('analytics')
      expect((await migrate(driver, { profile: 'ingest' })).applied).toEqual(['ingest.sql'])
      await driver.close()
    })
  })
}
