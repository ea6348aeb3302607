/**
 * A visitor of the example page in a real Chromium, with traps around what the page must not touch.
 *
 * @module
 */

import type { Browser, BrowserContextOptions, Page } from 'playwright'
import type { ExperienceStream } from '../../src/index.js'

/** What the page offers to its console. */
type Console = typeof globalThis & { experience: ExperienceStream; reads: string[] }

/** The opened page, every request that it made, and every error that it reported. */
export interface Visit {
  page: Page
  requests: string[]
  errors: string[]
  close(): Promise<void>
}

/** Opens the page in a context of its own and waits until it records. */
export async function visit(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1000 }, ...options })
  const page = await context.newPage()
  const requests: string[] = []
  const errors: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.addInitScript(watchKeyReads)
  await page.goto(`${origin}/`)
  await page.getByText('Recording.').waitFor()
  return { page, requests, errors, close: () => context.close() }
}

/** Notes every read of what a key was, and of what a text field holds. */
function watchKeyReads(): void {
  const reads: string[] = []
  Object.assign(globalThis, { reads })
  const watched: [object, string[]][] = [
    [KeyboardEvent.prototype, ['key', 'code', 'keyCode', 'charCode', 'location']],
    [UIEvent.prototype, ['which']],
    [InputEvent.prototype, ['data']],
    [HTMLTextAreaElement.prototype, ['value', 'textLength']],
    [HTMLInputElement.prototype, ['value']],
  ]
  for (const [target, names] of watched) {
    for (const name of names) {
      const get = Object.getOwnPropertyDescriptor(target, name)?.get
      if (get === undefined) throw new Error(`this browser has no getter for ${name}`)
      Object.defineProperty(target, name, {
        configurable: true,
        get() {
          reads.push(name)
          return get.call(this)
        },
      })
    }
  }
}

/** Names of the guarded properties that the page has read so far. */
export function keyReads(page: Page): Promise<string[]> {
  return page.evaluate(() => (globalThis as Console).reads)
}

/** How many events of a type code the page's ring holds. */
export function countOf(page: Page, type: number): Promise<number> {
  return page.evaluate((types) => (globalThis as Console).experience.count({ types }), type)
}

/** The events of a type code, with state and action as plain arrays. */
export function eventsOf(page: Page, type: number) {
  return page.evaluate((types) => {
    const batch = (globalThis as Console).experience.find({ types })
    return batch.toArray().map((event) => ({
      flags: event.flags,
      episodeId: String(event.episodeId),
      stepNumber: event.stepNumber,
      timestamp: event.timestamp,
      state: Array.from(event.state),
      action: Array.from(event.action),
    }))
  }, type)
}

/** The stream's own accounting. */
export function statsOf(page: Page) {
  return page.evaluate(() => (globalThis as Console).experience.stats())
}

/** Every byte that the ring holds, as one Latin-1 string. */
export function ringBytes(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { experience } = globalThis as Console
    let text = ''
    for (const bytes of experience.segments(experience.oldestSeq, experience.totalWritten)) {
      for (const byte of bytes) text += String.fromCharCode(byte)
    }
    return text
  })
}

/** How many different colours a canvas shows; 1 is an empty one. */
export function coloursOf(page: Page, id: string): Promise<number> {
  return page.evaluate((name) => {
    const canvas = document.getElementById(name) as HTMLCanvasElement
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] }
    return new Set(new Uint32Array(Uint8Array.from(data).buffer)).size
  }, id)
}
