import { describe, expect, test } from 'vitest'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { describeServer, embedded, serverDriver } from '../support/databases.js'

const DRIVERS: [string, () => Promise<SqlDriver>, typeof describeServer][] = [
  ['a server', () => serverDriver({ migrated: false }), describeServer],
  ['PGlite', () => embedded({ migrated: false }), describe],
]

for (const [name, open, group] of DRIVERS) {
  group(`the driver of ${name}`, () => {
    test('copies in and out', async () => {
      const driver = await open()
      await driver.query('CREATE TABLE t (a INT8, b TEXT)')
      await driver.query("INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 10000) i")
      const pieces = await driver.session((s) => s.copyOut('COPY (SELECT a, b FROM t) TO STDOUT (FORMAT binary)'))
      await driver.query('CREATE TABLE u (a INT8, b TEXT)')
      expect(await driver.session((s) => s.copyIn('COPY u FROM STDIN (FORMAT binary)', pieces))).toBe(10000)
      expect(await driver.query('SELECT count(*) AS n, sum(a)::INT8 AS s FROM u')).toEqual([
        { n: 10000n, s: 50005000n },
      ])
      await driver.close()
    })
  })
}
