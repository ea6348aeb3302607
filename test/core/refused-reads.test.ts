/**
 * Every bad argument of reading, searching, sampling and subscribing.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import {
  custom,
  type ExperienceStream,
  filteredByType,
  InvalidArgumentError,
  mixed,
  prioritizedReward,
  recencyWeighted,
  recent,
  sequences,
  uniform,
} from '../../src/index.js'
import { makeStream } from '../support/streams.js'
import { expectRefused, thrownBy } from './refused.js'

async function filled(): Promise<ExperienceStream> {
  const stream = await makeStream({ capacity: 5, seed: 1, clock: () => 10 })
  for (let i = 0; i < 8; i++) stream.writeEvent({ stepNumber: i, rewardGoal: i })
  return stream
}

describe('reading', () => {
  test('a number that is no sequence number throws, an evicted or future one is undefined', async () => {
    const stream = await filled()
    for (const seq of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '4', null, undefined]) {
      expectRefused(stream, () => Reflect.apply(stream.getEvent, stream, [seq]), ['seq', String(seq), 'integer'])
      expectRefused(stream, () => Reflect.apply(stream.view, stream, [seq]), ['seq', String(seq), 'integer'])
    }
    for (const seq of [Object.create(null), Symbol('s'), {}, []]) {
      expectRefused(stream, () => Reflect.apply(stream.getEvent, stream, [seq]), ['seq', 'integer'])
      expectRefused(stream, () => Reflect.apply(stream.queryRange, stream, [seq, 5]), ['start', 'integer'])
    }
    for (const seq of [0, 2, 8, 2 ** 53 - 1]) {
      expect(stream.getEvent(seq)).toBe(undefined)
      expect(stream.view(seq)).toBe(undefined)
    }
  })

  test('a range has two integers, the end not before the start', async () => {
    const stream = await filled()
    for (const name of ['queryRange', 'segments'] as const) {
      const call = (...bounds: unknown[]) => Reflect.apply(stream[name], stream, bounds)
      expectRefused(stream, () => call(0.5, 4), ['start', '0.5', 'integer'])
      expectRefused(stream, () => call(0, Number.NaN), ['end', 'NaN', 'integer'])
      expectRefused(stream, () => call(-1, 4), ['start', '-1'])
      expectRefused(stream, () => call('a', 4), ['start', 'a'])
      expectRefused(stream, () => call(5, 4), ['5', '4'])
    }
  })

  test('a batch refuses an index that it does not have', async () => {
    const batch = (await filled()).queryRange(4, 7)
    for (const index of [-1, 3, 0.5]) {
      for (const call of [() => batch.at(index), () => batch.view(index)]) {
        expect(thrownBy(call)).toBeInstanceOf(InvalidArgumentError)
        expect(thrownBy(call).message).toMatch(String(index))
      }
    }
    expect(thrownBy(() => batch.states(new Float32Array(23))).message).toMatch(/24.*23|23.*24/)
  })
})

describe('searching', () => {
  const bad: readonly (readonly [Record<string, unknown>, readonly (string | RegExp)[]])[] = [
    [{ types: 65536 }, ['types', '65536']],
    [{ types: [1, -1] }, ['types', '-1']],
    [{ types: 'ActionStarted' }, ['types', 'ActionStarted']],
    [{ types: [] }, ['types', /empty|list of 0/]],
    [{ flags: 65536 }, ['flags', '65536']],
    [{ flags: 0.5 }, ['flags', '0.5']],
    [{ episodeId: -1 }, ['episodeId', '-1']],
    [{ episodeId: 2n ** 64n }, ['episodeId', '18446744073709551616']],
    [{ from: Number.NaN }, ['from', 'NaN']],
    [{ to: 'now' }, ['to', 'now']],
    [{ minReward: Number.NaN }, ['minReward', 'NaN']],
    [{ maxReward: '1' }, ['maxReward', '1']],
    [{ startSeq: 0.5 }, ['startSeq', '0.5']],
    [{ endSeq: -1 }, ['endSeq', '-1']],
    [{ type: 5 }, ['type']],
  ]
  for (const [filter, words] of bad) {
    const shown = Object.entries(filter).map(([key, value]) => `${key}: ${String(value)}`)
    test(`refuses { ${shown} }`, async () => {
      const stream = await filled()
      for (const name of ['find', 'findSeqs', 'count'] as const) {
        expectRefused(stream, () => Reflect.apply(stream[name], stream, [filter]), words)
      }
    })
  }

  test('refuses a limit or an order that is none', async () => {
    const stream = await filled()
    for (const name of ['find', 'findSeqs'] as const) {
      expectRefused(stream, () => Reflect.apply(stream[name], stream, [{ limit: -1 }]), ['limit', '-1'])
      expectRefused(stream, () => Reflect.apply(stream[name], stream, [{ limit: 1.5 }]), ['limit', '1.5'])
      expectRefused(stream, () => Reflect.apply(stream[name], stream, [{ order: 'random' }]), [
        'order',
        'random',
        'newest',
      ])
    }
  })
})

describe('sampling', () => {
  test('refuses a size that is no count', async () => {
    const stream = await filled()
    for (const size of [-1, 1.5, Number.NaN, '3', undefined]) {
      for (const name of ['sampleBatch', 'sampleSeqs'] as const) {
        expectRefused(stream, () => Reflect.apply(stream[name], stream, [size]), ['size', String(size)])
      }
    }
  })

  test('refuses what is no strategy, and unknown options', async () => {
    const stream = await filled()
    for (const strategy of ['uniform', {}, null, 5]) {
      expectRefused(stream, () => Reflect.apply(stream.sampleSeqs, stream, [1, strategy]), [/strategy/i])
    }
    expectRefused(stream, () => Reflect.apply(stream.sampleSeqs, stream, [1, uniform(), { replace: true }]), [
      'replace',
    ])
    expectRefused(stream, () => Reflect.apply(stream.sampleSeqs, stream, [1, uniform(), { replacement: 1 }]), [
      'replacement',
      '1',
    ])
  })

  test('refuses parameters of strategies out of range, when the strategy is made', () => {
    const refused: readonly (readonly [() => unknown, readonly (string | RegExp)[]])[] = [
      [() => prioritizedReward({ alpha: -1 }), ['alpha', '-1']],
      [() => prioritizedReward({ alpha: Number.NaN }), ['alpha', 'NaN']],
      [() => prioritizedReward({ alpha: Number.POSITIVE_INFINITY }), ['alpha', 'Infinity']],
      [() => prioritizedReward({ beta: -0.1 }), ['beta', '-0.1']],
      [() => prioritizedReward({ epsilon: -1e-9 }), ['epsilon', /-1e-9|-0\.000000001/]],
      [() => prioritizedReward({ epsilon: Number.NaN }), ['epsilon', 'NaN']],
      [() => recencyWeighted({ decay: 1.1 }), ['decay', '1.1', /1/]],
      [() => recencyWeighted({ decay: -0.1 }), ['decay', '-0.1']],
      [() => recencyWeighted({ decay: Number.NaN }), ['decay', 'NaN']],
      [() => mixed({ rewardWeight: -1, recencyWeight: 1 }), ['rewardWeight', '-1']],
      [() => mixed({ rewardWeight: 1, recencyWeight: Number.NaN }), ['recencyWeight', 'NaN']],
      [() => recent(-1), ['-1']],
      [() => recent(1.5), ['1.5']],
      [() => sequences({ length: 0 }), ['length', '0']],
      [() => sequences({ length: 2.5 }), ['length', '2.5']],
      [() => filteredByType(70000), ['types', '70000']],
      [() => filteredByType([1, 0.5]), ['types', '0.5']],
      [() => filteredByType([]), ['types', /empty|list of 0/]],
      [() => Reflect.apply(filteredByType, undefined, [1, { take: 'first' }]), ['take', 'first', 'newest']],
      [() => Reflect.apply(custom, undefined, ['x']), ['x', 'function']],
      [() => Reflect.apply(prioritizedReward, undefined, [{ aplha: 1 }]), ['aplha']],
    ]
    for (const [call, words] of refused) {
      const error = thrownBy(call)
      expect(error).toBeInstanceOf(InvalidArgumentError)
      for (const word of words) expect(error.message).toMatch(word)
    }
  })

  test('a predicate that throws leaves the stream as it was', async () => {
    const stream = await filled()
    const before = stream.queryRange(0, 99).bytes
    const failing = custom(() => {
      throw new RangeError('of the predicate')
    })
    expect(() => stream.sampleSeqs(2, failing)).toThrow(RangeError)
    expect(stream.queryRange(0, 99).bytes).toEqual(before)
    expect(
      stream.sampleSeqs(
        5,
        custom((event) => event.stepNumber > 5),
      ).length,
    ).toBe(2)
  })

  test('a predicate may read the stream, and sees each event once', async () => {
    const stream = await makeStream({ capacity: 200, seed: 1 })
    for (let i = 0; i < 300; i++) stream.writeEvent({ stepNumber: i, eventType: i % 2 })
    const seen: number[] = []
    const reading = custom((event) => {
      seen.push(event.seq)
      if (event.seq % 50 === 0) {
        stream.count({ types: 1, minReward: 0 })
        stream.findSeqs({ flags: 0, limit: 2 })
        stream.sampleSeqs(150)
        stream.sampleSeqs(3, filteredByType(0))
        stream.getEvent(event.seq)
        stream.view(event.seq - 1)
      }
      return event.stepNumber % 10 === 0
    })
    const { population, seqs } = stream.sampleSeqs(99, reading)
    expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => 100 + i))
    expect([population, [...seqs].sort((a, b) => a - b)]).toEqual([
      20,
      Array.from({ length: 20 }, (_, i) => 100 + i * 10),
    ])
  })

  test('refuses a sampler state that is none', async () => {
    const stream = await filled()
    expectRefused(stream, () => stream.restoreSamplerState(new Uint8Array(3)), ['3'])
    expectRefused(stream, () => Reflect.apply(stream.restoreSamplerState, stream, ['state']), ['state'])
  })
})

describe('subscribing', () => {
  const bad: readonly (readonly [Record<string, unknown>, readonly (string | RegExp)[]])[] = [
    [{ from: 'newest' }, ['from', 'newest']],
    [{ from: -1 }, ['from', '-1']],
    [{ from: 0.5 }, ['from', '0.5']],
    [{ types: 65536 }, ['types', '65536']],
    [{ types: [Number.NaN] }, ['types', 'NaN']],
    [{ maxBatch: 0 }, ['maxBatch', '0']],
    [{ maxBatch: 2 ** 20 + 1 }, ['maxBatch', '1048577']],
    [{ maxLag: 0 }, ['maxLag', '0']],
    [{ maxLag: 1.5 }, ['maxLag', '1.5']],
    [{ signal: {} }, ['signal']],
    [{ channelSize: 5 }, ['channelSize']],
  ]
  for (const [options, words] of bad) {
    const shown = Object.entries(options).map(([key, value]) => `${key}: ${String(value)}`)
    test(`refuses { ${shown} } and opens nothing`, async () => {
      const stream = await filled()
      expectRefused(stream, () => Reflect.apply(stream.subscribe, stream, [options]), words)
    })
  }
})
