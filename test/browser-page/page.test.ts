/**
 * The example page, driven with a real mouse and keyboard in a real Chromium.
 */

import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EventFlags } from '../../src/index.js'
import { hasChromium, launchChromium, serveSite } from '../support/browser.js'
import { type PageServer, startPageServer } from './server.js'
import { coloursOf, countOf, eventsOf, keyReads, ringBytes, statsOf, type Visit, visit } from './visitor.js'

const MOVE = 0xf001
const CLICK = 0xf002
const SCROLL = 0xf003
const KEY = 0xf004
const LONG_TASK = 0xf005
const ERROR = 0xf006

const SECRET = 'zanzibar-4711'
const artifacts = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'artifacts')

describe.skipIf(!hasChromium)('the example page', () => {
  let browser: Browser
  let server: PageServer
  let current: Visit

  beforeAll(async () => {
    mkdirSync(artifacts, { recursive: true })
    server = await startPageServer()
    browser = await launchChromium()
  })

  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  beforeEach(async () => {
    current = await visit(browser, server.origin)
  })

  afterEach(() => current.close())

  test('every click, keystroke and error becomes one event, moves and scrolls at least some', async () => {
    const { page } = current
    await page.mouse.move(100, 100)
    await page.mouse.move(900, 500, { steps: 40 })
    for (const name of ['Succeed at something', 'Cause an error', 'Block for 120 ms'])
      await page.getByText(name).click()
    await page.getByLabel('Type anything').click()
    await page.keyboard.type('twelve chars')
    await page.mouse.wheel(0, 400)
    await expect.poll(() => countOf(page, SCROLL)).toBeGreaterThan(0)
    await expect.poll(() => countOf(page, LONG_TASK)).toBeGreaterThan(0)
    expect(await countOf(page, CLICK)).toBe(4)
    expect(await countOf(page, KEY)).toBe(12)
    expect(await countOf(page, ERROR)).toBe(1)
    expect(await countOf(page, MOVE)).toBeGreaterThan(10)
    expect(await countOf(page, MOVE)).toBeLessThanOrEqual(45)
    expect(current.errors).toEqual(['an error on request'])
  })

  test('an event holds the documented state and action', async () => {
    const { page } = current
    await page.mouse.move(320, 200)
    await page.mouse.move(640, 500)
    const [, last] = await eventsOf(page, MOVE)
    expect(last?.state[0]).toBeCloseTo(0.5, 5)
    expect(last?.action[0]).toBeCloseTo(0.25, 5)
    expect(last?.action[1]).toBeCloseTo(0.3, 5)
    expect(last?.state[2]).toBeGreaterThan(0)
    expect(last?.flags).toSatisfy((flags: number) => (flags & EventFlags.TRAJECTORY) !== 0)
    await page.getByText('Succeed at something').click()
    await page.getByText('Cause an error').click()
    const [good, bad] = await eventsOf(page, CLICK)
    expect(good?.action.slice(5)).toEqual([1, 1, 1])
    expect(good?.state[7]).toBe(1)
    expect(bad?.state[6]).toBeGreaterThan(0.5)
    const [error] = await eventsOf(page, ERROR)
    expect(error?.state[6]).toBeLessThan(-0.9)
    expect(error?.flags).toSatisfy((flags: number) => (flags & EventFlags.ERROR) !== 0)
    for (const event of [...(await eventsOf(page, MOVE)), ...(await eventsOf(page, CLICK))]) {
      const outside = event.state.filter((value, i) => value > 1 || value < (i === 6 ? -1 : 0))
      expect(outside).toEqual([])
    }
  })

  test('of what is typed only the rhythm is kept: the page never even asks which key it was', async () => {
    const { page } = current
    await page.getByLabel('Type anything').click()
    await page.keyboard.type(SECRET, { delay: 5 })
    const keys = await eventsOf(page, KEY)
    expect(keys).toHaveLength(SECRET.length)
    for (const { action } of keys) {
      const [dx, dy, cost, interval, held, button, onControl, trusted] = action
      expect([dx, dy, button, onControl, trusted]).toEqual([0, 0, 0, 1, 1])
      expect(cost).toBe(held)
      expect(interval).toBeLessThan(10)
    }
    expect(await keyReads(page)).toEqual([])
    const bytes = await ringBytes(page)
    expect(bytes.length).toBeGreaterThan(SECRET.length * 128)
    expect(bytes).not.toContain(SECRET)
    expect(bytes).not.toContain(Array.from(SECRET).join('\0'))
    const stored = await page.evaluate(async () => [
      document.cookie,
      localStorage.length,
      sessionStorage.length,
      (await indexedDB.databases()).length,
      (await caches.keys()).length,
    ])
    expect(stored).toEqual(['', 0, 0, 0, 0])
    expect(await page.evaluate(() => document.body.textContent)).not.toContain(SECRET)
  })

  test('the appraisers score every event and the sample shows them with their probabilities', async () => {
    const { page } = current
    await page.mouse.move(200, 200)
    await page.mouse.move(1000, 700, { steps: 30 })
    await page.getByText('Succeed at something').click()
    await page.getByText('Succeed at something').click()
    await expect
      .poll(async () => {
        const { written, rewards } = await statsOf(page)
        return written - rewards.fullyAppraised
      })
      .toBe(0)
    const rows = page.locator('#sample tr')
    await expect.poll(() => rows.count()).toBe(8)
    const probabilities = await rows.locator('td:last-child').allTextContents()
    const shares = probabilities.map((text) => Number.parseFloat(text))
    expect(shares.every((share) => share > 0 && share <= 100)).toBe(true)
    expect(shares).toEqual([...shares].sort((a, b) => b - a))
    expect(new Set(await rows.locator('td:first-child').allTextContents()).size).toBe(8)
    expect(await page.locator('#fact-missed').textContent()).toBe('0')
  })

  test('the accounts balance, for the ring and for every subscriber', async () => {
    const { page } = current
    await page.mouse.move(100, 100)
    await page.mouse.move(700, 700, { steps: 50 })
    const { written, readable, evicted, subscriptions } = await statsOf(page)
    expect(written).toBe(readable + evicted)
    expect(subscriptions).toHaveLength(5)
    for (const { received, filtered, missed, position, from } of subscriptions) {
      expect(received + filtered + missed).toBe(position - from)
    }
  })

  test('the button writes a million events into a second ring without freezing the page', async () => {
    const { page } = current
    await page.mouse.move(300, 300)
    const before = await countOf(page, MOVE)
    await page.getByRole('button', { name: 'Write 1,000,000 synthetic events' }).click()
    const result = page.locator('#million-result')
    await expect.poll(() => result.textContent(), { timeout: 20_000 }).toMatch(/ns per event/)
    const text = (await result.textContent()) ?? ''
    console.log(`example page: ${text}`)
    const [, ns, rate, slices, longest] =
      /^([\d.]+) ns per event · ([\d.]+) million .* longest of (\d+) slices ([\d.]+) ms/.exec(text) ?? []
    expect(Number(ns)).toBeGreaterThan(0)
    expect(Number(ns) * Number(rate)).toBeGreaterThan(900)
    expect(Number(slices)).toBeGreaterThan(1)
    expect(Number(longest)).toBeLessThan(100)
    expect(text).toContain('1,000,000 written = 250,000 readable + 750,000 evicted')
    expect(await countOf(page, MOVE)).toBeGreaterThanOrEqual(before)
    expect((await statsOf(page)).evicted).toBe(0)
    await page.getByRole('button', { name: 'Write 1,000,000 synthetic events' }).click()
    await expect.poll(() => result.textContent(), { timeout: 20_000 }).toContain('2,000,000 written')
  })

  test('a paused page records nothing until it goes on', async () => {
    const { page } = current
    const pause = page.getByRole('button', { name: 'Pause recording' })
    await pause.click()
    expect(await pause.getAttribute('aria-pressed')).toBe('true')
    const { written } = await statsOf(page)
    await page.mouse.move(100, 100)
    await page.mouse.move(600, 600, { steps: 20 })
    await page.keyboard.press('a')
    expect((await statsOf(page)).written).toBe(written)
    await pause.click()
    await page.mouse.move(100, 100, { steps: 5 })
    expect((await statsOf(page)).written).toBeGreaterThan(written)
  })

  test('nothing leaves the page: every way out is closed, and after loading it asks for nothing', async () => {
    const { page, requests } = current
    const elsewhere = await serveSite({})
    const loaded = requests.length
    await page.mouse.move(500, 500, { steps: 20 })
    await page.getByRole('button', { name: 'Write 1,000,000 synthetic events' }).click()
    await page.getByText('ns per event').waitFor()
    expect(requests.slice(loaded)).toEqual([])
    expect(requests.every((url) => url.startsWith(`${server.origin}/`))).toBe(true)
    const tried = await page.evaluate(async (target) => {
      const violations = new Set<string>()
      const allRefused = new Promise<void>((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => {
          if (violations.add(event.effectiveDirective).size === 4) resolve()
        })
      })
      const fetched = await Promise.all([fetch(target), fetch('/')].map((call) => call.then(String, () => 'refused')))
      navigator.sendBeacon(target, 'x')
      new Image().src = `${target}/image`
      const socket = new WebSocket(target.replace('http', 'ws'))
      await new Promise((resolve) => socket.addEventListener('error', resolve))
      document.body.append(Object.assign(document.createElement('iframe'), { src: target }))
      document.body.append(Object.assign(document.createElement('script'), { src: `${target}/script.js` }))
      await allRefused
      return { fetched, violations: [...violations].sort() }
    }, elsewhere.origin)
    expect(tried.fetched).toEqual(['refused', 'refused'])
    expect(tried.violations).toEqual(['connect-src', 'frame-src', 'img-src', 'script-src-elem'])
    expect(elsewhere.requests).toEqual([])
    await elsewhere.close()
  })

  test('the canvases show something, and say so to those who do not see them', async () => {
    const { page } = current
    await page.mouse.move(100, 100)
    await page.mouse.move(1100, 600, { steps: 60 })
    await page.getByText('Succeed at something').click()
    const strip = page.getByRole('img', { name: /^The state of the newest \d+ events; now across 0\.\d\d/ })
    await strip.waitFor()
    await expect.poll(() => coloursOf(page, 'strip')).toBeGreaterThan(10)
    await expect.poll(() => coloursOf(page, 'rates')).toBeGreaterThan(2)
    expect(await page.locator('#rates').getAttribute('aria-label')).toMatch(/at most [1-9]\d*$/)
    await page.getByText('Block for 120 ms').click()
    await page.getByLabel('Type anything').pressSequentially('hello ring')
    await page.mouse.wheel(0, 300)
    await page.locator('#million').click()
    await page.getByText('ns per event').waitFor()
    await page.evaluate(() => scrollTo(0, 0))
    await page.mouse.move(900, 800, { steps: 80 })
    await page.screenshot({ path: join(artifacts, 'page-light.png'), fullPage: true })
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.mouse.move(300, 500, { steps: 40 })
    await page.screenshot({ path: join(artifacts, 'page-dark.png'), fullPage: true })
  })

  test('on a phone nothing is wider than the screen, and with reduced motion it draws all the same', async () => {
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, reducedMotion: 'reduce' as const }
    const other = await visit(browser, server.origin, phone)
    await other.page.getByText('Succeed at something').tap()
    await other.page.getByText('Succeed at something').tap()
    await expect.poll(() => countOf(other.page, CLICK)).toBe(2)
    await other.page.getByRole('img', { name: /^The state of the newest \d+ events/ }).waitFor()
    await expect.poll(() => other.page.locator('#fact-appraised').textContent()).not.toBe('0')
    expect(await other.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    await other.page.screenshot({ path: join(artifacts, 'page-phone.png'), fullPage: true })
    await other.close()
  })
})
