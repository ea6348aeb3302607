/**
 * What an operation leaves for the garbage collector, and how long the collector and the loop stop for it.
 *
 * Bytes are the growth of the used heap over a loop that is too short for a collection to fall into most of them, less
 * what measuring itself allocates; the median of several loops is the figure. Pauses are taken under sustained load with a turn of the event loop after every slice: the longest entry
 * of the `gc` observer, and the longest slice beyond the median slice, whatever stopped it.
 *
 * @module
 */

import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import type { Case } from './measure.js'
import { consume, timeRound } from './measure.js'
import type { Spread } from './row.js'
import { quantile, spreadOf } from './spread.js'

const SHORT = 400
const LONG = 100_000
const WARM_UP_MS = 50

function collect(): void {
  if (!globalThis.gc) throw new Error('garbage is measured with --expose-gc, which is missing')
  globalThis.gc()
}

/** Allocated bytes: the heap and what it owns outside, array buffers included. */
function allocated(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function growth(one: Case, n: number): number {
  const before = allocated()
  const value = one.run(n)
  const after = allocated()
  consume(value)
  return after - before
}

const nothing: Case = { name: 'nothing', unit: 'B', run: (n) => n }

/**
 * Bytes of garbage per operation. Resolution: 0.1 B where there is next to none, 10 B where there is much.
 *
 * @param repeats how often to measure
 */
export function bytesPerOperation(one: Case, repeats: number): Spread {
  one.before?.()
  const start = performance.now()
  for (let n = 64; performance.now() - start < WARM_UP_MS; n *= 2) consume(one.run(n))
  collect()
  const few = repeated(one, SHORT, repeats)
  return few.median > 64 ? few : repeated(one, LONG, repeats)
}

function repeated(one: Case, n: number, repeats: number): Spread {
  const samples: number[] = []
  for (let i = 0; i < repeats; i++) {
    const own = growth(nothing, n)
    samples.push(Math.max(0, (growth(one, n) - own) / n))
  }
  return spreadOf(samples)
}

/** Pauses of a sustained load. */
export interface Pauses {
  /** Longest collection, in ms. */
  longestGcMs: number
  /** Share of the time that went into collections. */
  gcShare: number
  /** Longest slice less the median slice, in ms. */
  longestStallMs: number
}

/** Runs slices of about `sliceMs` for `totalMs`, with a turn of the event loop after each. */
export async function pausesUnderLoad(one: Case, totalMs: number, sliceMs = 0.5): Promise<Pauses> {
  let n = 16
  while (Math.min(timeRound(one, n), timeRound(one, n), timeRound(one, n)) < sliceMs / 2) n *= 2
  collect()
  const durations: number[] = []
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) durations.push(entry.duration)
  })
  await turn()
  observer.observe({ entryTypes: ['gc'] })
  const slices: number[] = []
  const start = performance.now()
  while (performance.now() - start < totalMs) {
    const sliceStart = performance.now()
    consume(one.run(n))
    slices.push(performance.now() - sliceStart)
    await turn()
  }
  const total = performance.now() - start
  await turn()
  observer.disconnect()
  slices.sort((a, b) => a - b)
  return {
    longestGcMs: Math.max(0, ...durations),
    gcShare: durations.reduce((sum, ms) => sum + ms, 0) / total,
    longestStallMs: quantile(slices, 1) - quantile(slices, 0.5),
  }
}

/** Live heap after a collection, array buffers and linear memory included, in MB. */
export function liveMegabytes(): number {
  collect()
  return allocated() / 1e6
}
