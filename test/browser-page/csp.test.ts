/**
 * The plain script page: the self-contained browser file, loaded by a `<script type="module">`, under several policies.
 */

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, launchChromium, pageWith, type SiteFile, serveSite } from '../support/browser.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

const MAIN = `
import { ExperienceStream } from './experience-stream.js'
const outcome = async (make) => {
  try {
    const stream = await make()
    return String(stream.writeEvent({})) + String(stream.writeEvent({})) + stream.sampleSeqs(1).length
  } catch (error) {
    return 'failed: ' + error.message
  }
}
globalThis.outcome = Promise.all([
  outcome(() => ExperienceStream.create({ capacity: 10 })),
  outcome(() => ExperienceStream.createSync({ capacity: 10 })),
])
`

const WORKER = `
import { ExperienceStream } from './experience-stream.js'
const made = await ExperienceStream.create({ capacity: 10 })
const sync = ExperienceStream.createSync({ capacity: 10 })
postMessage([made.writeEvent({}), sync.writeEvent({})])
`

const STARTS_WORKER = `
const worker = new Worker('./worker.js', { type: 'module' })
globalThis.outcome = new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data) })
`

describe.skipIf(!hasChromium)('the plain script page', () => {
  let browser: Browser
  let files: Record<string, SiteFile>

  beforeAll(async () => {
    const library = readFileSync(join(root, 'dist', 'browser', 'experience-stream.js'))
    files = {
      '/': pageWith('./main.js'),
      '/threaded': pageWith('./starts-worker.js'),
      '/main.js': { type: 'text/javascript', body: MAIN },
      '/worker.js': { type: 'text/javascript', body: WORKER },
      '/starts-worker.js': { type: 'text/javascript', body: STARTS_WORKER },
      '/experience-stream.js': { type: 'text/javascript', body: library },
    }
    browser = await launchChromium()
  })

  afterAll(() => browser?.close())

  async function outcomeOn(path: string, policy?: string): Promise<{ outcome: unknown; requests: string[] }> {
    const site = await serveSite(files, policy === undefined ? {} : { 'content-security-policy': policy })
    const page = await browser.newPage()
    try {
      await page.goto(site.origin + path)
      await page.waitForFunction(() => 'outcome' in globalThis)
      const outcome = await page.evaluate(() => (globalThis as unknown as { outcome: unknown }).outcome)
      return { outcome, requests: site.requests.filter((request) => request !== '/favicon.ico') }
    } finally {
      await page.close()
      await site.close()
    }
  }

  test('runs from one file, without another request', async () => {
    const { outcome, requests } = await outcomeOn('/')
    expect(outcome).toEqual(['011', '011'])
    expect(requests).toEqual(['/', '/main.js', '/experience-stream.js'])
  })

  test("runs under the strictest policy that has 'wasm-unsafe-eval', with all connections forbidden", async () => {
    const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'none'"
    expect((await outcomeOn('/', policy)).outcome).toEqual(['011', '011'])
  })

  test("says what is wrong where the policy lacks 'wasm-unsafe-eval'", async () => {
    const { outcome } = await outcomeOn('/', "default-src 'none'; script-src 'self'")
    const [made, sync] = outcome as string[]
    expect(made).toMatch(/^failed: .*(?:Content Security Policy|unsafe-eval)/i)
    expect(sync).toMatch(/^failed: .*(?:Content Security Policy|unsafe-eval)/i)
  })

  test('runs in a module worker, made asynchronously and synchronously', async () => {
    expect((await outcomeOn('/threaded')).outcome).toEqual([0, 0])
  })
})
