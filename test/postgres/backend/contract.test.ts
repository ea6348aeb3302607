/** The exported contract of backends, on PostgreSQL and on PGlite. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, describe, expect, test } from 'vitest'
import { PostgresBackend } from '../../../src/postgres/backend.js'
import type { DatabaseTarget } from '../../../src/postgres/target.js'
import { persistenceBackendContract } from '../../../src/testing/backend-contract.js'
import type { BackendCapability, BackendPlace } from '../../../src/testing/backend-place.js'
import { describeServer, serverDatabase } from '../support/databases.js'

/** Backends on one database, with one archive directory. */
function placeOn(target: DatabaseTarget, clear: () => Promise<void>): BackendPlace {
  const directory = mkdtempSync(join(tmpdir(), 'experience-stream-archive-'))
  const backends: PostgresBackend[] = []
  return {
    backend: async () => {
      const backend = await PostgresBackend.connect(target, { archive: { directory } })
      backends.push(backend)
      return backend
    },
    remove: async () => {
      await Promise.all(backends.map((backend) => backend.close()))
      rmSync(directory, { recursive: true })
      await clear()
    },
  }
}

function check(makePlace: () => Promise<BackendPlace>, has: readonly BackendCapability[]): void {
  const checks = persistenceBackendContract(makePlace)
  for (const { name, run } of checks.filter(({ needs }) => needs.every((need) => has.includes(need)))) test(name, run)
  const left = checks.filter(({ needs }) => !needs.every((need) => has.includes(need)))
  test('leaves out nothing but what it cannot have', () => {
    const reasons = new Set(left.flatMap(({ needs }) => needs.filter((need) => !has.includes(need))))
    expect([...reasons]).toEqual(has.includes('concurrent') ? [] : ['concurrent'])
  })
}

describeServer('a backend on PostgreSQL', () => {
  check(async () => placeOn(await serverDatabase(), async () => {}), ['concurrent', 'archive'])
})

describe('a backend on PGlite', () => {
  const database = PGlite.create()
  afterAll(async () => (await database).close())

  check(async () => {
    const pglite = await database
    return placeOn(pglite, async () => {
      await pglite.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    })
  }, ['archive'])
})
