import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { PostgresServer } from '../../../scripts/postgres.mjs'
import type { DriverOptions } from '../../../src/postgres/driver/options.js'
import { connectServer } from '../../../src/postgres/driver/server.js'
import { describeOwnServer, startServer } from '../support/databases.js'

const ENCRYPTED = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Certificates are made by openssl; without it there is nothing to encrypt with. */
const describeTls = hasOpenssl() ? describeOwnServer : describe.skip

describeTls('a server with a certificate of its own', () => {
  let server: PostgresServer
  let certificate: string
  beforeAll(async () => {
    server = await startServer()
    const { home, data } = server
    const [key, cert] = [join(home, 'server.key'), join(home, 'server.crt')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    execFileSync(
      'openssl',
      ['req', '-new', '-x509', '-days', '1', '-nodes', '-keyout', key, '-out', cert, ...subject],
      {
        stdio: 'ignore',
      },
    )
    const { uid, gid } = statSync(data)
    for (const [from, name] of [
      [key, 'server.key'],
      [cert, 'server.crt'],
    ] as const) {
      copyFileSync(from, join(data, name))
      chmodSync(join(data, name), 0o600)
      chownSync(join(data, name), uid, gid)
    }
    certificate = readFileSync(cert, 'utf8')
    await server.stop()
    await server.start({ ssl: 'on' })
  })
  afterAll(() => server?.remove())

  async function encrypted(options: DriverOptions, parameters = ''): Promise<unknown> {
    const driver = await connectServer(`${server.url()}${parameters}`, options)
    try {
      return (await driver.query(ENCRYPTED))[0]?.ssl
    } finally {
      await driver.close()
    }
  }

  test('is spoken to as the caller wants it', async () => {
    expect(await encrypted({})).toBe(false)
    expect(await encrypted({ tls: 'require' })).toBe(true)
    expect(await encrypted({ tls: { ca: certificate } })).toBe(true)
    expect(await encrypted({}, '?sslmode=no-verify')).toBe(true)
  })

  test('is not trusted by verify-full, which no follower tries again', async () => {
    const failure = await encrypted({ tls: 'verify-full' }).catch((error) => error)
    expect(failure).toMatchObject({
      code: 'DATABASE',
      retryable: false,
      details: { reason: expect.stringMatching(/CERT/) },
    })
  })

  test('cancels an aborted statement as well', async () => {
    const driver = await connectServer(server.url(), { tls: 'require' })
    const controller = new AbortController()
    const call = driver.query('SELECT pg_sleep(60)', [], { signal: controller.signal })
    call.catch(() => {})
    const active =
      "SELECT count(*)::INT4 AS n FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
    await vi.waitFor(async () => expect(await driver.query(active)).toEqual([{ n: 1 }]))
    controller.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    expect(await driver.query(active)).toEqual([{ n: 0 }])
    await driver.close()
  })
})

describeOwnServer('a server without a certificate', () => {
  test('is not spoken to where encryption is required', async () => {
    const server = await startServer()
    const driver = await connectServer(server.url(), { tls: 'require' })
    await expect(driver.query('SELECT 1')).rejects.toThrow(/does not support SSL/)
    await driver.close()
  })
})
