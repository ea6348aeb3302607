/**
 * A Chromium with a profile on the disk, which outlives its tabs and itself, and pages with a worker of ours.
 *
 * @module
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import { type BrowserContext, type CDPSession, chromium, type Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { CHROMIUM_ARGS, findChromium } from '../../../scripts/chromium.mjs'
import { pageWith, type Site, type SiteFile, serveSite } from '../../support/browser.js'
import type { Fault } from './answer.js'

const here = dirname(fileURLToPath(import.meta.url))

/** Passes calls to the worker and answers back. */
const PAGE = `
const worker = new Worker('./worker.js', { type: 'module' })
const waiting = new Map()
let last = 0
worker.onmessage = ({ data: [id, outcome] }) => {
  if (id === 0) return globalThis.told(outcome)
  waiting.get(id)?.(outcome)
  waiting.delete(id)
}
worker.onerror = ({ message }) => { for (const settle of waiting.values()) settle({ error: { name: 'WorkerError', message } }) }
globalThis.call = (...message) => new Promise((resolve) => {
  waiting.set(++last, resolve)
  worker.postMessage([last, ...message])
})
`

/** A TypeScript file, by its path from here, with everything that it imports. */
async function bundled(entry: string): Promise<SiteFile> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(here, entry)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
  })
  return { type: 'text/javascript', body: outputFiles[0]?.text ?? '' }
}

/** Serves pages whose worker is `entry`, under a strict policy, and `library` for the page to import. */
async function serveWorker(entry: string, library?: string): Promise<Site> {
  return serveSite(
    {
      '/': pageWith('./page.js'),
      '/page.js': { type: 'text/javascript', body: PAGE },
      '/worker.js': await bundled(entry),
      ...(library !== undefined && { '/library.js': await bundled(library) }),
    },
    {
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'content-security-policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'",
    },
  )
}

/** What a test of a page with a worker begins with. */
export interface Visit {
  readonly profile: Profile
  readonly site: Site
  /** A tab of its own, closed after the test with all others. */
  readonly tab: Tab
  /** A name that no other test of the suite has. */
  readonly folder: string
}

/** Gives each test of a suite a new tab of one profile, on a site that is served while the suite runs; see `serveWorker`. */
export function beginEachWithVisit(begin: (visit: Visit) => void, entry: string, library?: string): void {
  let profile: Profile
  let site: Site
  let folders = 0

  beforeAll(async () => {
    site = await serveWorker(entry, library)
    profile = await Profile.create()
  })

  afterAll(async () => {
    await profile?.remove()
    await site?.close()
  })

  beforeEach(async () => {
    begin({ profile, site, tab: await profile.visit(site), folder: `folder-${folders++}` })
  })

  afterEach(() => profile.closeTabs())
}

/** A profile, and the Chromium that has it open. */
export class Profile {
  private readonly folder: string
  private context: BrowserContext
  private tabs: Tab[] = []

  private constructor(folder: string, context: BrowserContext) {
    this.folder = folder
    this.context = context
  }

  /** A new one. */
  static async create(): Promise<Profile> {
    const folder = await mkdtemp(join(tmpdir(), 'experience-stream-profile-'))
    return new Profile(folder, await launch(folder))
  }

  /** Opens a tab. */
  async visit(site: Site): Promise<Tab> {
    const page = await this.context.newPage()
    const tab = new Tab(page, await this.context.newCDPSession(page))
    this.tabs.push(tab)
    await page.exposeFunction('told', (value: unknown) => tab.told.push(value))
    await page.goto(`${site.origin}/`)
    await page.waitForFunction(() => 'call' in globalThis)
    return tab
  }

  /** Closes every tab that is still open. */
  async closeTabs(): Promise<void> {
    await Promise.all(this.tabs.splice(0).map(({ page }) => page.close()))
  }

  /** Closes the browser and opens it again with the same profile. */
  async restart(): Promise<void> {
    await this.context.close().catch(() => undefined)
    this.context = await launch(this.folder)
  }

  /** Closes the browser and removes the profile. */
  async remove(): Promise<void> {
    await this.context.close().catch(() => undefined)
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** A page with its worker. */
export class Tab {
  readonly page: Page
  private readonly devtools: CDPSession
  /** What the worker told by itself. */
  readonly told: unknown[] = []

  constructor(page: Page, devtools: CDPSession) {
    this.page = page
    this.devtools = devtools
  }

  /** Calls a function of the worker. @throws {WorkerFault} what it threw */
  async call<T>(name: string, ...given: unknown[]): Promise<T> {
    const outcome = await this.page.evaluate(
      (message) => (globalThis as unknown as { call(...message: unknown[]): Promise<Outcome> }).call(...message),
      [name, ...given],
    )
    if (outcome.error !== undefined) throw new WorkerFault(outcome.error)
    return outcome.value as T
  }

  /** Loads the page anew, its worker with it. */
  async reload(): Promise<void> {
    await this.page.reload()
    await this.page.waitForFunction(() => 'call' in globalThis)
  }

  /** Lets the origin use so many bytes more than it does; without `more`, as many as the browser would. */
  async limitQuota(origin: string, more?: number): Promise<void> {
    const { usage } = await this.devtools.send('Storage.getUsageAndQuota', { origin })
    const quotaSize = more === undefined ? {} : { quotaSize: usage + more }
    await this.devtools.send('Storage.overrideQuotaForOrigin', { origin, ...quotaSize })
  }

  /** Ends the process of the tab where it stands. */
  async crash(): Promise<void> {
    const crashed = this.page.waitForEvent('crash')
    this.devtools.send('Page.crash').catch(() => undefined)
    await crashed
  }

  /** Ends the process of the browser where it stands, and all tabs with it. */
  async crashBrowser(): Promise<void> {
    const closed = this.page.waitForEvent('close')
    this.devtools.send('Browser.crash').catch(() => undefined)
    await closed
  }
}

interface Outcome {
  value?: unknown
  error?: Fault
}

/** What a function of the worker threw. */
export class WorkerFault extends Error {
  readonly fault: Fault

  constructor(fault: Fault) {
    super(`${fault.name}: ${fault.message}`)
    this.fault = fault
  }
}

function launch(folder: string): Promise<BrowserContext> {
  const executablePath = findChromium()
  return chromium.launchPersistentContext(folder, {
    ...(executablePath && { executablePath }),
    args: [...CHROMIUM_ARGS],
  })
}
