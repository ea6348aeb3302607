import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { connectDatabase } from '../../src/postgres/connect.js'
import {
  DatabaseUnavailableError,
  SchemaMissingError,
  SchemaVersionError,
  UnsupportedDatabaseError,
} from '../../src/postgres/errors.js'
import { migrate } from '../../src/postgres/migrate.js'
import { DirectoryLockedError } from '../../src/storage/errors.js'
import { describeServer, serverDatabase } from './support/databases.js'
import { databaseUrl, run } from './support/global-setup.js'

describe('connecting to an embedded database', () => {
  test('makes one in memory, with its tables, if nothing else is said', async () => {
    const driver = await connectDatabase()
    expect(driver).toMatchObject({ kind: 'embedded', address: 'memory://' })
    expect(driver.capabilities).toEqual({ concurrent: false, durable: false, cancels: false })
    expect(await driver.query('SELECT count(*) AS n FROM experience_events')).toEqual([{ n: 0n }])
    await driver.close()
  })

  test('keeps it in a folder, which belongs to one at a time', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'connect-'))
    onTestFinished(() => rm(parent, { recursive: true }))
    const url = `file://${join(parent, 'not', 'there', 'yet')}`
    const driver = await connectDatabase(url)
    await driver.query('CREATE TABLE mine AS SELECT 5 AS five')
    await expect(connectDatabase(url)).rejects.toThrow(DirectoryLockedError)
    await driver.close()
    const again = await connectDatabase(new URL(url))
    expect(await again.query('SELECT five FROM mine')).toEqual([{ five: 5 }])
    await again.close()
  })

  test('leaves an instance of the caller open', async () => {
    const database = await PGlite.create()
    onTestFinished(() => database.close())
    await expect(connectDatabase(database, { migrate: false })).rejects.toThrow(SchemaMissingError)
    const driver = await connectDatabase(database)
    await driver.query('SELECT 1 FROM experience_streams')
    await driver.close()
    expect((await database.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  })

  test('does nothing for a signal that is aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(connectDatabase('memory://', { signal })).rejects.toThrow('enough')
  })
})

describeServer('connecting to a server', () => {
  test('leaves the schema alone unless it is told to make it', async () => {
    const url = await serverDatabase({ migrated: false })
    const refused = connectDatabase(url)
    await expect(refused).rejects.toThrow(SchemaMissingError)
    await expect(refused).rejects.toThrow(/experience-stream migrate --to URL/)
    expect(await migrate(url, { dryRun: true })).toMatchObject({ from: 0 })
    await expect(connectDatabase(url)).rejects.toThrow(SchemaMissingError)
    const driver = await connectDatabase(url, { migrate: true })
    expect(driver).toMatchObject({ kind: 'server', capabilities: { concurrent: true, durable: true, cancels: true } })
    await driver.close()
    await (await connectDatabase(new URL(url))).close()
  })

  test('tells of tables of another version', async () => {
    const url = await serverDatabase()
    await run(url, ["INSERT INTO experience_migrations VALUES (9000, '9000_later.sql', 'x')"])
    await expect(connectDatabase(url)).rejects.toThrow(SchemaVersionError)
    await run(url, ['DELETE FROM experience_migrations WHERE version > 1'])
    await expect(connectDatabase(url)).rejects.toThrow(SchemaVersionError)
  })

  test('takes a pool of the caller, which stays open', async () => {
    const pool = new pg.Pool({ connectionString: await serverDatabase() })
    onTestFinished(() => pool.end())
    const driver = await connectDatabase(pool)
    await driver.close()
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  })

  test('refuses a database that is not in UTF-8', async () => {
    const url = await serverDatabase()
    const name = `${new URL(url).pathname.slice(1)}_latin`
    await run(url, [`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'`])
    onTestFinished(() => run(url, [`DROP DATABASE ${name}`]))
    await expect(connectDatabase(databaseUrl(url, name))).rejects.toThrow(UnsupportedDatabaseError)
    await expect(connectDatabase(databaseUrl(url, name))).rejects.toThrow(/encoding LATIN1.*needs UTF8/)
  })

  test('that fails leaves no connection behind', async () => {
    const url = await serverDatabase({ migrated: false })
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    onTestFinished(() => client.end())
    await expect(connectDatabase(url)).rejects.toThrow(SchemaMissingError)
    const sql =
      'SELECT count(*)::INT4 AS n FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()'
    expect((await client.query(sql)).rows).toEqual([{ n: 0 }])
    await expect(connectDatabase('postgres://u@127.0.0.1:1/x')).rejects.toThrow(DatabaseUnavailableError)
  })
})
