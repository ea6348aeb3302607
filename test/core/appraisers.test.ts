/**
 * Golden values of the four appraisers, worked out by hand from their formulas with L1 … L8 = state[0] … state[7].
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import {
  Appraiser,
  AppraiserType,
  curiosityAppraiser,
  efficiencyAppraiser,
  goalAppraiser,
  homeostasisAppraiser,
} from '../../src/index.js'
import { makeStream } from '../support/streams.js'

type Kind = 'Homeostasis' | 'Curiosity' | 'Efficiency' | 'Goal'

/** Scores one event by way of the ring and returns the reward that was written. */
async function score(
  kind: Kind,
  appraiser: ReturnType<typeof goalAppraiser>,
  state: number[],
  action: number[] = [],
): Promise<number> {
  const stream = await makeStream({ capacity: 2 })
  const running = new Appraiser(stream, AppraiserType[kind], appraiser)
  const seq = stream.writeEvent({ state, action })
  running.poll()
  return stream.getEvent(seq)![`reward${kind}`]
}

/** A state with all at 0 but the given components, counted from 1. */
function levels(values: Record<number, number>): number[] {
  return Array.from({ length: 8 }, (_, i) => values[i + 1] ?? 0)
}

const golden: readonly (readonly [Kind, ReturnType<typeof goalAppraiser>, number[], number[], number])[] = [
  // All in their ranges, ends included.
  ['Homeostasis', homeostasisAppraiser(), levels({ 5: 0.5, 6: 0.5, 8: 0.75 }), [], 0],
  ['Homeostasis', homeostasisAppraiser(), levels({ 5: 0.5, 6: 0.5, 8: 0.5 }), [], 0],
  // −0.3 · (0.2² + 0.4² + 0.5²) = −0.3 · 0.45
  ['Homeostasis', homeostasisAppraiser(), levels({}), [], -0.135],
  // −0.3 · (0.3² + 0.1²) = −0.3 · 0.1
  ['Homeostasis', homeostasisAppraiser(), levels({ 5: 1, 6: 1, 8: 1 }), [], -0.03],
  ['Homeostasis', homeostasisAppraiser({ weight: 1, l5: [0, 0.25] }), levels({ 5: 0.75, 6: 0.5, 8: 1 }), [], -0.25],
  ['Curiosity', curiosityAppraiser(), levels({ 2: 0.8 }), [], 0.1],
  ['Curiosity', curiosityAppraiser(), levels({ 2: 0.25 }), [], 0],
  ['Curiosity', curiosityAppraiser(), levels({ 2: 1 }), [], 0.14],
  ['Curiosity', curiosityAppraiser({ weight: 2, threshold: 0.5 }), levels({ 2: 0.75 }), [], 0.5],
  // −0.1 · (0.01 · (0.5² + 1²) + 0.02 · 0.25) = −0.1 · 0.0175
  ['Efficiency', efficiencyAppraiser(), levels({ 3: 0.5, 5: 0.25 }), [0, 0, 1], -0.00175],
  ['Efficiency', efficiencyAppraiser(), levels({}), [], 0],
  ['Efficiency', efficiencyAppraiser({ weight: 1, motion: 1, load: 0 }), levels({ 3: 2, 5: 1 }), [0, 0, -3], -13],
  ['Goal', goalAppraiser(), levels({ 7: 1 }), [], 0.4],
  ['Goal', goalAppraiser(), levels({ 7: 0.75 }), [], 0.3],
  // At 0.5 the half still holds: 0.4 · 0.5 · 0.5.
  ['Goal', goalAppraiser(), levels({ 7: 0.5 }), [], 0.1],
  ['Goal', goalAppraiser(), levels({ 7: 0.25 }), [], 0.05],
  ['Goal', goalAppraiser(), levels({ 7: 0 }), [], 0],
  ['Goal', goalAppraiser(), levels({ 7: -1 }), [], 0],
  ['Goal', goalAppraiser({ weight: 10 }), levels({ 7: 1 }), [], 10],
]

describe('the four appraisers', () => {
  for (const [kind, appraiser, state, action, expected] of golden) {
    test(`${kind} gives ${expected} for the state ${state} and the action [${action}]`, async () => {
      expect(await score(kind, appraiser, state, action)).toBeCloseTo(expected, 7)
    })
  }

  test('refuse weights, ranges and names that make no sense', () => {
    expect(() => goalAppraiser({ weight: Number.NaN })).toThrow(/weight.*NaN/)
    expect(() => homeostasisAppraiser({ l5: [1, 0] })).toThrow(/l5/)
    expect(() => Reflect.apply(curiosityAppraiser, undefined, [{ treshold: 1 }])).toThrow(/treshold/)
    expect(() => efficiencyAppraiser({ motion: Number.POSITIVE_INFINITY })).toThrow(/motion.*Infinity/)
  })
})
