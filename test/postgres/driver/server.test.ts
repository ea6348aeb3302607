import pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { connectServer, useServer } from '../../../src/postgres/driver/server.js'
import {
  AuthenticationError,
  DatabaseMissingError,
  DatabaseUnavailableError,
  StatementTimeoutError,
} from '../../../src/postgres/errors.js'
import { describeServer, serverDatabase, serverDriver, startServer, testOwnServer } from '../support/databases.js'
import { run } from '../support/global-setup.js'
import { TcpProxy } from '../support/proxy.js'
import { SLEEPING, until } from './activity.js'

const empty = { migrated: false }

describeServer('a pool', () => {
  test('that is busy lets callers wait, and go when they are aborted or have waited too long', async () => {
    const driver = await serverDriver({ ...empty, poolSize: 1, connectTimeoutMs: 500 })
    let release = (): void => {}
    const busy = driver.session((session) =>
      new Promise<void>((done) => (release = done)).then(() => session.query('SELECT 1')),
    )
    await vi.waitFor(() => expect(driver.pool.total - driver.pool.idle).toBe(1))
    const controller = new AbortController()
    const waiting = driver.query('SELECT 2 AS two', [], { signal: controller.signal })
    const patient = driver.query('SELECT 3 AS three')
    await vi.waitFor(() => expect(driver.pool.waiting).toBe(2))
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(patient).rejects.toThrow(/all 1 connections of the pool were busy for 500 ms/)
    await expect(patient).rejects.toThrow(DatabaseUnavailableError)
    release()
    await busy
    expect(await driver.query('SELECT 4 AS four')).toEqual([{ four: 4 }])
    expect(driver.pool).toMatchObject({ total: 1, waiting: 0 })
  })

  test('survives that every connection is terminated, in use or not, without an uncaught exception', async () => {
    const url = await serverDatabase(empty)
    const driver = await connectServer(url, { poolSize: 3 })
    onTestFinished(() => driver.close())
    await Promise.all([1, 2, 3].map(() => driver.query('SELECT pg_sleep(0.05)')))
    const busy = driver.query('SELECT pg_sleep(60)')
    busy.catch(() => {})
    await until(driver, SLEEPING, 1)
    await run(url, [
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    ])
    await expect(busy).rejects.toThrow(DatabaseUnavailableError)
    await expect(busy).rejects.toMatchObject({ retryable: true })
    await vi.waitFor(async () => expect(await driver.query('SELECT 1 AS one')).toEqual([{ one: 1 }]))
  })

  test('lends no connection again that was left within a transaction', async () => {
    const driver = await serverDriver({ ...empty, poolSize: 1 })
    await driver.session((session) => session.run('BEGIN; CREATE TABLE left_open (a INT4)'))
    expect(await driver.query("SELECT to_regclass('left_open') IS NULL AS gone")).toEqual([{ gone: true }])
  })

  test('that is closed does not mind what its last connections are told', async () => {
    const url = await serverDatabase(empty)
    const proxy = await TcpProxy.before(url)
    const driver = await connectServer(proxy.url)
    await driver.query('SELECT 1')
    proxy.hold()
    await driver.close()
    expect(proxy.open).toBe(1)
    await run(url, [
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    ])
    // An error that nobody listens to would end the process here.
    await vi.waitFor(() => expect(proxy.open).toBe(0))
  })

  test('of the caller comes back with its settings, and is not closed', async () => {
    const pool = new pg.Pool({ connectionString: await serverDatabase(empty), max: 1 })
    onTestFinished(() => pool.end())
    pool.on('error', () => {})
    await pool.query(
      "SET statement_timeout = '77s'; SET datestyle = 'German'; SET bytea_output = 'escape'; SET extra_float_digits = 0; SET synchronous_commit = off",
    )
    const driver = await useServer(pool, { statementTimeoutMs: 200 })
    const rows = await driver.query(
      "SELECT now() AS at, '\\x00ff'::BYTEA AS bytes, 0.1::REAL + 0.2::REAL AS real, current_setting('synchronous_commit') AS s",
    )
    expect(rows[0]?.at).toBeInstanceOf(Date)
    expect(rows[0]).toMatchObject({ bytes: new Uint8Array([0, 255]), real: 0.3, s: 'on' })
    await expect(driver.query('SELECT pg_sleep(10)')).rejects.toThrow(StatementTimeoutError)
    await expect(
      driver.transaction(async () => {
        throw new Error('mine')
      }),
    ).rejects.toThrow('mine')
    await driver.close()
    const shown = await pool.query(
      "SELECT name, setting FROM pg_settings WHERE name IN ('statement_timeout', 'DateStyle', 'bytea_output', 'extra_float_digits', 'synchronous_commit') ORDER BY name",
    )
    expect(shown.rows).toEqual([
      { name: 'DateStyle', setting: 'German, DMY' },
      { name: 'bytea_output', setting: 'escape' },
      { name: 'extra_float_digits', setting: '0' },
      { name: 'statement_timeout', setting: '77000' },
      { name: 'synchronous_commit', setting: 'off' },
    ])
    expect(pool.ended).toBe(false)
    expect(pool.listenerCount('error')).toBe(1)
  })

  test('leaves the parsers of the library as they are', async () => {
    const url = await serverDatabase(empty)
    const driver = await connectServer(url)
    await driver.query('SELECT 1::INT8')
    await driver.close()
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    expect((await client.query("SELECT 5::INT8 AS big, '\\x01'::BYTEA AS bytes")).rows).toEqual([
      { big: '5', bytes: Buffer.from([1]) },
    ])
    await client.end()
  })

  test('names its application', async () => {
    const driver = await serverDriver({ ...empty, applicationName: 'the memory' })
    expect(await driver.query("SELECT current_setting('application_name') AS name")).toEqual([{ name: 'the memory' }])
  })
})

