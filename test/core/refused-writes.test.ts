/**
 * Every bad input of a write: the class of the error, what its message names, and a stream that is as it was.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import {
  type ExperienceStream,
  SequenceEvictedError,
  SequenceExhaustedError,
  SequenceNotWrittenError,
} from '../../src/index.js'
import { isDurable, makeStream } from '../support/streams.js'
import { expectRefused } from './refused.js'

const TWO_53 = 2 ** 53

async function filled(): Promise<ExperienceStream> {
  const stream = await makeStream({ capacity: 5, seed: 1, clock: () => 10, priority: 'explicit' })
  for (let i = 0; i < 8; i++) stream.writeEvent({ stepNumber: i, rewardGoal: i })
  return stream
}

/** Field, bad value, how the message shows it, what it says was expected. */
const badFields: readonly (readonly [string, unknown, string | RegExp, string | RegExp])[] = [
  ['eventId', 'not-a-uuid', 'not-a-uuid', /UUID/],
  ['eventId', new Uint8Array(15), '15', '16 bytes'],
  ['eventId', 12, '12', /UUID/],
  ['timestamp', -1, '-1', '2^53'],
  ['timestamp', 1.5, '1.5', 'integer'],
  ['timestamp', TWO_53, String(TWO_53), '2^53'],
  ['timestamp', Number.NaN, 'NaN', 'integer'],
  ['timestamp', '5', /5/, 'integer'],
  ['timestamp', 5n, /5/, 'integer'],
  ['episodeId', -1, '-1', /2\^53|2\^64/],
  ['episodeId', 0.5, '0.5', 'integer'],
  ['episodeId', TWO_53, String(TWO_53), '2^53'],
  ['episodeId', -1n, '-1', '2^64'],
  ['episodeId', 2n ** 64n, '18446744073709551616', '2^64'],
  ['episodeId', '7', /7/, /integer|bigint/],
  ['stepNumber', -1, '-1', '2^32'],
  ['stepNumber', 2 ** 32, '4294967296', '2^32'],
  ['stepNumber', 0.1, '0.1', 'integer'],
  ['stepNumber', null, 'null', 'integer'],
  ['eventType', 65536, '65536', '65535'],
  ['eventType', -1, '-1', '65535'],
  ['eventType', 'ActionStarted', 'ActionStarted', 'integer'],
  ['flags', 65536, '65536', '65535'],
  ['flags', 1.5, '1.5', 'integer'],
  ['flags', true, 'true', 'integer'],
  ['state', new Array<number>(9).fill(0), '9', '8'],
  ['state', [0, Number.NaN], 'NaN', 'finite'],
  ['state', Float32Array.of(Number.POSITIVE_INFINITY), 'Infinity', 'finite'],
  ['state', [3.5e38], /3\.5e\+?38|Infinity/, 'finite'],
  ['state', 5, '5', /array|numbers/],
  ['state', ['x'], /x|NaN/, /finite|number/],
  ['action', new Float32Array(16), '16', '8'],
  ['action', [Number.NEGATIVE_INFINITY], '-Infinity', 'finite'],
  ['rewardHomeostasis', Number.NaN, 'NaN', /8.10\^?37|8e\+?37/],
  ['rewardCuriosity', Number.POSITIVE_INFINITY, 'Infinity', /8.10\^?37|8e\+?37/],
  ['rewardEfficiency', 8.1e37, /8\.1/, /8.10\^?37|8e\+?37/],
  ['rewardGoal', -9e37, /-9/, /8.10\^?37|8e\+?37/],
  ['rewardGoal', '1', /1/, /number|8.10\^?37|8e\+?37/],
  ['adnaVersionHash', 2 ** 32, '4294967296', '2^32'],
  ['adnaVersionHash', -5, '-5', '2^32'],
]

describe('a bad field', () => {
  for (const [field, value, given, expected] of badFields) {
    const shown = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))
    test(`${field}: ${shown} (${typeof value}) is refused by writeEvent, and in the middle of a batch`, async () => {
      const stream = await filled()
      expectRefused(stream, () => stream.writeEvent({ [field]: value }), [field, given, expected])
      expectRefused(stream, () => stream.writeBatch([{}, { [field]: value }, {}]), [field, given, expected, /1/])
      expect(stream.writeEvent({ stepNumber: 77 })).toBe(8)
      expect(stream.getEvent(8)).toMatchObject({ stepNumber: 77, episodeId: 0n, eventType: 0, rewardGoal: 0 })
    })
  }

  test('that stands in a batch far behind the first chunk refuses the whole batch', async () => {
    const stream = await filled()
    const many = Array.from({ length: 3000 }, (_, i) => ({ stepNumber: i }))
    many[2999] = { stepNumber: -1 }
    expectRefused(stream, () => stream.writeBatch(many), ['stepNumber', '-1', '2999'])
  })

  test('set on the writer is refused, nothing is written, and the writer starts afresh', async () => {
    for (const [field, value] of badFields) {
      if (field === 'state' || field === 'action') continue
      const stream = await filled()
      expectRefused(stream, () => {
        const { writer } = stream
        writer.rewardCuriosity = 3
        Reflect.set(writer, field, value)
        writer.commit()
      }, [field])
      stream.writer.reset()
      expect(stream.getEvent(stream.writer.commit())).toMatchObject({
        rewardCuriosity: 0,
        stepNumber: 0,
        timestamp: 10,
      })
    }
  })

  test('written into the vectors of the writer is refused by commit, which then starts afresh', async () => {
    const stream = await filled()
    stream.writer.state[3] = Number.NaN
    stream.writer.action[0] = 5
    expectRefused(stream, () => stream.writer.commit(), ['state', 'NaN', 'finite'])
    const seq = stream.writer.commit()
    expect([...stream.getEvent(seq)!.action, ...stream.getEvent(seq)!.state]).toEqual(new Array(16).fill(0))
  })
})

