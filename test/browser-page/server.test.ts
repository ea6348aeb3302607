/**
 * The example page's server, asked for what it should and should not give.
 */

import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PageServer, runPageServer, startPageServer } from './server.js'

let server: PageServer

beforeAll(async () => {
  server = await startPageServer()
})

afterAll(() => server?.stop())

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** A request whose path goes over the wire as it is written. */
function ask(path: string, options: { method?: string; host?: string } = {}): Promise<Answer> {
  const { hostname, port } = new URL(server.origin)
  const { method = 'GET', host = `${hostname}:${port}` } = options
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers: { host } }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

test('it gives the page, its style, its scripts and the library', async () => {
  expect((await ask('/')).body).toContain('<h1>What this page experienced</h1>')
  expect((await ask('/?from=elsewhere')).status).toBe(200)
  expect((await ask('/page.css')).headers['content-type']).toBe('text/css; charset=utf-8')
  expect((await ask('/main.js')).headers['content-type']).toBe('text/javascript; charset=utf-8')
  expect((await ask('/experience-stream.js')).body).toContain('ExperienceStream')
})

test.each([
  '/../package.json',
  '/../../package.json',
  '/%2e%2e/package.json',
  '/..%2fpackage.json',
  '/..\\package.json',
  '//etc/passwd',
  '/./main.js',
  '/serve.js',
  '/main.ts',
  '/main.js.map',
  '/main.js/',
  '/__proto__',
  '/constructor',
  `/${'a'.repeat(10_000)}`,
  'http://127.0.0.1/etc/passwd',
])('it has no file at %s', async (path) => {
  const { status, body } = await ask(path)
  expect(status).toBe(404)
  expect(body).toBe('there is no such file\n')
})

test('it answers GET and HEAD only', async () => {
  expect((await ask('/', { method: 'POST' })).status).toBe(405)
  const head = await ask('/main.js', { method: 'HEAD' })
  expect(head.status).toBe(200)
  expect(head.body).toBe('')
  expect(Number(head.headers['content-length'])).toBeGreaterThan(100)
})

test('it does not answer to a name that was bent to loopback', async () => {
  expect((await ask('/', { host: 'attacker.example' })).status).toBe(421)
  expect((await ask('/', { host: 'localhost:8017' })).status).toBe(200)
})

test('it sends a policy that runs the page alone and connects to nothing', async () => {
  const { headers } = await ask('/')
  const policy = String(headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'")
  expect(policy).toMatch(/script-src 'self' 'wasm-unsafe-eval' 'sha256-[A-Za-z0-9+/]{43}='/)
  expect(policy).toContain("connect-src 'none'")
  expect(policy).toContain("form-action 'none'")
  expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|\*/)
  expect(headers['x-content-type-options']).toBe('nosniff')
})

test('it listens on loopback alone', async ({ skip }) => {
  const outside = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).filter((i) => !i.internal))
  const address = outside.find(({ family }) => family === 'IPv4')?.address
  if (address === undefined) return skip('this machine has no other address')
  const socket = connect(Number(new URL(server.origin).port), address)
  const [error] = await once(socket, 'error')
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
})

test('Ctrl-C ends it with status 0, also while a connection is open', async () => {
  const other = await startPageServer()
  const socket = connect(Number(new URL(other.origin).port), '127.0.0.1')
  await once(socket, 'connect')
  expect(await other.stop()).toBe(0)
  socket.destroy()
})

test.each([
  [['--port', 'many'], '--port is many, expected an integer in [0, 65535]'],
  [['--port', '70000'], '--port is 70000, expected an integer in [0, 65535]'],
  [['--depth', '3'], '--depth'],
])('%j is refused with a message and without a stack', async (args, message) => {
  const { status, stderr } = await runPageServer(args)
  expect(status).toBe(1)
  expect(stderr).toContain(message)
  expect(stderr).not.toMatch(/^\s+at /m)
})
