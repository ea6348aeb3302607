/**
 * A real Chromium and small servers on loopback, for tests that run in Node and drive pages from outside.
 *
 * @module
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium } from 'playwright'
import { CHROMIUM_ARGS, CHROMIUM_HELP, findChromium } from '../../scripts/chromium.mjs'

/** Whether this machine has a Chromium; says loudly what is missing if not. */
export const hasChromium = findChromium() !== undefined
if (!hasChromium) console.warn(`\nSKIPPED, NO CHROMIUM: ${CHROMIUM_HELP}\n`)

/** Starts the machine's Chromium. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error(`no Chromium: ${CHROMIUM_HELP}`)
  return chromium.launch({ executablePath, args: [...CHROMIUM_ARGS] })
}

/** One file of a {@link Site}. */
export interface SiteFile {
  type: 'text/html' | 'text/javascript'
  body: string | Uint8Array
}

/** A server on loopback with a fixed set of files; `requests` lists the paths that were asked for. */
export interface Site {
  origin: string
  requests: string[]
  close(): Promise<void>
}

/** Serves files by their path, with the same headers for each; every other path is a 404. */
export async function serveSite(files: Record<string, SiteFile>, headers: Record<string, string> = {}): Promise<Site> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    requests.push(path)
    const file = files[path]
    response.writeHead(file ? 200 : 404, { ...headers, 'content-type': `${file?.type ?? 'text/plain'}; charset=utf-8` })
    response.end(file?.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A page that runs one module script. */
export function pageWith(script: string): SiteFile {
  return {
    type: 'text/html',
    body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>test</title><script type="module" src="${script}"></script></html>`,
  }
}
