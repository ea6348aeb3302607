import { describe, expect, onTestFinished, test } from 'vitest'
import { ClosedError } from '../../src/errors.js'
import { connectServer } from '../../src/postgres/driver/server.js'
import {
  DatabaseError,
  DatabaseUnavailableError,
  SchemaMissingError,
  SchemaVersionError,
} from '../../src/postgres/errors.js'
import { checkHealth } from '../../src/postgres/health.js'
import { readMigrations } from '../../src/postgres/schema/files.js'
import { describeServer, embedded, serverDatabase, serverDriver } from './support/databases.js'
import { run } from './support/global-setup.js'
import { TcpProxy } from './support/proxy.js'

describe('the health of an embedded database', () => {
  test('is good, and says what it is', async () => {
    const expectedVersion = (await readMigrations()).length
    const health = await checkHealth(await embedded())
    expect(health).toEqual({
      ok: true,
      latencyMs: expect.any(Number),
      server: expect.stringContaining('PGlite'),
      kind: 'embedded',
      schemaVersion: expectedVersion,
      expectedVersion,
      profile: 'ingest',
      pool: { total: 1, idle: 1, waiting: 0 },
      error: undefined,
    })
  })

  test('is bad once it is closed', async () => {
    const driver = await embedded()
    await driver.close()
    expect(await checkHealth(driver)).toMatchObject({ ok: false, latencyMs: undefined, error: expect.any(ClosedError) })
  })
})

describeServer('the health of a server', () => {
  test('is good, and says what it is', async () => {
    const health = await checkHealth(await serverDriver())
    expect(health).toMatchObject({
      ok: true,
      kind: 'server',
      profile: 'ingest',
      pool: { total: 1, idle: 1, waiting: 0 },
    })
    expect(health.server).toMatch(/^PostgreSQL \d+/)
    expect(health.latencyMs).toBeGreaterThan(0)
  })

  test('is bad without a schema, with another one, and while it takes no writes', async () => {
    const empty = await checkHealth(await serverDriver({ migrated: false }))
    expect(empty).toMatchObject({ ok: false, schemaVersion: undefined, error: expect.any(SchemaMissingError) })
    expect(empty.latencyMs).toBeGreaterThan(0)
    const url = await serverDatabase()
    await run(url, ["INSERT INTO experience_migrations VALUES (9000, '9000_later.sql', 'x')"])
    const driver = await connectServer(url)
    onTestFinished(() => driver.close())
    expect(await checkHealth(driver)).toMatchObject({
      ok: false,
      schemaVersion: 9000,
      error: expect.any(SchemaVersionError),
    })
    const replica = await serverDatabase()
    const name = new URL(replica).pathname.slice(1)
    await run(replica, [`ALTER DATABASE ${name} SET default_transaction_read_only = on`])
    const reader = await connectServer(replica)
    onTestFinished(() => reader.close())
    const health = await checkHealth(reader)
    expect(health.error).toBeInstanceOf(DatabaseError)
    expect(health.error?.message).toMatch(/takes no writes/)
  })

  test('is bad when nobody answers, or not soon, but the call does not reject', { timeout: 20_000 }, async () => {
    const away = await connectServer('postgres://u:hidden@127.0.0.1:1/x')
    expect(await checkHealth(away)).toMatchObject({
      ok: false,
      latencyMs: undefined,
      server: undefined,
      error: expect.any(DatabaseUnavailableError),
    })
    const proxy = await TcpProxy.before(await serverDatabase())
    const driver = await connectServer(proxy.url)
    onTestFinished(() => driver.close())
    await driver.query('SELECT 1')
    proxy.hang()
    const asked = performance.now()
    const health = await checkHealth(driver)
    expect(health.error).toBeInstanceOf(DatabaseUnavailableError)
    expect(health.error?.message).toMatch(/did not answer within 5000 ms/)
    expect(performance.now() - asked).toBeLessThan(15_000)
  })

  test('is not waited for by who gives up', async () => {
    const driver = await serverDriver()
    await expect(checkHealth(driver, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  })
})
