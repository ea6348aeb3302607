/**
 * The oracle itself, on facts that can be checked by eye.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { checkedRecord, encode, hex, Refused } from './record.js'
import { lawOf, runsOf } from './sampling.js'
import { ModelStream } from './stream.js'

describe('the model', () => {
  test('encodes each field at its place of the record', () => {
    const record = checkedRecord(
      {
        eventId: '00010203-0405-4607-8809-0a0b0c0d0e0f',
        timestamp: 0x0102030405,
        episodeId: 2n ** 64n - 2n,
        stepNumber: 0x0a0b0c0d,
        eventType: 0x0201,
        flags: 0x0403,
        state: [1],
        action: [0, 0, 0, 0, 0, 0, 0, -2],
        rewardGoal: 0.5,
        adnaVersionHash: 0xdeadbeef,
      },
      0,
    )
    expect(hex(encode(record))).toBe(
      '000102030405460788090a0b0c0d0e0f' +
        '0504030201000000' +
        'feffffffffffffff' +
        '0d0c0b0a' +
        '0102' +
        '0304' +
        `0000803f${'00'.repeat(28)}` +
        `${'00'.repeat(28)}000000c0` +
        `${'00'.repeat(12)}0000003f` +
        'efbeadde' +
        '00000000',
    )
  })

  test('evicts the oldest, and refuses without changing anything', () => {
    const model = new ModelStream({ capacity: 2 })
    for (let i = 0; i < 3; i++) model.writeEvent({ stepNumber: i })
    expect(model.live().map((event) => event.seq)).toEqual([1, 2])
    expect(() => model.writeBatch([{}, { stepNumber: -1 }])).toThrow(Refused)
    expect(() => model.setAppraiserReward(0, 0, 1)).toThrow('SEQUENCE_EVICTED')
    expect(() => model.setAppraiserRewards([1, 3], 0, [1, 1])).toThrow('SEQUENCE_NOT_WRITTEN')
    expect(model.live().map((event) => event.rewards[0])).toEqual([0, 0])
    expect([model.nextSeq, model.oldestSeq]).toEqual([3, 1])
  })

  test('counts a completion once, and none for an event that came complete', () => {
    const model = new ModelStream({ capacity: 4, appraisers: [1, 2] })
    model.writeBatch([{}, { flags: 0x10 }])
    for (const appraiser of [0, 1, 2, 2]) model.setAppraiserRewards([0, 1], appraiser, [1, 1])
    expect([model.fullyAppraised, model.applied]).toEqual([1, 8])
    expect(model.live().map((event) => event.flags)).toEqual([0x10, 0x10])
  })

  test('starts a new event with the largest priority of the others that stay', () => {
    const model = new ModelStream({ capacity: 3, priority: 'explicit' })
    model.writeBatch([{}, {}, {}])
    model.setPriorities([0, 1, 2], [9, 3, 2])
    model.writeBatch([{}, {}])
    expect(model.live().map((event) => event.priority)).toEqual([2, 3, 3])
  })

  test('finds the runs of interleaved episodes and stops at a gap', () => {
    const model = new ModelStream({ capacity: 9 })
    const steps = [
      [0, 0],
      [1, 5],
      [0, 1],
      [1, 6],
      [0, 3],
      [0, 4],
      [1, 7],
    ] as const
    for (const [episodeId, stepNumber] of steps) model.writeEvent({ episodeId, stepNumber })
    expect([...runsOf(model.live(), 2)]).toEqual([
      [0, [0, 2]],
      [1, [1, 3]],
      [3, [3, 6]],
      [4, [4, 5]],
    ])
    expect([...runsOf(model.live(), 3).values()]).toEqual([[1, 3, 6]])
  })

  test('knows the probabilities of the strategies', () => {
    const model = new ModelStream({ capacity: 3 })
    for (const rewardGoal of [3, -1, 0]) model.writeEvent({ rewardGoal })
    const shares = (strategy: Parameters<typeof lawOf>[1]) => lawOf(model, strategy).probabilities
    expect(shares({ kind: 'prioritized', alpha: 1, beta: 1, epsilon: 0 })).toEqual([0.75, 0.25, 0])
    expect(shares({ kind: 'prioritized', alpha: 2, beta: 1, epsilon: 1 })).toEqual([16 / 21, 4 / 21, 1 / 21])
    expect(shares({ kind: 'recency', decay: 0.5 })).toEqual([1 / 7, 2 / 7, 4 / 7])
    expect(shares({ kind: 'mixed', rewardWeight: 1, recencyWeight: 3 })).toEqual([0.4, 0.3, 0.3])
  })
})
