import { expect, onTestFinished, test, vi } from 'vitest'
import { connectServer } from '../../../src/postgres/driver/server.js'
import { StatementTimeoutError } from '../../../src/postgres/errors.js'
import { describeServer, serverDriver, startServer, testOwnServer } from '../support/databases.js'
import { OPEN, SLEEPING, until } from './activity.js'

const empty = { migrated: false }

describeServer('a statement on a server', () => {
  test('ends at its timeout, on every connection, and the connection is as good as before', async () => {
    const driver = await serverDriver({ ...empty, statementTimeoutMs: 100, poolSize: 2 })
    const calls = [1, 2, 3].map(() => driver.query('SELECT pg_sleep(10)'))
    for (const call of calls) {
      await expect(call).rejects.toThrow(StatementTimeoutError)
      await expect(call).rejects.toMatchObject({ details: { sqlState: '57014', statementTimeoutMs: 100 } })
    }
    expect(await driver.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect(driver.pool.total).toBe(2)
  })

  test('ends at its timeout in a transaction and in a COPY too, unless the transaction has another', async () => {
    const driver = await serverDriver({ ...empty, statementTimeoutMs: 100 })
    await expect(driver.transaction((s) => s.query('SELECT pg_sleep(10)'))).rejects.toThrow(StatementTimeoutError)
    const copy = 'COPY (SELECT pg_sleep(10)::TEXT) TO STDOUT (FORMAT binary)'
    await expect(driver.session((s) => s.copyOut(copy))).rejects.toThrow(StatementTimeoutError)
    const slow = (statementTimeoutMs: number): Promise<unknown> =>
      driver.transaction((s) => s.query('SELECT pg_sleep(0.2)'), { statementTimeoutMs })
    await slow(0)
    await slow(5000)
    await expect(slow(50)).rejects.toThrow(StatementTimeoutError)
    await expect(driver.query('SELECT pg_sleep(10)')).rejects.toThrow(StatementTimeoutError)
  })

  test('is cancelled in the server when its signal is aborted, and its transaction rolled back by then', async () => {
    const driver = await serverDriver(empty)
    await driver.query('CREATE TABLE t (a INT4)')
    const controller = new AbortController()
    const call = driver.transaction(
      async (session) => {
        await session.query('INSERT INTO t VALUES (1)')
        await session.query('SELECT pg_sleep(60)')
      },
      { signal: controller.signal },
    )
    call.catch(() => {})
    await until(driver, SLEEPING, 1)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
    // Would wait for the lock of the other one, if it still had it.
    await driver.transaction((session) => session.run("SET LOCAL lock_timeout = '1ms'; LOCK TABLE t"))
    expect(await driver.query(SLEEPING)).toEqual([{ n: 0 }])
    expect(await driver.query(OPEN)).toEqual([{ n: 0 }])
    expect(await driver.query('SELECT a FROM t')).toEqual([])
  })

  testOwnServer(
    'is cancelled also while the server has no room for one more connection',
    { timeout: 60_000 },
    async () => {
      const server = await startServer({
        max_connections: '5',
        superuser_reserved_connections: '0',
        max_wal_senders: '0',
      })
      const driver = await connectServer(server.url(), { poolSize: 5 })
      onTestFinished(() => driver.close())
      await Promise.all([1, 2, 3, 4, 5].map(() => driver.query('SELECT pg_sleep(0.2)')))
      const controllers = [1, 2, 3, 4, 5].map(() => new AbortController())
      const calls = controllers.map(({ signal }) => driver.query('SELECT pg_sleep(60)', [], { signal }))
      for (const call of calls) call.catch(() => {})
      await vi.waitFor(() => expect(driver.pool).toMatchObject({ total: 5, idle: 0 }))
      const more = await connectServer(server.url())
      await expect(more.query('SELECT 1')).rejects.toThrow(/too many clients/)
      controllers[0]?.abort(new Error('enough'))
      await expect(calls[0]).rejects.toThrow('enough')
      await vi.waitFor(async () => expect(await more.query(SLEEPING)).toEqual([{ n: 4 }]), { timeout: 10_000 })
      for (const controller of controllers) controller.abort(new Error('enough'))
      await Promise.allSettled(calls)
      await more.close()
    },
  )

  test('an abort in the middle of COPY, either way, ends it and leaves nothing', async () => {
    const driver = await serverDriver(empty)
    await driver.query('CREATE TABLE t (a INT8)')
    const inwards = new AbortController()
    const [header] = await driver.session((s) => s.copyOut('COPY (SELECT 1::INT8) TO STDOUT (FORMAT binary)'))
    const row = (header as Uint8Array).subarray(19, 33)
    const rows = new Uint8Array(14 * 5000)
    for (let at = 0; at < rows.length; at += 14) rows.set(row, at)
    let given = 0
    function* pieces(): Iterable<Uint8Array> {
      yield (header as Uint8Array).subarray(0, 19)
      for (; given < 1000; given++) {
        if (given === 50) inwards.abort(new Error('enough'))
        yield rows
      }
    }
    const copy = driver.transaction((s) => s.copyIn('COPY t FROM STDIN (FORMAT binary)', pieces()), {
      signal: inwards.signal,
    })
    await expect(copy).rejects.toThrow('enough')
    expect(given).toBeLessThan(60)
    const outwards = new AbortController()
    const sleeping = driver.session((s) => s.copyOut('COPY (SELECT pg_sleep(60)::TEXT) TO STDOUT (FORMAT binary)'), {
      signal: outwards.signal,
    })
    sleeping.catch(() => {})
    await until(driver, SLEEPING.replace('SELECT pg_sleep', 'COPY (SELECT pg_sleep'), 1)
    outwards.abort(new Error('enough'))
    await expect(sleeping).rejects.toThrow('enough')
    expect(await driver.query('SELECT count(*) AS n FROM t')).toEqual([{ n: 0n }])
    expect(await driver.query(OPEN)).toEqual([{ n: 0 }])
  })
})
