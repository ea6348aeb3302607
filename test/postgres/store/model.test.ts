/**
 * A store against a naive model: random events of many days, late rewards, gaps, and failures at every call, before it and
 * behind it. What is there in the end is what the model has, bit for bit, each event once.
 *
 * @module
 */

import { expect, test } from 'vitest'
import * as L from '../../../src/layout.js'
import { PostgresStore } from '../../../src/postgres/store/store.js'
import { NO_CORRECTIONS } from '../../../src/storage/cold/correction-lists.js'
import { applyCorrections, CorrectionMerger } from '../../../src/storage/journal/corrections.js'
import type { Gap } from '../../../src/storage/journal/source.js'
import { makeEventsOf, SOME_DAY_US } from '../../../src/testing/events.js'
import { describeDatabases, emptied } from './databases.js'
import { type Fate, FaultyDriver } from './faulty-driver.js'
import { type FollowStep, follow, Oracle } from './oracle.js'

const DAY_US = 86_400_000_000

/** A generator of small integers. */
function dice(seed: number): (sides: number) => number {
  let state = seed * 2654435761 + 1
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

function randomSteps(roll: (sides: number) => number, count: number, spread = [1, 3, 90]): FollowStep[] {
  const steps: FollowStep[] = []
  let seq = 0
  // Events of one batch may be older than those of earlier ones, and of more days than one transaction takes.
  const days = spread[roll(spread.length)] as number
  const timestamp = (n: number): number => SOME_DAY_US + ((n * 37) % days) * DAY_US + n
  for (let position = 1; position <= count; position++) {
    const below = seq
    const seqs: number[] = []
    const gaps: Gap[] = []
    for (let n = roll(60); n > 0; n--) {
      if (roll(25) === 0) gaps.push({ start: seq, end: ++seq, reason: roll(2) === 0 ? 'aborted' : 'damaged' })
      else seqs.push(seq++)
    }
    const events = makeEventsOf(Float64Array.from(seqs), { timestamp })
    for (let i = 0; i < events.length; i++) events.masks[i] = roll(4) === 0 ? roll(16) : 0
    const merger = new CorrectionMerger()
    for (let n = below === 0 ? 0 : roll(30); n > 0; n--) {
      const rewards = Array.from({ length: 4 }, () => [-0, 0.1, 8e37, roll(1000) / 7][roll(4)] as number)
      merger.add(roll(below), roll(3) === 0 ? 1 << roll(16) : 0, roll(16), roll(16), rewards)
    }
    const corrections = merger.size === 0 ? NO_CORRECTIONS : merger.list()
    steps.push({ batch: { events, corrections, gaps }, to: { seq, position } })
  }
  return steps
}

describeDatabases('a store against a model', (connect) => {
  test.each([1, 2, 3])('random steps without failures, seed %i', async (seed) => {
    const store = new PostgresStore(await connect())
    const steps = randomSteps(dice(seed), 12)
    await follow(store, steps)
    await new Oracle(steps).expectIn(store, 1e6)
  })

  test.each([11, 12, 13])('random failures at any call, seed %i', async (seed) => {
    const roll = dice(seed)
    const driver = new FaultyDriver(await connect())
    const store = new PostgresStore(driver)
    const steps = randomSteps(roll, 10)
    driver.fate = () => (['before', 'behind'] as const)[roll(40)] ?? 'well'
    const failures = await follow(store, steps)
    driver.fate = () => 'well'
    await new Oracle(steps).expectIn(store, 1e6)
    expect(failures).toBeGreaterThan(0)
  })

  test('a failure at each call, before it and behind it, loses and doubles nothing', async () => {
    const real = await connect()
    const steps = randomSteps(dice(21), 2, [2])
    const oracle = new Oracle(steps)
    let ended = false
    let runs = 0
    for (let at = 0; !ended; at += 1) {
      for (const fate of ['before', 'behind'] as Fate[]) {
        await emptied(real)
        const driver = new FaultyDriver(real)
        driver.fate = (call) => (call === at ? fate : 'well')
        const store = new PostgresStore(driver)
        ended = (await follow(store, steps)) === 0
        await oracle.expectIn(new PostgresStore(real), 1e6)
        runs++
      }
    }
    expect(runs).toBeGreaterThan(30)
  })
})

test('the model itself completes masks as the corrections of a journal do', () => {
  const [step] = randomSteps(dice(3), 1) as [FollowStep]
  const events = makeEventsOf(Float64Array.of(0))
  const merger = new CorrectionMerger()
  merger.add(0, 0, 15, 1, [1, 0, 0, 0])
  applyCorrections(merger.list(), events, 15)
  expect(events.masks[0]).toBe(15)
  expect((events.bytes[L.FLAGS] as number) & L.FULLY_APPRAISED).toBe(L.FULLY_APPRAISED)
  expect(step.to.position).toBe(1)
})
