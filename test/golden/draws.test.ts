/**
 * Runs in Node and in Chromium against the same committed file, so that the draws of both are equal bit for bit.
 */

import { expect, test } from 'vitest'
import * as library from '../../src/index.js'
import { isShared, makeStream } from '../support/streams.js'
import { GOLDEN_OPTIONS, goldenDraws } from './draws.js'

test('the same seed gives the same draws, bit for bit, in every engine', async () => {
  const draws = goldenDraws(library, await makeStream(GOLDEN_OPTIONS))
  await expect(`${JSON.stringify(draws, null, 1)}\n`).toMatchFileSnapshot('./draws.json')
})

test('a stream that was made asynchronously draws the same', async () => {
  const made = await library.ExperienceStream.create({ ...GOLDEN_OPTIONS, shared: isShared })
  const sync = library.ExperienceStream.createSync(GOLDEN_OPTIONS)
  expect(goldenDraws(library, made)).toEqual(goldenDraws(library, sync))
})

test('another seed gives other draws', async () => {
  const draw = async (seed: bigint) => goldenDraws(library, await makeStream({ ...GOLDEN_OPTIONS, seed }))
  const [one, other] = [await draw(1n), await draw(2n)]
  expect(one.uniform).not.toEqual(other.uniform)
  expect(one.prioritized).not.toEqual(other.prioritized)
})

test('restoring the state of the sampler repeats what followed', async () => {
  const draws = goldenDraws(library, await makeStream(GOLDEN_OPTIONS))
  expect(draws.restored).toEqual(draws.recency)
})
