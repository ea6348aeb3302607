/**
 * One ring for a page and its workers, by the files of the built package and without a bundler: two module workers write,
 * the page reads, scores and samples, and every number is accounted for. Where a page is not cross-origin isolated, it is
 * told what it needs.
 */

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, launchChromium, pageWith, type SiteFile, serveSite } from '../support/browser.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const WRITTEN = 6000
const CAPACITY = 4096

/** Writes what `isWhole` of the page can check, two thirds of it in batches. */
const WORKER = `
import { ExperienceStream } from './experience-stream.js'
onmessage = async ({ data: { handle, worker, events } }) => {
  const stream = await ExperienceStream.attach(handle)
  const eventOf = (step) => ({ episodeId: worker, stepNumber: step, state: [worker, step], rewardGoal: 1 + (step % 4) })
  let step = 0
  while (step < events) {
    stream.writeEvent(eventOf(step++))
    stream.writeBatch([eventOf(step++), eventOf(step++)])
  }
  await stream.close()
  postMessage('done')
}
`

const MAIN = `
import { AppraiserType, ExperienceStream, prioritizedReward } from './experience-stream.js'

const isWhole = (event) => event.stateAt(0) === event.episodeIdNumber && event.stateAt(1) === event.stepNumber

async function run() {
  const stream = await ExperienceStream.create({ capacity: ${CAPACITY}, seed: 5, shared: true })
  const cursor = stream.subscribe({ from: 'oldest' })
  const last = [-1, -1]
  let end = Number.POSITIVE_INFINITY
  const seen = { torn: 0, disordered: 0, scored: 0, late: 0 }
  const reading = (async () => {
    for await (const batch of cursor) {
      for (const event of batch) {
        if (!isWhole(event)) seen.torn++
        if (event.stepNumber <= last[event.episodeIdNumber]) seen.disordered++
        last[event.episodeIdNumber] = event.stepNumber
      }
      const { applied, evicted } = stream.setAppraiserRewards(batch.seqs, AppraiserType.Curiosity, new Float32Array(batch.length).fill(2))
      seen.scored += applied
      seen.late += evicted
      for (const event of stream.sampleBatch(16, prioritizedReward())) if (!isWhole(event)) seen.torn++
      if (cursor.position > end) break
    }
  })()
  await Promise.all([0, 1].map((worker) => new Promise((resolve, reject) => {
    const thread = new Worker('./worker.js', { type: 'module' })
    thread.onmessage = () => { thread.terminate(); resolve() }
    thread.onerror = reject
    thread.postMessage({ handle: stream.handle(), worker, events: ${WRITTEN} })
  })))
  end = stream.writeEvent({ stepNumber: ${WRITTEN}, state: [0, ${WRITTEN}], rewardGoal: 1 })
  await reading
  const { received, missed, aborted: passed, position } = cursor
  const live = stream.find()
  const total = live.totalRewards().reduce((sum, reward) => sum + reward, 0)
  const batch = stream.sampleBatch(256, prioritizedReward())
  const totals = batch.totalRewards()
  const worst = Math.max(...batch.probabilities.map((probability, i) => Math.abs(probability * total / totals[i] - 1)))
  const { written, readable, evicted, rewards, threads: { claimed, aborted, pending, stalled, members } } = stream.stats()
  return {
    seen, cursor: { received, missed, passed, position }, rewards, worst, population: batch.population, found: live.length,
    ring: { written, readable, evicted, claimed, aborted, pending, stalled, members: members.length },
  }
}
globalThis.outcome = run()
`

/** Says what it gets with and without threads. */
const ALONE = `
import { ExperienceStream } from './experience-stream.js'
const refused = await ExperienceStream.create({ capacity: 10, shared: true }).catch(({ name, code, message }) => ({ name, code, message }))
const plain = await ExperienceStream.create({ capacity: 10 })
globalThis.outcome = { isolated: crossOriginIsolated, refused, wrote: [plain.writeEvent({}), ExperienceStream.createSync({ capacity: 5 }).writeEvent({})] }
`

describe.skipIf(!hasChromium)('threads of a page', () => {
  let browser: Browser
  let files: Record<string, SiteFile>

  beforeAll(async () => {
    const library = (name: string): SiteFile => ({
      type: 'text/javascript',
      body: readFileSync(join(root, 'dist', 'browser', name)),
    })
    files = {
      '/': pageWith('./main.js'),
      '/alone': pageWith('./alone.js'),
      '/main.js': { type: 'text/javascript', body: MAIN },
      '/worker.js': { type: 'text/javascript', body: WORKER },
      '/alone.js': { type: 'text/javascript', body: ALONE },
      '/experience-stream.js': library('experience-stream.js'),
      '/experience-stream-threads.js': library('experience-stream-threads.js'),
    }
    browser = await launchChromium()
  })

  afterAll(() => browser?.close())

  async function outcomeOn(path: string, headers: Record<string, string>): Promise<unknown> {
    const site = await serveSite(files, headers)
    const page = await browser.newPage()
    try {
      await page.goto(site.origin + path)
      await page.waitForFunction(() => 'outcome' in globalThis)
      return await page.evaluate(() => (globalThis as unknown as { outcome: unknown }).outcome)
    } finally {
      await page.close()
      await site.close()
    }
  }

  test.each(['require-corp', 'credentialless'])(
    'two workers write, the page reads, scores and samples, under a strict policy and COEP %s',
    async (embedder) => {
      const outcome = (await outcomeOn('/', {
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': embedder,
        'content-security-policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'",
      })) as Outcome
      const { seen, cursor, rewards, ring } = outcome
      expect(seen).toMatchObject({ torn: 0, disordered: 0 })
      expect(ring).toMatchObject({ written: 2 * WRITTEN + 1, pending: 0, members: 1 })
      expect(ring.stalled).toBeUndefined()
      expect(ring.claimed).toBe(ring.written + ring.aborted)
      expect(ring.readable + ring.evicted).toBe(ring.written)
      expect(cursor.position).toBe(ring.claimed)
      expect(cursor.received + cursor.missed + cursor.passed).toBe(cursor.position)
      expect(seen.scored + seen.late).toBe(cursor.received)
      expect([rewards.applied, rewards.evicted]).toEqual([seen.scored, seen.late])
      expect([outcome.found, outcome.population]).toEqual([ring.readable, ring.readable])
      expect(outcome.worst).toBeLessThan(1e-6)
    },
  )

  test('a page that is not isolated is told which headers it needs, and has the ring of one thread as before', async () => {
    const { isolated, refused, wrote } = (await outcomeOn('/alone', {})) as Alone
    expect(isolated).toBe(false)
    expect(refused).toMatchObject({ name: 'SharedMemoryUnavailableError', code: 'SHARED_MEMORY_UNAVAILABLE' })
    expect(refused.message).toMatch(
      /Cross-Origin-Opener-Policy: same-origin.*Cross-Origin-Embedder-Policy: require-corp/,
    )
    expect(wrote).toEqual([0, 0])
  })
})

interface Outcome {
  seen: { torn: number; disordered: number; scored: number; late: number }
  cursor: { received: number; missed: number; passed: number; position: number }
  rewards: { applied: number; evicted: number }
  ring: {
    written: number
    readable: number
    evicted: number
    claimed: number
    aborted: number
    pending: number
    stalled: unknown
    members: number
  }
  worst: number
  population: number
  found: number
}

interface Alone {
  isolated: boolean
  refused: { name: string; code: string; message: string }
  wrote: number[]
}
