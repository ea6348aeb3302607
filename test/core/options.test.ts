/**
 * Options are checked when the stream is made: `createSync` throws, `create` rejects; the seeds' configuration names
 * become options.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { ExperienceStream, InvalidArgumentError, optionsFromConfig } from '../../src/index.js'
import { isShared, makeStream } from '../support/streams.js'
import { thrownBy } from './refused.js'

const bad: readonly (readonly [Record<string, unknown>, readonly (string | RegExp)[]])[] = [
  [{ capacity: 0 }, ['capacity', '0']],
  [{ capacity: -5 }, ['capacity', '-5']],
  [{ capacity: 1.5 }, ['capacity', '1.5', 'integer']],
  [{ capacity: '10' }, ['capacity', '10']],
  [{ capacity: 2 ** 30 }, ['capacity', '1073741824', /at most/]],
  [{ capacity: Number.NaN }, ['capacity', 'NaN']],
  [{ ids: 'v1' }, ['ids', 'v1', 'v7']],
  [{ clock: 'fast' }, ['clock', 'fast', 'amortized']],
  [{ clock: 5 }, ['clock', '5']],
  [{ seed: -1 }, ['seed', '-1']],
  [{ seed: 0.5 }, ['seed', '0.5']],
  [{ seed: 2n ** 64n }, ['seed', '18446744073709551616']],
  [{ seed: 'x' }, ['seed', 'x']],
  [{ prefault: 1 }, ['prefault', '1']],
  [{ appraisers: [4] }, ['appraisers', '4']],
  [{ appraisers: [] }, ['appraisers']],
  [{ appraisers: 0 }, ['appraisers', '0']],
  [{ priority: 'loss' }, ['priority', 'loss', 'explicit']],
  [{ maxLag: 0 }, ['maxLag', '0']],
  [{ firstSeq: -1 }, ['firstSeq', '-1']],
  [{ firstSeq: 2 ** 53 + 2 }, ['firstSeq', '9007199254740994']],
  [{ size: 10 }, ['size']],
]

describe('options', () => {
  for (const [options, words] of bad) {
    const shown = Object.entries(options).map(([key, value]) => `${key}: ${String(value)}`)
    test(`{ ${shown} } is refused`, async () => {
      const made = Reflect.apply(ExperienceStream.create, ExperienceStream, [{ ...options, shared: isShared }])
      const { message } = await made.then(
        () => expect.fail('the stream was made'),
        (error: unknown) => {
          expect(error).toBeInstanceOf(InvalidArgumentError)
          return error as InvalidArgumentError
        },
      )
      for (const word of words) expect(message).toMatch(word)
      const error = thrownBy(() => Reflect.apply(ExperienceStream.createSync, ExperienceStream, [options]))
      expect(error).toBeInstanceOf(InvalidArgumentError)
      for (const word of words) expect(error.message).toMatch(word)
    })
  }

  test('that are no object are refused', async () => {
    for (const options of [null, 5, 'x']) {
      expect(() => Reflect.apply(ExperienceStream.createSync, ExperienceStream, [options])).toThrow(
        InvalidArgumentError,
      )
      await expect(Reflect.apply(ExperienceStream.create, ExperienceStream, [options])).rejects.toThrow(
        InvalidArgumentError,
      )
    }
  })

  test('that are left out or undefined take their defaults', async () => {
    const stream = await makeStream({ capacity: undefined, ids: undefined, clock: undefined })
    expect(stream.capacity).toBe(1_000_000)
    expect((await makeStream({ capacity: 3, prefault: true })).capacity).toBe(3)
  })

  test('seeds: equal ones draw equally, as number or bigint, others do not, none is random', async () => {
    const draws = async (options: { seed?: number | bigint }) => {
      const stream = await makeStream({ capacity: 1000, ...options })
      stream.writeBatch({ stepNumbers: new Uint32Array(1000) })
      return [...stream.sampleSeqs(50).seqs]
    }
    expect(await draws({ seed: 5 })).toEqual(await draws({ seed: 5n }))
    expect(await draws({ seed: 5 })).not.toEqual(await draws({ seed: 6 }))
    expect(await draws({ seed: 2n ** 64n - 1n })).not.toEqual(await draws({ seed: 2n ** 63n - 1n }))
    expect(await draws({ seed: 2 ** 32 })).not.toEqual(await draws({ seed: 0 }))
    expect(await draws({})).not.toEqual(await draws({}))
  })
})

describe('the configuration names of the seeds', () => {
  test('become options', async () => {
    const options = optionsFromConfig({ hot_buffer_capacity: 500, channel_size: 20 })
    expect(options).toMatchObject({ capacity: 500, maxLag: 20 })
    const stream = await makeStream(options)
    expect(stream.capacity).toBe(500)
    const subscription = stream.subscribe()
    for (let i = 0; i < 50; i++) stream.writeEvent({})
    expect(subscription.poll().missed).toBe(30)
  })

  test('may be left out, and take the defaults of the stream or of the seeds', () => {
    const { capacity = 1_000_000 } = optionsFromConfig({})
    expect(capacity).toBe(1_000_000)
  })

  test('are refused where they are unknown or wrong', () => {
    const refuse = (config: unknown, words: readonly string[]) => {
      const error = thrownBy(() => {
        const options = Reflect.apply(optionsFromConfig, undefined, [config])
        Reflect.apply(ExperienceStream.createSync, ExperienceStream, [options])
      })
      expect(error).toBeInstanceOf(InvalidArgumentError)
      for (const word of words) expect(error.message).toMatch(word)
    }
    refuse({ hot_buffer_size: 5 }, ['hot_buffer_size'])
    refuse({ hot_buffer_capacity: 0 }, ['capacity', '0'])
    refuse({ channel_size: -1 }, ['-1'])
    refuse(null, ['null'])
    refuse('{}', ['{}'])
  })
})
