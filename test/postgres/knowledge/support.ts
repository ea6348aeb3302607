/**
 * The same suite on a server and on PGlite, and what callers may try to put into a statement.
 *
 * @module
 */

import { afterAll, beforeAll, describe } from 'vitest'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { describeServer, embedded, serverDriver } from '../support/databases.js'

const DATABASES: [string, () => Promise<SqlDriver>, typeof describeServer][] = [
  ['a server', () => serverDriver({ poolSize: 8 }), describeServer],
  ['PGlite', () => embedded(), describe],
]

/** One suite for both databases; its tests share a database, each with names of its own. */
export function onBoth(what: string, suite: (driver: () => SqlDriver) => void): void {
  for (const [name, open, group] of DATABASES) {
    group(`${what} on ${name}`, () => {
      let driver: SqlDriver | undefined
      beforeAll(async () => {
        driver = await open()
      })
      afterAll(() => driver?.close())
      suite(() => driver as SqlDriver)
    })
  }
}

/** Texts that would do harm if they became part of a statement, or be changed on the way if they were not kept as given. */
export const HOSTILE_TEXTS = [
  `'; DROP TABLE adna_policies; --`,
  `x' OR '1'='1`,
  `"; DELETE FROM configuration_store; --`,
  '$1',
  '$$; SELECT pg_sleep(9); $$',
  `\\'; DROP TABLE learning_metrics; --`,
  'back\\slash \\x41 \\u0041 \\000',
  '%s %I {0} :name ?',
  `E'\\047'`,
  '/* comment */ -- another',
  'new\nline\r\ttab',
  '\u0001\u001f\u007f',
  'ʼ ＇ ‘ ’ ′ ｡ é é 𝄞 \u202e \u200b \ufeff',
  '  leading and trailing  ',
  'NULL',
  '{"a": 1}',
  '[]',
  '0',
]

/** Texts that cannot be kept. */
export const IMPOSSIBLE_TEXTS: [string, string][] = [
  ['U+0000', 'a\0b'],
  ['half a character', 'a\ud800b'],
]
