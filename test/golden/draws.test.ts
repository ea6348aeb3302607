/**
 * Runs in Node and in Chromium against the same committed file, so that the draws of both are equal bit for bit.
 */

import { expect, test } from 'vitest'
import * as library from '../../src/index.js'
import { GOLDEN_OPTIONS, goldenDraws } from './draws.js'

test('the same seed gives the same draws, bit for bit, in every engine', async () => {
  const stream = library.ExperienceStream.createSync(GOLDEN_OPTIONS)
  const draws = goldenDraws(library, stream)
  await expect(`${JSON.stringify(draws, null, 1)}\n`).toMatchFileSnapshot('./draws.json')
})

test('a stream that was made asynchronously draws the same', async () => {
  const made = await library.ExperienceStream.create(GOLDEN_OPTIONS)
  const sync = library.ExperienceStream.createSync(GOLDEN_OPTIONS)
  expect(goldenDraws(library, made)).toEqual(goldenDraws(library, sync))
})

test('another seed gives other draws', () => {
  const [one, other] = [1n, 2n].map((seed) => {
    const stream = library.ExperienceStream.createSync({ ...GOLDEN_OPTIONS, seed })
    return goldenDraws(library, stream)
  })
  expect(one?.uniform).not.toEqual(other?.uniform)
  expect(one?.prioritized).not.toEqual(other?.prioritized)
})

test('restoring the state of the sampler repeats what followed', () => {
  const draws = goldenDraws(library, library.ExperienceStream.createSync(GOLDEN_OPTIONS))
  expect(draws.restored).toEqual(draws.recency)
})
