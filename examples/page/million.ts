/**
 * The button that writes a million synthetic events into a second ring and says how fast that was.
 *
 * The time is that of the writing loop alone, in slices of at most 8 ms, between which the page draws. Each event gets an
 * id, a time, a type, a step number, eight numbers of state and eight of action; nobody subscribes to this ring.
 *
 * @module
 */

import { ExperienceStream } from 'experience-stream'
import { element } from './canvas.js'
import { SYNTHETIC } from './mapping.js'

const EVENTS = 1_000_000
const CAPACITY = 250_000
const SLICE_MS = 8
const BETWEEN_CLOCKS = 1000

/** Makes the button work. */
export function enableMillion(): void {
  const button = element<HTMLButtonElement>('million')
  const result = element('million-result')
  let ring: ExperienceStream | undefined
  button.addEventListener('click', async () => {
    button.disabled = true
    result.textContent = 'Writing…'
    try {
      ring ??= await ExperienceStream.create({ capacity: CAPACITY, prefault: true, clock: 'amortized' })
      const { elapsedMs, longestMs, slices } = await writeMillion(
        ring,
        element<HTMLProgressElement>('million-progress'),
      )
      const { written, readable, evicted } = ring.stats()
      result.textContent =
        `${((elapsedMs * 1e6) / EVENTS).toFixed(1)} ns per event · ` +
        `${(EVENTS / elapsedMs / 1000).toFixed(1)} million events per second · ` +
        `longest of ${slices} slices ${longestMs.toFixed(1)} ms. The second ring: ` +
        `${written.toLocaleString('en')} written = ${readable.toLocaleString('en')} readable + ${evicted.toLocaleString('en')} evicted.`
    } finally {
      button.disabled = false
    }
  })
}

async function writeMillion(
  ring: ExperienceStream,
  progress: HTMLProgressElement,
): Promise<{ elapsedMs: number; longestMs: number; slices: number }> {
  let elapsedMs = 0
  let longestMs = 0
  let slices = 0
  for (let done = 0; done < EVENTS; ) {
    const start = performance.now()
    let sliceMs = 0
    while (done < EVENTS && sliceMs < SLICE_MS) {
      writeSynthetic(ring, done, BETWEEN_CLOCKS)
      done += BETWEEN_CLOCKS
      sliceMs = performance.now() - start
    }
    elapsedMs += sliceMs
    longestMs = Math.max(longestMs, sliceMs)
    slices++
    progress.value = done
    await new Promise((resolve) => setTimeout(resolve))
  }
  return { elapsedMs, longestMs, slices }
}

function writeSynthetic(ring: ExperienceStream, from: number, count: number): void {
  const { writer } = ring
  const { state, action } = writer
  for (let i = from; i < from + count; i++) {
    const phase = (i & 1023) / 1024
    for (let j = 0; j < 8; j++) {
      state[j] = phase * j
      action[j] = phase - j
    }
    writer.eventType = SYNTHETIC
    writer.stepNumber = i
    writer.commit()
  }
}
