/**
 * Finding and counting: every condition alone and joined, both orders, limits and ranges, against a plain loop.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import type { ExperienceEvent, ExperienceStream, FindOptions } from '../../src/index.js'
import { Random } from '../mutants/random.js'
import { makeStream } from '../support/streams.js'

async function filled(capacity: number, count: number): Promise<ExperienceStream> {
  const random = new Random(count)
  const stream = await makeStream({ capacity })
  for (let i = 0; i < count; i++) {
    stream.writeEvent({
      timestamp: random.below(1000),
      episodeId: random.below(5) === 0 ? 2n ** 64n - 1n : random.below(3),
      eventType: random.below(2) === 0 ? random.below(3) : random.below(65536),
      flags: random.below(32),
      rewardCuriosity: random.below(5) - 2,
      rewardGoal: random.unit(),
    })
  }
  return stream
}

const conditions: Record<string, [FindOptions, (event: ExperienceEvent) => boolean]> = {
  'no condition': [{}, () => true],
  'one type': [{ types: 1 }, (event) => event.eventType === 1],
  'three types': [{ types: [0, 2, 65535] }, (event) => [0, 2, 65535].includes(event.eventType)],
  'eight types': [{ types: [0, 1, 2, 3, 4, 5, 6, 7] }, (event) => event.eventType < 8],
  'nine types': [{ types: [0, 1, 2, 3, 4, 5, 6, 7, 8] }, (event) => event.eventType < 9],
  'four thousand types': [
    { types: Array.from({ length: 4096 }, (_, i) => i * 16) },
    (event) => event.eventType % 16 === 0,
  ],
  'the same type twice': [{ types: [2, 2] }, (event) => event.eventType === 2],
  'all of some flags': [{ flags: 0x11 }, (event) => (event.flags & 0x11) === 0x11],
  'no flag': [{ flags: 0 }, () => true],
  'a u64 episode': [{ episodeId: 2n ** 64n - 1n }, (event) => event.episodeId === 2n ** 64n - 1n],
  'an episode by number': [{ episodeId: 2 }, (event) => event.episodeId === 2n],
  'times from': [{ from: 500 }, (event) => event.timestamp >= 500],
  'times to': [{ to: 500 }, (event) => event.timestamp < 500],
  'times between': [{ from: 250, to: 251 }, (event) => event.timestamp === 250],
  'least reward': [{ minReward: 0 }, (event) => event.totalReward >= 0],
  'most reward': [{ maxReward: -1.5 }, (event) => event.totalReward <= -1.5],
  'type and reward': [{ types: [0, 1], minReward: 1 }, (event) => event.eventType < 2 && event.totalReward >= 1],
  everything: [
    { types: [0, 1, 2], flags: 1, episodeId: 1, from: 100, to: 900, minReward: -1, maxReward: 2 },
    (event) =>
      event.eventType < 3 &&
      (event.flags & 1) === 1 &&
      event.episodeId === 1n &&
      event.timestamp >= 100 &&
      event.timestamp < 900 &&
      event.totalReward >= -1 &&
      event.totalReward <= 2,
  ],
}

describe('find and count', () => {
  for (const [capacity, count] of [
    [1, 1],
    [17, 17],
    [64, 200],
    [1000, 700],
    [1000, 3333],
  ] as const) {
    test(`agree with a loop over a ring of ${capacity} after ${count} events`, async () => {
      const stream = await filled(capacity, count)
      const events = stream.queryRange(0, count).toArray()
      for (const [name, [filter, predicate]] of Object.entries(conditions)) {
        const expected = events.filter(predicate).map((event) => event.seq)
        expect([...stream.findSeqs(filter)], name).toEqual(expected)
        expect(stream.count(filter), name).toBe(expected.length)
        expect([...stream.findSeqs({ ...filter, order: 'newest' })], name).toEqual(expected.toReversed())
        expect([...stream.findSeqs({ ...filter, limit: 3 })], name).toEqual(expected.slice(0, 3))
        expect([...stream.findSeqs({ ...filter, order: 'newest', limit: 70 })], name).toEqual(
          expected.toReversed().slice(0, 70),
        )
        const batch = stream.find({ ...filter, limit: 100 })
        expect([...batch.seqs], name).toEqual(expected.slice(0, 100))
        expect(
          batch.toArray().every((event) => predicate(event)),
          name,
        ).toBe(true)
        for (const [startSeq, endSeq] of [
          [0, count - 5],
          [count - 40, count],
          [count - 70, count - 3],
        ] as const) {
          if (startSeq < 0 || endSeq < startSeq) continue
          const within = expected.filter((seq) => seq >= startSeq && seq < endSeq)
          expect([...stream.findSeqs({ ...filter, startSeq, endSeq })], name).toEqual(within)
          expect(stream.count({ ...filter, startSeq, endSeq }), name).toBe(within.length)
        }
      }
    })
  }

  test('see writes and late rewards at once', async () => {
    const stream = await filled(50, 50)
    expect(stream.count({ types: 40_000, minReward: 7 })).toBe(0)
    const seq = stream.writeEvent({ eventType: 40_000 })
    expect(stream.count({ types: 40_000 })).toBe(1)
    expect(stream.count({ types: 40_000, minReward: 7 })).toBe(0)
    stream.setAppraiserReward(seq, 0, 7)
    expect([...stream.findSeqs({ types: 40_000, minReward: 7 })]).toEqual([seq])
    for (let i = 0; i < 50; i++) stream.writeEvent({ eventType: 3 })
    expect(stream.count({ types: 40_000 })).toBe(0)
    expect(stream.count({ types: 3 })).toBe(50)
  })

  test('of an empty stream are empty', async () => {
    const stream = await makeStream({ capacity: 5 })
    expect([stream.find().length, stream.findSeqs({ types: 1 }).length, stream.count()]).toEqual([0, 0, 0])
  })

  test('limit 0 finds nothing', async () => {
    expect((await filled(10, 10)).findSeqs({ limit: 0 }).length).toBe(0)
  })
})