describe('a bad batch', () => {
  test('that is no batch at all', async () => {
    const stream = await filled()
    for (const batch of [null, undefined, 5, 'events']) {
      expectRefused(stream, () => Reflect.apply(stream.writeBatch, stream, [batch]), [String(batch)])
      expectRefused(stream, () => Reflect.apply(stream.writeEvent, stream, [batch]), [String(batch)])
    }
    expectRefused(stream, () => Reflect.apply(stream.writeBatch, stream, [[{}, null]]), ['null', /1/])
    expectRefused(stream, () => stream.writeBatch(new Array(3)), ['undefined', /0/])
  })

  test('of packed records with a length that is not n × 128', async () => {
    const stream = await filled()
    expectRefused(stream, () => stream.writeBatch(new Uint8Array(127)), ['127', '128'])
  })

  test('of packed records with a bad float or time, which the message places', async () => {
    for (const [offset, name] of [
      [40, 'state'],
      [68, 'state'],
      [72, 'action'],
      [100, 'action'],
      [104, 'reward'],
      [116, 'reward'],
    ] as const) {
      for (const bits of [0x7fc00000, 0x7f800000, 0xff800000]) {
        const stream = await filled()
        const bytes = new Uint8Array(3000 * 128)
        new DataView(bytes.buffer).setUint32(2500 * 128 + offset, bits, true)
        expectRefused(stream, () => stream.writeBatch(bytes), [new RegExp(name, 'i'), '2500'])
      }
    }
    const stream = await filled()
    const bytes = new Uint8Array(2 * 128)
    new DataView(bytes.buffer).setBigUint64(128 + 16, 2n ** 53n, true)
    expectRefused(stream, () => stream.writeBatch(bytes), ['timestamp', /9007199254740992/, '2^53'])
    new DataView(bytes.buffer).setBigUint64(128 + 16, 0n, true)
    new DataView(bytes.buffer).setFloat32(128 + 104, 8.1e37, true)
    expectRefused(stream, () => stream.writeBatch(bytes), [/reward/i, /8\.1|8\.0999/])
  })

  test('of columns: unknown names, wrong types, lengths that differ, none at all', async () => {
    const stream = await filled()
    const refuse = (columns: unknown, words: (string | RegExp)[]) =>
      expectRefused(stream, () => Reflect.apply(stream.writeBatch, stream, [columns]), words)
    refuse({}, [/column/])
    refuse({ stepNumbers: undefined }, [/column/])
    refuse({ stepNumber: new Uint32Array(2) }, ['stepNumber'])
    refuse({ stepNumbers: [1, 2] }, ['stepNumbers', 'Uint32Array'])
    refuse({ stepNumbers: new Float32Array(2) }, ['stepNumbers', 'Float32Array', 'Uint32Array'])
    refuse({ episodeIds: new Uint32Array(2) }, ['episodeIds', /Float64Array|BigUint64Array/])
    refuse({ stepNumbers: new Uint32Array(2), flags: new Uint16Array(3) }, ['flags', '3', '2'])
    refuse({ stepNumbers: new Uint32Array(2), states: new Float32Array(15) }, ['states', '15', '16'])
    refuse({ states: new Float32Array(15) }, ['states', '15', '8'])
    refuse({ eventIds: new Uint8Array(17) }, ['eventIds', '17', '16'])
  })

  test('of columns with a bad value, which the message places', async () => {
    const stream = await filled()
    const refuse = (columns: object, words: (string | RegExp)[]) =>
      expectRefused(stream, () => Reflect.apply(stream.writeBatch, stream, [columns]), words)
    const at = <T extends Float32Array | Float64Array>(column: T, index: number, value: number): T => {
      column[index] = value
      return column
    }
    refuse({ timestamps: at(new Float64Array(2000), 1999, -1) }, ['timestamp', '-1', '1999'])
    refuse({ timestamps: at(new Float64Array(2), 1, 0.5) }, ['timestamp', '0.5', /1/])
    refuse({ episodeIds: at(new Float64Array(2), 1, TWO_53) }, ['episodeId', String(TWO_53), '2^53'])
    refuse({ states: at(new Float32Array(2000 * 8), 1500 * 8 + 7, Number.NaN) }, ['state', 'NaN', '1500'])
    refuse({ actions: at(new Float32Array(16), 8, Number.POSITIVE_INFINITY) }, ['action', 'Infinity', /1/])
    refuse({ rewardsGoal: at(new Float32Array(2), 1, 8.1e37) }, ['reward', /8\.1|8\.0999/, /1/])
    refuse({ rewardsHomeostasis: at(new Float32Array(2), 0, Number.NaN) }, ['reward', 'NaN'])
  })

  test('that would pass the last sequence number', async () => {
    const stream = await makeStream({ capacity: 4, seed: 1, firstSeq: TWO_53 - 3 })
    stream.writeEvent({})
    expectRefused(stream, () => stream.writeBatch([{}, {}, {}]), ['3', String(TWO_53 - 2)], SequenceExhaustedError)
    stream.writeBatch([{}, {}])
    for (const write of [
      () => stream.writeEvent({}),
      () => stream.writer.commit(),
      () => stream.writeBatch(new Uint8Array(128)),
    ]) {
      expectRefused(stream, write, ['1 more'], SequenceExhaustedError)
    }
    expect(stream.getEvent(TWO_53 - 1)).toBeDefined()
  })
})

