import { inspect } from 'node:util'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../../../src/errors.js'
import { connectDatabase } from '../../../src/postgres/connect.js'
import { destinationOf } from '../../../src/postgres/driver/address.js'

describe('where a URL leads', () => {
  test.each([
    ['postgres://u:p@db.example:6543/app', 'db.example:6543/app'],
    ['postgresql://db.example/app', 'db.example:5432/app'],
    ['postgres://u:p@[::1]:6543/app', '::1:6543/app'],
    ['postgres://u:p@/app?host=/var/run/postgresql', '/var/run/postgresql/app'],
    ['postgres://u:p@ignored/app?host=other&port=99&password=hidden', 'other:99/app'],
  ])('%s leads to %s', (url, address) => {
    expect(destinationOf(pg, url).address).toBe(address)
  })

  test('the passwords of a URL are known in every form', () => {
    const { secrets } = destinationOf(pg, 'postgres://u:p%40ss%2Fword@db/app?password=other')
    expect(secrets).toEqual(expect.arrayContaining(['p%40ss%2Fword', 'other']))
    expect(destinationOf(pg, 'postgres://u:p%40ss%2Fword@db/app').secrets).toContain('p@ss/word')
  })
})

const SECRET = 'Tr0ub4dor'

describe('no URL shows its password', () => {
  test.each([
    `postgres://user:${SECRET}@127.0.0.1:1/app`,
    `postgres://user:${SECRET}@127.0.0.1:1/app?sslmode=disable`,
    `postgres://127.0.0.1:1/app?user=u&password=${SECRET}`,
    `postgres://user:12/${SECRET}@127.0.0.1:1/app`,
    `postgres://user:12?${SECRET}@127.0.0.1:1/app`,
    `postgres://user:12#${SECRET}@127.0.0.1:1/app`,
    `postgres://user:a/${SECRET}@127.0.0.1:1/app`,
    `postgres://user:${SECRET}@127.0.0.1:99999/app`,
    `postgres://user:${SECRET}@127.0.0.1:1/app#x`,
    `postgres://user:%zz${SECRET}@127.0.0.1:1/app`,
    `postgres://user:${SECRET}@`,
    `postgres:user:${SECRET}@127.0.0.1:1/app`,
    `postgers://user:${SECRET}@127.0.0.1:1/app`,
    `mysql://user:${SECRET}@127.0.0.1:1/app`,
    `${SECRET}://x`,
    ` postgres://user:${SECRET}@127.0.0.1:1/app`,
    `user:${SECRET}@127.0.0.1:1/app`,
    `postgres://user:${SECRET}@127.0.0.1:1/app?sslrootcert=/none/${SECRET}`,
    `memory://${SECRET}`,
  ])('%s', async (url) => {
    const error = await connectDatabase(url, { connectTimeoutMs: 2000 }).then(
      () => undefined,
      (failure) => failure,
    )
    expect(error).toBeInstanceOf(Error)
    const shown = `${inspect(error, { depth: 10, showHidden: true })} ${JSON.stringify(error)} ${error.stack}`
    expect(shown).not.toContain(SECRET)
  })

  test('a URL that says how to encrypt and the option tls do not go together', async () => {
    const url = `postgres://user:${SECRET}@127.0.0.1:1/app?sslmode=disable`
    await expect(connectDatabase(url, { tls: 'require' })).rejects.toThrow(InvalidArgumentError)
  })
})
