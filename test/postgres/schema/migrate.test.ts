import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { InvalidArgumentError } from '../../../src/errors.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { connectServer } from '../../../src/postgres/driver/server.js'
import { SchemaVersionError } from '../../../src/postgres/errors.js'
import { readMigrations } from '../../../src/postgres/schema/files.js'
import { checkSchema, migrate } from '../../../src/postgres/schema/migrate.js'
import { MIGRATION_LOCK } from '../../../src/postgres/sql/locks.js'
import { describeServer, embedded, serverDatabase, serverDriver } from '../support/databases.js'

const DRIVERS: [string, () => Promise<SqlDriver>, typeof describe][] = [
  ['a server', () => serverDriver({ migrated: false }), describeServer as typeof describe],
  ['PGlite', () => embedded({ migrated: false }), describe],
]

async function versions(driver: SqlDriver): Promise<unknown[]> {
  return (await driver.query('SELECT version FROM experience_migrations ORDER BY version')).map(
    ({ version }) => version,
  )
}

async function indexes(driver: SqlDriver): Promise<string[]> {
  const rows = await driver.query<{ name: string }>(
    "SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname",
  )
  return rows.map(({ name }) => name)
}

describe('the files of the schema', () => {
  test('are numbered from 1 on, without gaps', async () => {
    const migrations = await readMigrations()
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, i) => i + 1))
    expect(migrations.every(({ checksum }) => /^[0-9a-f]{64}$/.test(checksum))).toBe(true)
  })

  test('drop nothing', async () => {
    for (const { name, sql } of await readMigrations()) {
      const code = sql.replace(/--[^\n]*/g, '').replace(/\$\$[\s\S]*?\$\$/g, '')
      expect(code, name).not.toMatch(/\b(?:DROP|TRUNCATE|DELETE)\b(?! ON\b)/i)
    }
  })
})

for (const [name, open, group] of DRIVERS) {
  group(`migrating ${name}`, () => {
    let driver: SqlDriver
    beforeEach(async () => {
      driver = await open()
    })
    afterEach(() => driver.close())

    test('applies every file once, in order, and says so', async () => {
      const all = await readMigrations()
      const names = [...all.map((file) => file.name), 'ingest.sql']
      const steps: unknown[] = []
      const report = await migrate(driver, { onProgress: (step) => steps.push(step) })
      expect(report).toEqual({ from: 0, to: all.length, applied: names, profile: 'ingest' })
      expect(steps).toEqual(names.map((file, i) => ({ name: file, step: i + 1, steps: names.length })))
      expect(await checkSchema(driver)).toEqual({ version: all.length, expected: all.length, profile: 'ingest' })
      const again = await migrate(driver)
      expect(again).toEqual({ from: all.length, to: all.length, applied: [], profile: 'ingest' })
      expect(await versions(driver)).toEqual(all.map(({ version }) => version))
    })

    test('does nothing in a dry run but say what it would do', async () => {
      const report = await migrate(driver, { dryRun: true, profile: 'analytics' })
      expect(report.applied).toContain('0001_events.sql')
      expect(report.applied.at(-1)).toBe('analytics.sql')
      expect(await indexes(driver)).toEqual([])
    })

    test('refuses a database that a newer package has migrated, or another build, and touches nothing', async () => {
      await migrate(driver)
      const before = await indexes(driver)
      await driver.query("INSERT INTO experience_migrations VALUES (9000, '9000_later.sql', 'x')")
      await expect(migrate(driver, { profile: 'analytics' })).rejects.toThrow(SchemaVersionError)
      await expect(checkSchema(driver)).rejects.toThrow(/schema version 9000.*by a newer one/)
      await driver.query('DELETE FROM experience_migrations WHERE version = 9000')
      await driver.query("UPDATE experience_migrations SET checksum = 'changed' WHERE version = 1")
      await expect(migrate(driver, { profile: 'analytics' })).rejects.toThrow(/another 0001_events\.sql/)
      await expect(checkSchema(driver)).rejects.toThrow(SchemaVersionError)
      expect(await indexes(driver)).toEqual(before)
    })

    test('goes on where a file failed, of which nothing has stayed', async () => {
      await driver.query('CREATE TABLE adna_policies (mine INT4)')
      await expect(migrate(driver)).rejects.toThrow(/"adna_policies" already exists/)
      expect(await versions(driver)).toEqual([1])
      expect(await driver.query("SELECT to_regclass('learning_metrics') AS t")).toEqual([{ t: null }])
      await expect(checkSchema(driver)).rejects.toThrow(/schema version 1, this package needs \d+.*migrate --to URL/)
      await driver.query('DROP TABLE adna_policies')
      expect((await migrate(driver)).from).toBe(1)
      await checkSchema(driver)
    })

    test('switches the profile both ways and leaves other indexes alone; without a word of it, it stays', async () => {
      await migrate(driver)
      await driver.query('CREATE INDEX mine ON experience_events (step_number)')
      const lean = await indexes(driver)
      await driver.query("SELECT experience_ensure_day('2026-01-01')")
      expect((await migrate(driver, { profile: 'analytics' })).applied).toEqual(['analytics.sql'])
      expect(await migrate(driver)).toMatchObject({ applied: [], profile: 'analytics' })
      await driver.query("SELECT experience_ensure_day('2026-01-02')")
      const rich = await indexes(driver)
      expect(rich).toEqual(expect.arrayContaining(['experience_events_by_time', 'experience_events_by_reward', 'mine']))
      for (const day of ['20260101', '20260102']) {
        expect(rich.filter((index) => index.startsWith(`experience_events_${day}`)).length).toBeGreaterThan(6)
      }
      expect(await migrate(driver, { profile: 'ingest' })).toMatchObject({ applied: ['ingest.sql'], profile: 'ingest' })
      const back = await indexes(driver)
      expect(back.filter((index) => !/_2026010[12]/.test(index))).toEqual(lean)
    })

    test('brings the indexes of a profile up to date whose file has changed since', async () => {
      await migrate(driver, { profile: 'analytics' })
      await driver.query('DROP INDEX experience_events_by_type')
      await driver.query("UPDATE experience_profile SET checksum = 'of an older package'")
      expect((await migrate(driver)).applied).toEqual(['analytics.sql'])
      expect(await indexes(driver)).toContain('experience_events_by_type')
    })

    test.each([
      ['an unknown profile', { profile: 'fast' }],
      ['an unknown option', { force: true }],
      ['dryRun as a text', { dryRun: 'yes' }],
      ['onProgress as a text', { onProgress: 'yes' }],
    ])('%s is refused', async (_, options) => {
      await expect(migrate(driver, options as never)).rejects.toThrow(InvalidArgumentError)
    })
  })
}

