import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ClosedError, InvalidArgumentError } from '../../../src/errors.js'
import type { SqlDriver, SqlValue } from '../../../src/postgres/driver/driver.js'
import { DatabaseError } from '../../../src/postgres/errors.js'
import { describeServer, embedded, serverDriver } from '../support/databases.js'

const DRIVERS: [string, () => Promise<SqlDriver>, typeof describe][] = [
  ['a server', () => serverDriver({ migrated: false }), describeServer as typeof describe],
  ['PGlite', () => embedded({ migrated: false }), describe],
]

for (const [name, open, group] of DRIVERS) {
  group(`the driver of ${name}`, () => {
    let driver: SqlDriver
    beforeAll(async () => {
      driver = await open()
    })
    afterAll(() => driver?.close())

    test('gives each type as the contract has it', async () => {
      const rows = await driver.query(`SELECT 9007199254740993::INT8 AS int8, -7::INT2 AS int2, 8::INT4 AS int4,
        0.1::REAL AS real, 0.1::FLOAT8 AS double, '\\x00ff'::BYTEA AS bytes, '{"a": [1, "x"]}'::JSONB AS json, TRUE AS yes,
        '2026-01-02 03:04:05.678901+05:30'::TIMESTAMPTZ AS at, '2026-01-02'::DATE AS day, 1.5::NUMERIC AS number,
        '{1,2}'::INT4[] AS list, NULL AS nothing, 'text' AS text`)
      expect(rows).toEqual([
        {
          int8: 9007199254740993n,
          int2: -7,
          int4: 8,
          real: 0.1,
          double: 0.1,
          bytes: new Uint8Array([0, 255]),
          json: { a: [1, 'x'] },
          yes: true,
          at: new Date('2026-01-01T21:34:05.678Z'),
          day: '2026-01-02',
          number: '1.5',
          list: '{1,2}',
          nothing: null,
          text: 'text',
        },
      ])
      expect(rows[0]?.bytes?.constructor).toBe(Uint8Array)
    })

    test.each<[string, SqlValue, string]>([
      ['INT8', -(2n ** 63n), '-9223372036854775808'],
      ['REAL', -0, '-0'],
      ['FLOAT8', Number.MIN_VALUE, '5e-324'],
      ['FLOAT8', Number.NaN, 'NaN'],
      ['BOOLEAN', true, 'true'],
      ['TEXT', 'ü " \\ {} €\u{1f600}', 'ü " \\ {} €\u{1f600}'],
      ['BYTEA', new Uint8Array([1, 254]).subarray(1), '\\xfe'],
      ['INT8[]', [1n, null, 2n], '{1,NULL,2}'],
      ['TEXT[]', ['a"b', 'c\\d', 'NULL', '', '{x,y}'], '{"a\\"b","c\\\\d","NULL","","{x,y}"}'],
      ['BYTEA[]', [new Uint8Array([1]), new Uint8Array()], '{"\\\\x01","\\\\x"}'],
      [
        'INT4[]',
        [
          [1, 2],
          [3, 4],
        ],
        '{{1,2},{3,4}}',
      ],
      ['JSONB', '{"a":1}', '{"a": 1}'],
    ])('hands a %s over', async (type, value, expected) => {
      expect(await driver.query(`SELECT $1::${type}::TEXT AS text`, [value])).toEqual([{ text: expected }])
    })

    test.each(['a\0b', 'a\ud800', '\udc00'])('refuses text that no database can hold', async (text) => {
      await expect(driver.query('SELECT $1::TEXT', [text])).rejects.toThrow(InvalidArgumentError)
      await expect(driver.query('SELECT $1::TEXT[]', [['fine', text]])).rejects.toThrow(/U\+0000 and lone surrogates/)
    })

    test('names the SQLSTATE, the table and the constraint of what the database refuses, and shows no value', async () => {
      await driver.query('CREATE TABLE refusing (a INT4 CONSTRAINT positive CHECK (a > 0))')
      const failure = await driver.query('INSERT INTO refusing VALUES ($1)', [-4711]).catch((error) => error)
      expect(failure).toBeInstanceOf(DatabaseError)
      expect(failure.details).toMatchObject({ sqlState: '23514', constraint: 'positive', table: 'refusing' })
      expect(failure.retryable).toBe(false)
      expect(JSON.stringify([failure.message, failure.details, failure.stack])).not.toContain('4711')
      expect(failure.cause).toBeUndefined()
    })

    test('commits what a transaction did, and rolls back when it fails', async () => {
      await driver.query('CREATE TABLE kept (a INT4)')
      const result = await driver.transaction(async (session) => {
        await session.query('INSERT INTO kept VALUES (1)')
        return 'done'
      })
      expect(result).toBe('done')
      const reason = new Error('not this one')
      const failing = driver.transaction(async (session) => {
        await session.query('INSERT INTO kept VALUES (2)')
        throw reason
      })
      await expect(failing).rejects.toBe(reason)
      expect(await driver.query('SELECT a FROM kept')).toEqual([{ a: 1 }])
    })

    test('a transaction whose statement failed cannot look as if it were committed', async () => {
      await driver.query('CREATE TABLE swallowed (a INT4)')
      const call = driver.transaction(async (session) => {
        await session.query('INSERT INTO swallowed VALUES (1)')
        await session.query('SELECT 1 / 0').catch(() => {})
      })
      await expect(call).rejects.toMatchObject({ code: 'DATABASE', details: { sqlState: '25P02' } })
      expect(await driver.query('SELECT a FROM swallowed')).toEqual([])
    })

    test('begins a transaction as it is told', async () => {
      const levels = await driver.transaction(
        (session) =>
          session.query(
            `SELECT current_setting('transaction_isolation') AS i, current_setting('transaction_read_only') AS r`,
          ),
        { isolation: 'repeatable read', readOnly: true },
      )
      expect(levels).toEqual([{ i: 'repeatable read', r: 'on' }])
      const usual = await driver.transaction((session) =>
        session.query(
          `SELECT current_setting('transaction_isolation') AS i, current_setting('transaction_read_only') AS r`,
        ),
      )
      expect(usual).toEqual([{ i: 'read committed', r: 'off' }])
      await expect(driver.transaction(async () => {}, { isolation: 'serial; DROP' as never })).rejects.toThrow(
        InvalidArgumentError,
      )
    })

    test('copies rows out and in, more than a socket holds', async () => {
      await driver.query('CREATE TABLE source (a INT8, b TEXT)')
      await driver.query("INSERT INTO source SELECT i, repeat('row ' || i, 20) FROM generate_series(1, 50000) i")
      await driver.query('CREATE TABLE copy (a INT8, b TEXT)')
      const pieces = await driver.session((s) => s.copyOut('COPY (SELECT a, b FROM source) TO STDOUT (FORMAT binary)'))
      const rows = await driver.session((s) => s.copyIn('COPY copy FROM STDIN (FORMAT binary)', pieces))
      expect(rows).toBe(50000)
      const count = 'SELECT count(*) AS n FROM source JOIN copy USING (a, b)'
      expect(await driver.query(count)).toEqual([{ n: 50000n }])
    })

    test('copies nothing, if there are no rows', async () => {
      await driver.query('CREATE TABLE nothing (a INT8)')
      const pieces = await driver.session((s) => s.copyOut('COPY (SELECT a FROM nothing) TO STDOUT (FORMAT binary)'))
      expect(await driver.session((s) => s.copyIn('COPY nothing FROM STDIN (FORMAT binary)', pieces))).toBe(0)
    })

    test('a COPY whose rows cannot be made leaves nothing behind, and the session goes on', async () => {
      await driver.query('CREATE TABLE half (a INT8)')
      const [whole] = await driver.session((s) => s.copyOut('COPY (SELECT 1::INT8) TO STDOUT (FORMAT binary)'))
      const reason = new Error('row 2 is bad')
      function* pieces(): Iterable<Uint8Array> {
        yield (whole as Uint8Array).subarray(0, 33)
        throw reason
      }
      await driver.session(async (session) => {
        await expect(session.copyIn('COPY half FROM STDIN (FORMAT binary)', pieces())).rejects.toThrow('row 2 is bad')
        expect(await session.query('SELECT count(*) AS n FROM half')).toEqual([{ n: 0n }])
      })
    })

    test.each([
      ['rows of another form', 'COPY refused FROM STDIN (FORMAT binary)', '22P04'],
      ['a table that is missing', 'COPY lost FROM STDIN (FORMAT binary)', '42P01'],
    ])('a COPY of %s rejects with what the database says, however much there is to send', async (_, sql, sqlState) => {
      await driver.query('CREATE TABLE IF NOT EXISTS refused (a INT8)')
      const pieces = Array.from({ length: 200 }, () => new Uint8Array(65536).fill(7))
      await driver.session(async (session) => {
        await expect(session.copyIn(sql, pieces)).rejects.toMatchObject({ details: { sqlState } })
        expect(await session.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
      })
      await expect(
        driver.session((s) => s.copyOut('COPY (SELECT 1 / 0) TO STDOUT (FORMAT binary)')),
      ).rejects.toMatchObject({ details: { sqlState: '22012' } })
    })

    test('a signal that is aborted beforehand lets nothing happen', async () => {
      const signal = AbortSignal.abort(new Error('enough'))
      await expect(driver.query('CREATE TABLE never (a INT4)', [], { signal })).rejects.toThrow('enough')
      await expect(driver.transaction(async () => {}, { signal })).rejects.toThrow('enough')
      expect(await driver.query("SELECT to_regclass('never') IS NULL AS missing")).toEqual([{ missing: true }])
    })

    test('a transaction that is aborted between two statements is rolled back', async () => {
      await driver.query('CREATE TABLE between (a INT4)')
      const controller = new AbortController()
      const call = driver.transaction(
        async (session) => {
          await session.query('INSERT INTO between VALUES (1)')
          controller.abort(new Error('enough'))
          await session.query('INSERT INTO between VALUES (2)')
        },
        { signal: controller.signal },
      )
      await expect(call).rejects.toThrow('enough')
      expect(await driver.query('SELECT a FROM between')).toEqual([])
    })

    test('an abort after the end of the work, before COMMIT, rolls back too; one after COMMIT changes nothing', async () => {
      await driver.query('CREATE TABLE late (a INT4)')
      const early = new AbortController()
      const call = driver.transaction(
        async (session) => {
          await session.query('INSERT INTO late VALUES (1)')
          early.abort(new Error('enough'))
        },
        { signal: early.signal },
      )
      await expect(call).rejects.toThrow('enough')
      const late = new AbortController()
      await driver.transaction((session) => session.query('INSERT INTO late VALUES (2)'), { signal: late.signal })
      late.abort()
      expect(await driver.query('SELECT a FROM late')).toEqual([{ a: 2 }])
    })

    test('leaves no listener on a signal that lives on', async () => {
      const { signal } = new AbortController()
      let listeners = 0
      const counted = new Proxy(signal, {
        get(target, key) {
          if (key === 'addEventListener') listeners++
          if (key === 'removeEventListener') listeners--
          const value = Reflect.get(target, key, target)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
      for (let i = 0; i < 3; i++) await driver.query('SELECT 1', [], { signal: counted })
      await driver.query('SELECT 1 / 0', [], { signal: counted }).catch(() => {})
      expect(listeners).toBeLessThanOrEqual(0)
    })

    test('says how many connections there are', async () => {
      await driver.query('SELECT 1')
      expect(driver.pool).toMatchObject({ waiting: 0 })
      expect(driver.pool.total).toBeGreaterThanOrEqual(1)
    })

    test('closes behind what runs, once, and takes no more calls', async () => {
      const own = await open()
      const running = own.query('SELECT pg_sleep(0.2), 5 AS five')
      const closed = own.close()
      await expect(own.query('SELECT 1')).rejects.toThrow(ClosedError)
      expect(await running).toMatchObject([{ five: 5 }])
      await closed
      await own.close()
    })
  })
}

describe('sessions on PGlite', () => {
  test('are one after the other, in the order in which they were asked for', async () => {
    const driver = await embedded({ migrated: false })
    const seen: string[] = []
    const session = (name: string): Promise<void> =>
      driver.session(async (session) => {
        for (const step of [1, 2, 3]) {
          await session.query('SELECT 1')
          seen.push(`${name}${step}`)
        }
      })
    await Promise.all([session('a'), driver.transaction(async () => void seen.push('b')), session('c')])
    expect(seen).toEqual(['a1', 'a2', 'a3', 'b', 'c1', 'c2', 'c3'])
  })

  test('one that gives up waiting does not let the next one in before its turn', async () => {
    const driver = await embedded({ migrated: false })
    const seen: string[] = []
    let release = (): void => {}
    const first = driver.session(async () => {
      await new Promise<void>((done) => {
        release = done
      })
      seen.push('first')
    })
    const controller = new AbortController()
    const second = driver.query('SELECT 1', [], { signal: controller.signal })
    const third = driver.query('SELECT 1').then(() => seen.push('third'))
    controller.abort(new Error('enough'))
    await expect(second).rejects.toThrow('enough')
    expect(driver.pool).toEqual({ total: 1, idle: 0, waiting: 1 })
    release()
    await Promise.all([first, third])
    expect(seen).toEqual(['first', 'third'])
  })
})
