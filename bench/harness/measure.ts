/**
 * Times cases with tinybench.
 *
 * An operation of a few nanoseconds is far below what a clock tells apart, so a round is a loop of as many operations as
 * take about `roundMs`, and its sample is the time of the loop divided by their number; the loop belongs to the case, so
 * that its body is compiled in place and nothing of the harness is inside. Cases of one call are run in turns: each gets
 * a part of its rounds in each of several passes, so that a neighbour on the machine that comes and goes touches a case
 * and the floor beside it alike. The numbers that the loops return are summed and published: no loop can be left out.
 *
 * @module
 */

import { Bench } from 'tinybench'
import type { Spread, Unit } from './row.js'
import { spreadOf } from './spread.js'

/** What is timed. */
export interface Case {
  name: string
  unit: Unit
  /** Does `n` operations and returns a number that depends on what they did. */
  run(n: number): number
  /** Runs before every round, untimed. */
  before?: (() => void) | undefined
  /** Operations of a round, instead of as many as fill `roundMs`. */
  operations?: number | undefined
  /** The number of operations of a round is a multiple of this. */
  multiple?: number | undefined
  /** The ms of the last round, of a case that takes the time itself. */
  elapsed?: (() => number) | undefined
}

/** How long to measure. */
export interface Effort {
  /** Rough time per case. */
  caseMs: number
  /** Rough time of a round. */
  roundMs: number
  /** Rounds at least, over all passes. */
  minRounds: number
  passes: number
}

/** Effort of a full run. */
export const FULL: Effort = { caseMs: 400, roundMs: 0.5, minRounds: 20, passes: 4 }
/** Effort of a full run whose rounds several threads do together: long beside the time that they take to meet. */
export const TOGETHER: Effort = { caseMs: 600, roundMs: 5, minRounds: 40, passes: 4 }
/** Effort of a smoke run, whose figures mean nothing. */
export const QUICK: Effort = { caseMs: 2, roundMs: 0.05, minRounds: 3, passes: 1 }

const PER_MS: Record<Unit, number> = { ns: 1e6, µs: 1e3, ms: 1, B: Number.NaN, MB: Number.NaN, count: Number.NaN }
const MAX_OPERATIONS = 1 << 22

let checksum = 0

/** Takes what a loop returned, so that the loop cannot be left out. */
export function consume(value: number): void {
  checksum = (checksum + value) % Number.MAX_SAFE_INTEGER
}

/** What all loops returned so far. */
export function consumed(): number {
  return checksum
}

/** Runs one timed round of `n` operations and returns its ms. */
export function timeRound(one: Case, n: number): number {
  one.before?.()
  const start = performance.now()
  const value = one.run(n)
  const took = performance.now() - start
  consume(value)
  return one.elapsed?.() ?? took
}

function calibrate(one: Case, effort: Effort): number {
  if (one.operations !== undefined) return one.operations
  const multiple = one.multiple ?? 1
  let n = multiple
  while (n < MAX_OPERATIONS) {
    // The shortest of three: one that the system interrupted would end the search too early.
    const took = Math.min(timeRound(one, n), timeRound(one, n), timeRound(one, n))
    if (took >= effort.roundMs) break
    const wanted = took < effort.roundMs / 8 ? n * 4 : n * Math.min(2, (1.1 * effort.roundMs) / took)
    n = Math.ceil(wanted / multiple) * multiple
  }
  return n
}

/**
 * Warms up and times all cases in turns.
 *
 * @returns the spread of each case in its own unit, in the order of `cases`
 */
export function measure(cases: readonly Case[], effort: Effort): Spread[] {
  const samples = cases.map((): number[] => [])
  const operations = cases.map((one) => {
    calibrate(one, effort)
    // The first calibration ran cold code; the second sizes the rounds of the warm one.
    return calibrate(one, effort)
  })
  for (let pass = 0; pass < effort.passes; pass++) {
    const bench = new Bench({
      retainSamples: true,
      throws: true,
      time: effort.caseMs / effort.passes,
      iterations: Math.ceil(effort.minRounds / effort.passes),
      warmup: pass === 0,
      warmupTime: effort.caseMs / 4,
      warmupIterations: 2,
    })
    cases.forEach((one, i) => {
      const n = operations[i] ?? 1
      bench.add(one.name, () => {
        const took = timeRound(one, n)
        return { overriddenDuration: took / n, overriddenIterationCost: took }
      })
    })
    bench.runSync()
    bench.tasks.forEach((task, i) => {
      const { result } = task
      if (result.state !== 'completed') throw new Error(`${task.name}: the bench is ${result.state}, not completed`)
      for (const sample of result.latency.samples ?? []) samples[i]?.push(sample)
    })
  }
  return cases.map((one, i) => spreadOf(samples[i] ?? [], PER_MS[one.unit]))
}