describe('a bad update', () => {
  const bulk = ['setAppraiserRewards', 'setPriorities'] as const

  test('of an event that is evicted, not yet written, or named by no sequence number', async () => {
    const stream = await filled()
    const single = [
      (seq: number) => stream.setAppraiserReward(seq, 0, 1),
      (seq: number) => stream.markFullyAppraised(seq),
    ]
    for (const call of single) {
      if (!isDurable) expectRefused(stream, () => call(2), ['2', 'evicted', '3'], SequenceEvictedError)
      expectRefused(stream, () => call(8), ['8', 'not been written'], SequenceNotWrittenError)
      for (const seq of [-1, 1.5, Number.NaN]) expectRefused(stream, () => call(seq), [String(seq), 'integer'])
    }
  })

  test('with an appraiser or a reward out of range', async () => {
    const stream = await filled()
    for (const appraiser of [-1, 4, 0.5, Number.NaN, '0']) {
      const call = [4, appraiser, 1]
      expectRefused(stream, () => Reflect.apply(stream.setAppraiserReward, stream, call), [
        'appraiser',
        String(appraiser),
      ])
      expectRefused(stream, () => Reflect.apply(stream.setAppraiserRewards, stream, [[4], appraiser, [1]]), [
        'appraiser',
        String(appraiser),
      ])
    }
    for (const reward of [Number.NaN, Number.POSITIVE_INFINITY, 8.1e37, -8.1e37]) {
      expectRefused(stream, () => stream.setAppraiserReward(4, 0, reward), ['reward', /NaN|Infinity|8\.1/])
      expectRefused(stream, () => stream.setAppraiserRewards([4, 5], 0, [1, reward]), [
        'reward',
        /NaN|Infinity|8\.1|8\.0999/,
      ])
    }
    expectRefused(stream, () => Reflect.apply(stream.setAppraiserReward, stream, [4, 0, '1']), ['reward', '1'])
  })

  test('in bulk: a future number or a bad value changes nothing, wherever it stands', async () => {
    const stream = await filled()
    for (const name of bulk) {
      const call = (seqs: unknown, values: unknown) =>
        name === 'setPriorities'
          ? Reflect.apply(stream.setPriorities, stream, [seqs, values])
          : Reflect.apply(stream.setAppraiserRewards, stream, [seqs, 1, values])
      expectRefused(stream, () => call([4, 5, 8], [1, 2, 3]), ['8', 'not been written'], SequenceNotWrittenError)
      expectRefused(stream, () => call([4, 5.5], [1, 2]), ['5.5', 'integer'])
      expectRefused(stream, () => call([4, 5], [1]), ['2', '1'])
      expectRefused(stream, () => call([4, 5], [1, Number.NaN]), ['NaN'])
      expectRefused(stream, () => call(null, [1]), ['null'])
      const seqs = new Array<number>(3000).fill(5)
      const values = new Array<number>(3000).fill(9)
      values[2999] = Number.POSITIVE_INFINITY
      expectRefused(stream, () => call(seqs, values), ['Infinity', '2999'])
      values[2999] = 1
      seqs[2999] = 12
      expectRefused(stream, () => call(seqs, values), ['12'], SequenceNotWrittenError)
    }
    expectRefused(stream, () => stream.setPriorities([5], [-1]), ['-1', /0|negative/])
  })

  test('of priorities in a stream that weighs by reward', async () => {
    const stream = await makeStream({ capacity: 2, seed: 1 })
    stream.writeEvent({})
    expect(() => stream.setPriorities([0], [1])).toThrow(/explicit/)
  })
})
