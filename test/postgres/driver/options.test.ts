import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../../../src/errors.js'
import { connectDatabase } from '../../../src/postgres/connect.js'
import { driverSettings } from '../../../src/postgres/driver/options.js'

const URL = 'postgres://user@127.0.0.1:1/app'

describe('options of a connection', () => {
  test('have defaults', () => {
    expect(driverSettings({})).toEqual({
      poolSize: 4,
      statementTimeoutMs: 30_000,
      connectTimeoutMs: 10_000,
      idleTimeoutMs: 10_000,
      tls: undefined,
      applicationName: 'experience-stream',
    })
    expect(driverSettings({ tls: 'require' }).tls).toEqual({ rejectUnauthorized: false })
    expect(driverSettings({ tls: 'verify-full' }).tls).toEqual({ rejectUnauthorized: true })
  })

  test.each<[string, object, RegExp]>([
    ['an unknown one', { poolsize: 4 }, /no 'poolsize'.*poolSize/],
    ['poolSize 0', { poolSize: 0 }, /poolSize must be an integer in \[1, 1000\], got 0/],
    ['a text as poolSize', { poolSize: '4' }, /poolSize/],
    ['statementTimeoutMs 0', { statementTimeoutMs: 0 }, /statementTimeoutMs/],
    ['a timeout that no timer takes', { connectTimeoutMs: 2 ** 31 }, /connectTimeoutMs/],
    ['a fraction', { idleTimeoutMs: 1.5 }, /idleTimeoutMs/],
    ['tls true', { tls: true }, /'require', 'verify-full'/],
    ['a name that is too long', { applicationName: 'x'.repeat(64) }, /applicationName/],
    ['a name with a line break', { applicationName: 'a\nb' }, /applicationName/],
    ['migrate as a text', { migrate: 'yes' }, /migrate/],
    ['a signal that is none', { signal: {} }, /signal/],
    ['null', null as never, /options/],
  ])('%s is refused', async (_, options, message) => {
    const error = await connectDatabase(URL, options).catch((failure) => failure)
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(error.message).toMatch(message)
  })

  test('those that a target cannot keep are refused, not passed over', async () => {
    await expect(connectDatabase('memory://', { tls: 'require' })).rejects.toThrow(
      /tls is not for an embedded database/,
    )
    const pool = new pg.Pool({ connectionString: URL })
    await expect(connectDatabase(pool, { poolSize: 2 })).rejects.toThrow(/poolSize is not for a pool of your own/)
    await pool.end()
  })

  test.each<[string, unknown]>([
    ['a number', 5],
    ['null', null],
    ['a client', new pg.Client()],
    ['an empty text', ''],
    ['a name of a host', 'localhost'],
    ['the URL of something else', 'https://example.com'],
    ['a folder without a name', 'file://'],
    ['a memory with a name', 'memory://x'],
  ])('%s is no database', async (_, target) => {
    await expect(connectDatabase(target as never)).rejects.toThrow(InvalidArgumentError)
  })
})
