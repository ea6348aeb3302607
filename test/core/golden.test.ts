/**
 * The golden draws: the same seed gives the same sequence numbers, probabilities and weights to the bit, in every
 * engine and in every later version.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { makeStream } from '../support/streams.js'
import { GOLDEN_DRAWS } from './golden-draws.js'
import { goldenDraws } from './golden-program.js'

const draws = await goldenDraws(makeStream)

describe('the golden draws', () => {
  test('are those of all strategies', () => {
    expect(Object.keys(draws)).toEqual(Object.keys(GOLDEN_DRAWS))
    expect(Object.values(draws).some((draw) => draw.seqs.length > 0)).toBe(true)
  })

  for (const [name, expected] of Object.entries(GOLDEN_DRAWS)) {
    test(`${name}: come out bit for bit`, () => {
      expect(draws[name]).toEqual(expected)
    })
  }
})