describeServer('several that migrate one database', () => {
  test('at the same time all succeed, and each file is applied once', async () => {
    const url = await serverDatabase({ migrated: false })
    const drivers = await Promise.all(Array.from({ length: 6 }, () => connectServer(url, { poolSize: 1 })))
    const profiles = ['ingest', 'analytics'] as const
    const reports = await Promise.all(drivers.map((driver, i) => migrate(driver, { profile: profiles[i % 2] })))
    expect(reports).toHaveLength(6)
    const driver = drivers[0] as SqlDriver
    const all = await readMigrations()
    expect(await versions(driver)).toEqual(all.map(({ version }) => version))
    const { profile } = await checkSchema(driver)
    expect((await indexes(driver)).includes('experience_events_by_reward')).toBe(profile === 'analytics')
    await Promise.all(drivers.map((one) => one.close()))
  })

  test('wait for each other longer than a statement may take, and can be aborted meanwhile', async () => {
    const driver = await serverDriver({ migrated: false, statementTimeoutMs: 100 })
    let release = (): void => {}
    const held = driver.transaction(async (session) => {
      await session.query('SELECT pg_advisory_xact_lock($1, 0)', [MIGRATION_LOCK])
      await new Promise<void>((done) => {
        release = done
      })
    })
    const controller = new AbortController()
    const aborted = migrate(driver, { signal: controller.signal })
    aborted.catch(() => {})
    const patient = migrate(driver)
    const waiting = "SELECT count(*)::INT4 AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    await vi.waitFor(async () => expect(await driver.query(waiting)).toEqual([{ n: 2 }]))
    await driver.query('SELECT pg_sleep(0.09)')
    await driver.query('SELECT pg_sleep(0.09)')
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    expect(await driver.query(waiting)).toEqual([{ n: 1 }])
    release()
    await held
    expect((await patient).applied).toContain('0001_events.sql')
  })
})
