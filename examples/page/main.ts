/**
 * The page: one ring, what fills it, and what reads it.
 *
 * Once per frame the four appraisers and the rates are polled, then what has changed is drawn; the sample and the audit
 * follow twice per second. With reduced motion all drawing happens twice per second. The ring lives in this page alone
 * and is gone with it.
 *
 * @module
 */

import {
  Appraiser,
  AppraiserType,
  curiosityAppraiser,
  ExperienceStream,
  efficiencyAppraiser,
  goalAppraiser,
  homeostasisAppraiser,
} from 'experience-stream'
import { element } from './canvas.js'
import { Capture } from './capture.js'
import { enableMillion } from './million.js'
import { Rates } from './rates.js'
import { Sample } from './sample.js'
import { Strip } from './strip.js'

const CAPACITY = 250_000
const SLOW_MS = 500

const status = element('status')

start().catch((error: unknown) => {
  status.textContent = `The page could not start: ${error instanceof Error ? error.message : error}`
})

async function start(): Promise<void> {
  const stream = await ExperienceStream.create({ capacity: CAPACITY })
  const appraisers = [
    new Appraiser(stream, AppraiserType.Homeostasis, homeostasisAppraiser()),
    new Appraiser(stream, AppraiserType.Curiosity, curiosityAppraiser()),
    new Appraiser(stream, AppraiserType.Efficiency, efficiencyAppraiser()),
    new Appraiser(stream, AppraiserType.Goal, goalAppraiser()),
  ]
  const capture = new Capture(stream)
  enableToys(capture)
  enableMillion()
  Object.assign(globalThis, { experience: stream })
  status.textContent = 'Recording.'
  run(stream, appraisers, capture)
}

function run(stream: ExperienceStream, appraisers: readonly Appraiser[], capture: Capture): void {
  const rates = new Rates(stream)
  const strip = new Strip(stream)
  const sample = new Sample(stream)
  const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)')
  let last = performance.now()
  let lastSlow = Number.NEGATIVE_INFINITY
  let drawn = -1
  let changed = true

  const frame = (now: number): void => {
    capture.state.frame(now - last)
    last = now
    for (const appraiser of appraisers) appraiser.poll()
    changed = rates.poll(now) || changed
    const slow = now - lastSlow >= SLOW_MS
    if (changed && (slow || !reducedMotion.matches)) {
      rates.show()
      if (drawn !== stream.totalWritten) strip.show()
      changed = false
    }
    if (slow) {
      lastSlow = now
      if (drawn !== stream.totalWritten) sample.show()
      drawn = stream.totalWritten
      showFacts(stream, appraisers)
    }
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
}

function showFacts(stream: ExperienceStream, appraisers: readonly Appraiser[]): void {
  const { written, readable, evicted, rewards, memory } = stream.stats()
  const facts = {
    written,
    readable,
    evicted,
    appraised: rewards.fullyAppraised,
    missed: appraisers.reduce((sum, appraiser) => sum + appraiser.missed, 0),
  }
  for (const [name, value] of Object.entries(facts)) element(`fact-${name}`).textContent = value.toLocaleString()
  element('fact-memory').textContent = `${(memory.bytes / 2 ** 20).toFixed(1)} MiB`
}

function enableToys(capture: Capture): void {
  element('succeed').addEventListener('click', (event) => capture.state.achieved(event.timeStamp, 1))
  element('fail').addEventListener('click', () => {
    throw new Error('an error on request')
  })
  element('block').addEventListener('click', () => {
    const end = performance.now() + 120
    while (performance.now() < end);
  })
  const pause = element('pause')
  pause.addEventListener('click', () => {
    capture.paused = !capture.paused
    pause.setAttribute('aria-pressed', String(capture.paused))
    status.textContent = capture.paused ? 'Paused: nothing is recorded.' : 'Recording.'
  })
}
