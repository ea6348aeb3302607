/**
 * What a sample is, apart from chance: sizes, populations, orders, defaults, empty windows and saved states. The laws of
 * chance are tested in `test/statistics`.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import {
  custom,
  type ExperienceStream,
  filteredByType,
  mixed,
  prioritizedReward,
  recencyWeighted,
  recent,
  SamplingStrategy,
  sequences,
  uniform,
} from '../../src/index.js'
import { makeStream } from '../support/streams.js'

const strategies = {
  uniform: uniform(),
  filteredByType: filteredByType([0, 1]),
  custom: custom((event) => event.stepNumber >= 0),
  prioritizedReward: prioritizedReward({ epsilon: 0.5 }),
  recencyWeighted: recencyWeighted({ decay: 0.9 }),
  mixed: mixed({ rewardWeight: 1, recencyWeight: 1 }),
  recent: recent(1000),
  sequences: sequences({ length: 1 }),
}
const withReplacement = new Set(['prioritizedReward', 'recencyWeighted', 'mixed'])

async function filled(
  count: number,
  capacity = 10,
  priority: 'reward' | 'explicit' = 'reward',
): Promise<ExperienceStream> {
  const stream = await makeStream({ capacity, seed: 4, priority })
  for (let i = 0; i < count; i++) stream.writeEvent({ stepNumber: i, eventType: i % 2, rewardGoal: i })
  return stream
}

describe('a sample', () => {
  for (const [name, strategy] of Object.entries(strategies)) {
    test(`by ${name} of an empty window is empty`, async () => {
      const batch = (await filled(0)).sampleBatch(5, strategy)
      expect([batch.length, batch.population, batch.seqs.length, batch.bytes.length]).toEqual([0, 0, 0, 0])
      expect([batch.probabilities.length, batch.weights.length]).toEqual([0, 0])
    })

    test(`by ${name} has the size that was asked for, as far as the matches reach`, async () => {
      const stream = await filled(13)
      for (const size of [0, 1, 7, 10, 25, 3000]) {
        const { length, population } = stream.sampleSeqs(size, strategy)
        expect(length).toBe(withReplacement.has(name) ? size : Math.min(size, 10))
        expect(population).toBe(10)
        if (name !== 'recent') expect(stream.sampleSeqs(size, strategy, { replacement: true }).length).toBe(size)
        const alone = stream.sampleSeqs(size, strategy, { replacement: false })
        expect(alone.length).toBe(Math.min(size, 10))
        expect(new Set(alone.seqs.subarray(0, alone.length)).size).toBe(alone.length)
      }
    })

    test(`by ${name} draws the same with records as without`, async () => {
      const one = await filled(13)
      const other = await filled(13)
      for (const size of [3, 8, 2000]) {
        const batch = one.sampleBatch(size, strategy)
        const { seqs, probabilities, weights, length } = other.sampleSeqs(size, strategy)
        expect([...batch.seqs]).toEqual([...seqs.subarray(0, length)])
        expect([...batch.probabilities]).toEqual([...probabilities.subarray(0, length)])
        expect([...batch.weights]).toEqual([...weights.subarray(0, length)])
        for (let i = 0; i < batch.length; i += 97) expect(batch.at(i)).toEqual(one.getEvent(batch.seqs[i]!))
      }
    })
  }

  test('is uniform and without replacement when nothing is said', async () => {
    const { seqs, probabilities, length } = (await filled(13)).sampleSeqs(99)
    expect([...seqs].sort((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect([...probabilities.subarray(0, length)]).toEqual(new Array(10).fill(0.1))
  })

  test('by type has the matches as its population', async () => {
    const stream = await filled(13)
    const { population, probabilities, seqs } = stream.sampleSeqs(2, filteredByType(1))
    expect(population).toBe(5)
    expect([...probabilities]).toEqual([0.2, 0.2])
    expect([...seqs].every((seq) => seq % 2 === 1)).toBe(true)
    expect([...stream.sampleSeqs(2, filteredByType(1, { take: 'oldest' })).seqs]).toEqual([3, 5])
    expect([...stream.sampleSeqs(2, filteredByType(1, { take: 'newest' })).seqs]).toEqual([9, 11])
    expect(stream.sampleSeqs(2, filteredByType(9)).length).toBe(0)
  })

  test('by recent is the newest events in ascending order', async () => {
    const stream = await filled(13)
    expect([...stream.sampleSeqs(99, recent(3)).seqs]).toEqual([10, 11, 12])
    expect([...stream.sampleSeqs(2, recent(3)).seqs]).toEqual([11, 12])
    expect(stream.sampleSeqs(99, recent(99)).length).toBe(10)
    expect(stream.sampleSeqs(99, recent(0)).length).toBe(0)
  })

  test('by priority never holds an event without weight, unless none has any', async () => {
    const stream = await filled(4)
    const { seqs, population } = stream.sampleSeqs(500, prioritizedReward())
    expect(new Set(seqs)).toEqual(new Set([1, 2, 3]))
    expect(population).toBe(4)
    expect(stream.sampleSeqs(4, prioritizedReward(), { replacement: false }).length).toBe(3)
    stream.setAppraiserRewards([1, 2, 3], 3, [0, 0, 0])
    expect(new Set(stream.sampleSeqs(500, prioritizedReward()).seqs)).toEqual(new Set([0, 1, 2, 3]))
    expect(stream.sampleSeqs(4, prioritizedReward(), { replacement: false }).length).toBe(4)
    expect(new Set(stream.sampleSeqs(500, prioritizedReward({ alpha: 0 })).seqs)).toEqual(new Set([0, 1, 2, 3]))
  })

  test('of runs has its rows run by run, never across the end of an episode', async () => {
    const stream = await makeStream({ capacity: 20, seed: 4 })
    for (let i = 0; i < 9; i++) stream.writeEvent({ episodeId: i % 2, stepNumber: i >> 1 })
    stream.writeEvent({ episodeId: 1, stepNumber: 0 })
    const batch = stream.sampleBatch(99, sequences({ length: 3 }))
    // Episode 0 has steps 0 to 4, episode 1 steps 0 to 3 and then a new start: 3 + 2 runs.
    expect([batch.population, batch.length]).toEqual([5, 15])
    for (let i = 0; i < 15; i += 3) {
      const rows = [0, 1, 2].map((k) => batch.at(i + k))
      expect(new Set(rows.map((row) => row.episodeId)).size).toBe(1)
      expect(rows.map((row) => row.stepNumber - rows[0]!.stepNumber)).toEqual([0, 1, 2])
      expect(batch.probabilities[i]).toBe(0.2)
    }
    expect(stream.sampleSeqs(5, sequences({ length: 6 })).length).toBe(0)
  })

  test('of runs follows eviction and a change of length', async () => {
    const stream = await makeStream({ capacity: 6, seed: 4 })
    const population = (length: number) => stream.sampleSeqs(1, sequences({ length })).population
    for (let i = 0; i < 6; i++) stream.writeEvent({ stepNumber: i })
    expect([population(2), population(6), population(7), population(2)]).toEqual([5, 1, 0, 5])
    stream.writeEvent({ stepNumber: 9 })
    expect([population(2), population(5), population(6)]).toEqual([4, 1, 0])
    for (let i = 0; i < 20; i++) stream.writeEvent({ stepNumber: 100 + i })
    expect([population(2), population(6), population(1)]).toEqual([5, 1, 6])
  })

  test('by the class and by the free functions is the same', async () => {
    const draw = async (strategy: SamplingStrategy) => [...(await filled(13)).sampleSeqs(7, strategy).seqs]
    expect(await draw(SamplingStrategy.uniform())).toEqual(await draw(uniform()))
    expect(await draw(SamplingStrategy.prioritizedReward({ alpha: 0.5 }))).toEqual(
      await draw(prioritizedReward({ alpha: 0.5 })),
    )
    expect(await draw(SamplingStrategy.recent(3))).toEqual(await draw(recent(3)))
    expect(await draw(SamplingStrategy.sequences({ length: 2 }))).toEqual(await draw(sequences({ length: 2 })))
  })
})

describe('explicit priorities', () => {
  test('start with 1, then with the largest of the events that are live with the new one', async () => {
    const stream = await filled(3, 4, 'explicit')
    expect([...stream.getPriorities([0, 1, 2])]).toEqual([1, 1, 1])
    stream.setPriorities([0, 1], [9, 4])
    stream.writeEvent({})
    expect(stream.getPriorities([3])[0]).toBe(9)
    stream.setPriorities([3], [2])
    // This one evicts the event that has 9, so that 4 is the largest which stays.
    stream.writeEvent({})
    expect(stream.getPriorities([4])[0]).toBe(4)
    stream.writeBatch([{}, {}, {}, {}, {}, {}])
    expect([...stream.getPriorities([7, 8, 9, 10])]).toEqual([4, 4, 4, 4])
  })

  test('in a ring of one event start with 1', async () => {
    const stream = await filled(1, 1, 'explicit')
    stream.setPriorities([0], [5])
    expect(stream.getPriorities([stream.writeEvent({})])[0]).toBe(1)
  })

  test('follow updates in bulk, the last of two winning, and count those that came too late', async () => {
    const stream = await filled(12, 10, 'explicit')
    expect(stream.setPriorities([3, 1, 4, 3], [7, 7, 0, 0.1])).toEqual({ applied: 3, corrected: 0, evicted: 1 })
    expect([...stream.getPriorities([3, 4, 5])]).toEqual([Math.fround(0.1), 0, 1])
    expect(stream.stats().rewards).toMatchObject({ applied: 0, evicted: 1 })
  })
})

describe('the state of the sampler', () => {
  test('repeats every strategy when restored', async () => {
    const stream = await filled(13)
    for (const strategy of Object.values(strategies)) {
      stream.sampleSeqs(3)
      const state = stream.saveSamplerState()
      const first = [...stream.sampleSeqs(6, strategy).seqs, ...stream.sampleSeqs(6, strategy).seqs]
      stream.restoreSamplerState(state)
      expect([...stream.sampleSeqs(6, strategy).seqs, ...stream.sampleSeqs(6, strategy).seqs]).toEqual(first)
    }
  })

  test('can be carried to another stream, and is a copy', async () => {
    const [one, other] = [await filled(13), await makeStream({ capacity: 10, seed: 99 })]
    for (let i = 0; i < 13; i++) other.writeEvent({ stepNumber: i, rewardGoal: i })
    const state = one.saveSamplerState()
    const kept = [...state]
    const drawn = [...one.sampleSeqs(9).seqs]
    expect([...state]).toEqual(kept)
    other.restoreSamplerState(state)
    expect([...other.sampleSeqs(9).seqs]).toEqual(drawn)
  })
})
