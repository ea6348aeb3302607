/**
 * A durable stream that a worker shares with its page, in a real Chromium: the journal is in the worker, both write.
 */

import { describe, expect, test } from 'vitest'
import { hasChromium, type Site } from '../support/browser.js'
import type { Fault } from './opfs/answer.js'
import { beginEachWithVisit, type Profile, type Tab } from './opfs/visit.js'

/** What the journal holds. */
interface Contents {
  steps: Record<number, number>
  faults: string[]
  end: number
  events: number
  gaps: number
  rewards: number
}

/** Of a page that takes part: writes `events` in a row, coming back as it is told to, and says how often that was. */
const TAKE_PART = `async (events) => {
  const { ExperienceStream } = await import('/library.js')
  const { value } = await call('handle')
  const stream = await ExperienceStream.attach(value)
  let refusals = 0
  for (let step = 0; step < events; ) {
    try {
      stream.writeEvent({ episodeId: 2, stepNumber: step, state: [step, -step], timestamp: step })
      step++
    } catch (error) {
      if (error.name !== 'BackpressureError' || !error.retryable || !(error.retryAfterMs > 0)) throw error
      refusals++
      await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs))
    }
  }
  const late = stream.setAppraiserReward(0, 1, 3)
  await stream.close()
  return { refusals, late }
}`

describe.skipIf(!hasChromium)('a durable stream that a worker shares with its page', () => {
  let profile: Profile
  let site: Site
  let tab: Tab
  let directory: string

  beginEachWithVisit(
    (visit) => {
      ;({ profile, site, tab, folder: directory } = visit)
    },
    'shared-worker.ts',
    'library.ts',
  )

  const open = (options: object = {}): Promise<{ totalWritten: number }> =>
    tab.call('open', { directory, shared: true, ...options })
  const takePart = (events: number): Promise<{ refusals: number; late: string }> =>
    tab.page.evaluate(`(${TAKE_PART})(${events})`)

  test('the page is told to come back at the gate, and every event and reward of both is in the journal', async () => {
    await open()
    const [{ refusals, late }] = await Promise.all([takePart(3000), tab.call('write', 2000)])
    expect(refusals).toBeGreaterThan(0)
    expect(late).toBe('corrected')
    expect(await tab.call('reward', 1)).toBe('corrected')
    const contents = await tab.call<Contents>('contents')
    expect(contents).toMatchObject({ steps: { 1: 2000, 2: 3000 }, faults: [], events: 5000, rewards: 2 })
    expect(contents.end).toBe(contents.events + contents.gaps)
    await tab.call('close')
    await open({ shared: false })
    expect(await tab.call('contents')).toEqual(contents)
  })

  test('the worker writes out its own backlog and never waits for itself', async () => {
    await open()
    expect(await tab.call('write', 5000)).toBe(4999)
    expect(await tab.call('contents')).toMatchObject({ steps: { 1: 5000 }, faults: [] })
  })

  test('where the quota ends all are told, and go on when there is room again', async () => {
    await open()
    await tab.limitQuota(site.origin, 2_000_000)
    const { acknowledged, fault } = await tab.call<{ acknowledged: number; fault: Fault }>('writeUntilRefused')
    expect(fault).toMatchObject({ name: 'StorageError', message: expect.stringContaining('QuotaExceededError') })
    await expect(takePart(1)).rejects.toThrow('QuotaExceededError')
    await tab.limitQuota(site.origin)
    await tab.call('ready')
    await takePart(500)
    const { steps, faults } = await tab.call<Contents>('contents')
    expect(faults).toEqual([])
    expect(steps[1]).toBeGreaterThanOrEqual(acknowledged)
    expect(steps[2]).toBe(500)
  })

  test('what was safe is there after the process of the tab has crashed while both were writing', async () => {
    await open()
    for (const more of [2, 12]) {
      tab.told.length = 0
      const both = Promise.allSettled([tab.call('run'), takePart(1_000_000)])
      await expect.poll(() => tab.told.length, { interval: 1, timeout: 20_000 }).toBeGreaterThan(more)
      await tab.crash()
      await tab.page.close()
      await both
      const acknowledged = Number(tab.told.at(-1))
      tab = await profile.visit(site)
      expect((await open()).totalWritten).toBeGreaterThanOrEqual(acknowledged)
      const { end, events, gaps, faults } = await tab.call<Contents>('contents')
      expect(faults).toEqual([])
      expect(end).toBe(events + gaps)
      expect(end).toBeGreaterThanOrEqual(acknowledged)
    }
  })
})