describeServer('a server that cannot be reached', () => {
  test('is told by its address: nobody listens', async () => {
    const driver = await connectServer('postgres://user:hidden@127.0.0.1:1/app')
    await expect(driver.query('SELECT 1')).rejects.toThrow(/no connection to 127\.0\.0\.1:1\/app: connect ECONNREFUSED/)
    await expect(driver.query('SELECT 1')).rejects.toThrow(DatabaseUnavailableError)
    await driver.close()
  })

  test('is told after connectTimeoutMs: somebody listens and says nothing', async () => {
    const proxy = await TcpProxy.before(await serverDatabase(empty))
    proxy.stall()
    const driver = await connectServer(proxy.url, { connectTimeoutMs: 300 })
    await expect(driver.query('SELECT 1')).rejects.toThrow(DatabaseUnavailableError)
    await driver.close()
  })

  test('is told by what it says: a wrong password, a user and a database that it does not have', async () => {
    const url = new URL(await serverDatabase(empty))
    const failureAt = async (change: (target: URL) => void): Promise<Error> => {
      const target = new URL(url)
      change(target)
      const driver = await connectServer(target.href)
      const failure = await driver.query('SELECT 1').catch((error) => error)
      await driver.close()
      return failure
    }
    const wrong = await failureAt((target) => {
      target.password = 'Tr0ub4dor'
    })
    expect(wrong).toBeInstanceOf(AuthenticationError)
    expect(JSON.stringify([wrong.message, wrong, wrong.stack])).not.toContain('Tr0ub4dor')
    const none = await failureAt((target) => {
      target.password = ''
    })
    expect(none).toBeInstanceOf(AuthenticationError)
    const missing = await failureAt((target) => {
      target.pathname = '/nowhere'
    })
    expect(missing).toBeInstanceOf(DatabaseMissingError)
    expect(missing.message).toContain('database "nowhere" does not exist')
  })

  test('is left at once by who has no password for it', async () => {
    const proxy = await TcpProxy.before(await serverDatabase(empty))
    const url = new URL(proxy.url)
    url.password = ''
    const driver = await connectServer(url.href)
    await expect(driver.query('SELECT 1')).rejects.toThrow(AuthenticationError)
    await vi.waitFor(() => expect(proxy.open).toBe(0))
    await driver.close()
  })

  test('is told when the connection is cut in the middle of a COPY, and nothing of it stays', async () => {
    const url = await serverDatabase(empty)
    await run(url, ['CREATE TABLE t (a TEXT)'])
    const proxy = await TcpProxy.before(url)
    const driver = await connectServer(proxy.url)
    onTestFinished(() => driver.close())
    const copied = await driver.session((s) => s.copyOut("COPY (SELECT repeat('x', 60000)) TO STDOUT (FORMAT binary)"))
    const whole = new Uint8Array(Buffer.concat(copied))
    proxy.onSent = (sent) => {
      if (sent > 5_000_000) proxy.cut()
    }
    function* pieces(): Iterable<Uint8Array> {
      yield whole.subarray(0, 19)
      for (let i = 0; i < 1000; i++) yield whole.subarray(19, -2)
      yield whole.subarray(-2)
    }
    const copy = driver.transaction((s) => s.copyIn('COPY t FROM STDIN (FORMAT binary)', pieces()))
    await expect(copy).rejects.toThrow(DatabaseUnavailableError)
    proxy.onSent = undefined
    expect(await driver.query('SELECT count(*) AS n FROM t')).toEqual([{ n: 0n }])
  })

  test('is given up when it is silent for longer than a statement may take, an aborted call soon', {
    timeout: 20_000,
  }, async () => {
    const url = await serverDatabase(empty)
    const proxy = await TcpProxy.before(url)
    const driver = await connectServer(proxy.url, { statementTimeoutMs: 100, poolSize: 2 })
    onTestFinished(() => driver.close())
    await Promise.all([1, 2].map(() => driver.query('SELECT pg_sleep(0.05)')))
    proxy.hang()
    const controller = new AbortController()
    const aborted = driver.query('SELECT 1', [], { signal: controller.signal })
    const silent = driver.query('SELECT 2')
    await vi.waitFor(() => expect(driver.pool.idle).toBe(0))
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await expect(silent).rejects.toThrow(/no answer within 5100 ms/)
    expect(await driver.query('SELECT 3 AS three')).toEqual([{ three: 3 }])
  })

  testOwnServer('is used again as soon as it is back after a restart or a crash', { timeout: 60_000 }, async () => {
    const server = await startServer()
    const driver = await connectServer(server.url(), { poolSize: 2 })
    onTestFinished(() => driver.close())
    await driver.query('CREATE TABLE kept (a INT4)')
    for (const [i, signal] of (['SIGINT', 'SIGQUIT', 'SIGKILL'] as const).entries()) {
      await driver.query('INSERT INTO kept VALUES ($1)', [i])
      const busy = driver.query('SELECT pg_sleep(60)')
      busy.catch(() => {})
      await until(driver, SLEEPING, 1)
      await server.stop(signal)
      await expect(busy).rejects.toThrow(DatabaseUnavailableError)
      await expect(driver.query('SELECT 1')).rejects.toThrow(DatabaseUnavailableError)
      await server.start()
      expect(await driver.query('SELECT count(*)::INT4 AS n FROM kept')).toEqual([{ n: i + 1 }])
    }
  })
})
