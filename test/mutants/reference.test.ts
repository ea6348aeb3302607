/**
 * Do the statistical checks see a broken sampler? The reference passes them all; with each bug it fails, and it fails
 * by its draws: the reported probabilities count only where they are the bug.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { CHECKS, type Check, reachability } from '../statistics/checks.js'
import { type Bug, ReferenceSampler } from './reference.js'

const MILLION = reachability(2 ** 22)

const SINGLES = 'a single item with weight is always the one drawn, at every place of every small size'

function failures(checks: readonly Check[], bug: Bug): string[] {
  return checks
    .filter((check) => {
      const { ok, fits } = check.run((size, seed) => new ReferenceSampler(size, seed, bug))
      return bug === 'stale probabilities' ? !ok : !fits
    })
    .map((check) => check.name)
}

describe('the checks of the sampler', () => {
  for (const check of [...CHECKS, MILLION]) {
    test(`pass the reference: ${check.name}`, () => {
      const { ok, detail } = check.run((size, seed) => new ReferenceSampler(size, seed))
      expect(ok, detail).toBe(true)
    })
  }

  const caught: readonly [Bug, readonly string[]][] = [
    ['f32 sums', [MILLION.name]],
    ['24-bit random numbers', [MILLION.name]],
    ['off by one', ['heavy items among zeros', 'twelve decades of weights']],
    ['dropped last item', ['equal weights', SINGLES]],
    ['delta-updated sums', ['after large weights became small nothing of them is left in the draws']],
    [
      'stale sums',
      ['heavy items among zeros', 'after a hundred thousand updates the draws follow the present weights'],
    ],
    ['floored weights', ['heavy items among zeros']],
    ['stale probabilities', ['heavy items among zeros']],
  ]
  for (const [bug, names] of caught) {
    test(`catch a sampler with ${bug}`, () => {
      const checks = names.includes(MILLION.name) ? [...CHECKS, MILLION] : CHECKS
      expect(failures(checks, bug)).toEqual(expect.arrayContaining([...names]))
    })
  }
})
