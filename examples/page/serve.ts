/**
 * Serves the example page on loopback: `npm run page [-- --port N]`.
 *
 * It answers GET and HEAD for a fixed list of files, made at the start: whatever else is asked for, `..` included, is not
 * on the list. The security policy that it sends lets the page run its own scripts and WebAssembly, and connect to nothing.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const HOST = '127.0.0.1'
const DEFAULT_PORT = 8017
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..', '..')

main()

function main(): void {
  const port = portOf(process.argv.slice(2))
  const files = servedFiles()
  const headers = headersFor(readFileSync(join(here, 'index.html'), 'utf8'))
  const server = createServer((request, response) => answer(files, headers, request, response))
  server.on('error', (error) => fail(`cannot listen on ${HOST}:${port}: ${error.message}`))
  server.listen(port, HOST, () => {
    const { port: taken } = server.address() as AddressInfo
    console.log(`The page is at http://${HOST}:${taken}/ (Ctrl-C ends)`)
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      server.close()
      server.closeAllConnections()
    })
  }
}

function portOf(args: string[]): number {
  try {
    const { values } = parseArgs({ args, options: { port: { type: 'string', default: String(DEFAULT_PORT) } } })
    if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) {
      throw new Error(`--port is ${values.port}, expected an integer in [0, 65535]`)
    }
    return Number(values.port)
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error))
  }
}

/** What is served: request path → file. */
function servedFiles(): Map<string, string> {
  const library = join(root, 'dist', 'browser', 'experience-stream.js')
  if (!existsSync(library)) fail('the package is not built: run `npm run build`')
  const page = readdirSync(here).filter((name) => extname(name) in TYPES && name !== 'serve.js')
  return new Map([
    ['/', join(here, 'index.html')],
    ['/experience-stream.js', library],
    ...page.map((name): [string, string] => [`/${name}`, join(here, name)]),
  ])
}

/** The import map is the page's only inline script; the policy names it by its hash. */
function headersFor(html: string): Record<string, string> {
  const [, map = ''] = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html) ?? []
  const hash = createHash('sha256').update(map).digest('base64')
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash}'`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    'content-security-policy': policy.join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  }
}

function answer(
  files: Map<string, string>,
  headers: Record<string, string>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const send = (status: number, type: string, body: string | Buffer): void => {
    response.writeHead(status, { ...headers, 'content-type': type, 'content-length': Buffer.byteLength(body) })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  const refuse = (status: number, text: string): void => send(status, 'text/plain; charset=utf-8', `${text}\n`)
  const [host = ''] = (request.headers.host ?? '').split(':')
  const [path = ''] = (request.url ?? '').split('?')
  const file = files.get(path)
  if (host !== HOST && host !== 'localhost') refuse(421, 'this server answers to loopback names only')
  else if (request.method !== 'GET' && request.method !== 'HEAD') refuse(405, 'only GET and HEAD are answered')
  else if (file === undefined) refuse(404, 'there is no such file')
  else {
    try {
      send(200, TYPES[extname(file)] ?? 'application/octet-stream', readFileSync(file))
    } catch {
      refuse(500, 'the file could not be read')
    }
  }
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
