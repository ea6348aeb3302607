import { describe, expect, test } from 'vitest'
import { AppraiserType, EventFlags, InvalidArgumentError, prioritizedReward, recent } from '../../../src/index.js'
import { temporaryFolder } from '../support/folders.js'
import { crashed, openStream } from './support.js'

describe('a directory that is opened again', () => {
  test('gives back the newest events with their rewards, flags and numbers, and goes on', async () => {
    const first = await openStream({ capacity: 50, ids: 'v7' })
    for (let i = 0; i < 120; i++) {
      first.writeEvent({
        stepNumber: i,
        episodeId: 2n ** 63n,
        eventType: i % 7,
        flags: EventFlags.URGENT,
        state: [i, -i],
        action: [0, 0, i / 4],
        rewardGoal: i / 8,
        adnaVersionHash: 2 ** 32 - 1,
      })
    }
    const before = first.queryRange(70, 120).toArray()
    await first.close()
    const second = await openStream({ directory: first.directory })
    expect(second.recovery).toMatchObject({ created: false, startSeq: 70, endSeq: 120, torn: undefined, damage: [] })
    expect([first.recovery.created, second.capacity, second.identity]).toEqual([true, 50, first.identity])
    expect(second.queryRange(70, 120).toArray()).toEqual(before)
    expect(second.writeEvent({})).toBe(120)
    expect(second.stats()).toMatchObject({ firstSeq: 0, written: 121, readable: 50, evicted: 71, nextSeq: 121 })
    expect(second.stats().journal).toMatchObject({ written: 121, durable: 120, pending: 1 })
  })

  test.each([
    [20, 100, 120],
    [70, 50, 120],
    [500, 0, 120],
  ])('restores what fits into a ring of %i events', async (capacity, startSeq, endSeq) => {
    const first = await openStream({ capacity: 50 })
    for (let i = 0; i < 120; i++) first.writeEvent({ stepNumber: i, rewardGoal: i })
    await first.close()
    const second = await openStream({ directory: first.directory, capacity })
    expect(second.recovery).toMatchObject({ startSeq, endSeq })
    expect([second.capacity, second.oldestSeq, second.totalWritten]).toEqual([capacity, startSeq, endSeq])
    for (let seq = startSeq; seq < endSeq; seq++) expect(second.getEvent(seq)?.stepNumber).toBe(seq)
    for (let i = 0; i < 40; i++) second.writeEvent({ stepNumber: 120 + i })
    for (let seq = second.oldestSeq; seq < 160; seq++) expect(second.getEvent(seq)?.stepNumber).toBe(seq)
    await second.close()
    const third = await openStream({ directory: first.directory, capacity: 160 })
    for (let seq = 0; seq < 160; seq++) expect(third.getEvent(seq)?.stepNumber).toBe(seq)
  })

  test('samples, searches and completes restored events as if they had just been written', async () => {
    const first = await openStream({ capacity: 50, appraisers: [AppraiserType.Goal, AppraiserType.Curiosity] })
    for (let i = 0; i < 80; i++) first.writeEvent({ eventType: i % 2, rewardGoal: i === 77 ? 1 : 0 })
    first.setAppraiserReward(60, AppraiserType.Goal, 0)
    await first.close()
    const stream = await openStream({ directory: first.directory, seed: 1 })
    expect(stream.sampleSeqs(20, prioritizedReward()).seqs.every((seq) => seq === 77)).toBe(true)
    expect([...stream.sampleSeqs(3, recent(3)).seqs]).toEqual([77, 78, 79])
    expect(stream.count({ types: 1 })).toBe(25)
    stream.setAppraiserReward(60, AppraiserType.Curiosity, 0)
    expect(stream.count({ flags: EventFlags.FULLY_APPRAISED })).toBe(1)
    stream.setAppraiserReward(61, AppraiserType.Goal, 5)
    expect(new Set(stream.sampleSeqs(200, prioritizedReward()).seqs)).toEqual(new Set([61, 77]))
  })

  test('knows who has scored the restored events, also those that came complete', async () => {
    const first = await openStream({ capacity: 10 })
    first.writeEvent({ flags: EventFlags.FULLY_APPRAISED })
    await first.close()
    const stream = await openStream({ directory: first.directory })
    stream.writeEvent({})
    for (const seq of [0, 1])
      for (const appraiser of [0, 1, 2, 3] as const) stream.setAppraiserReward(seq, appraiser, 1)
    expect(stream.stats().rewards.fullyAppraised).toBe(1)
  })

  test('starts explicit priorities anew: every restored event has the first one', async () => {
    const first = await openStream({ capacity: 20, priority: 'explicit' })
    for (let i = 0; i < 30; i++) first.writeEvent({})
    first.setPriorities([25], [9])
    await first.close()
    const stream = await openStream({ directory: first.directory, priority: 'explicit' })
    expect([...stream.getPriorities([10, 25, 29])]).toEqual([1, 1, 1])
    stream.setPriorities([10, 29], [0.5, 4])
    stream.writeEvent({})
    expect([...stream.getPriorities([29, 30])]).toEqual([4, 4])
  })

  test('is refused with other appraisers, and takes its own when none are given', async () => {
    const first = await openStream({ capacity: 20, appraisers: [0, 2] })
    first.writeEvent({})
    await first.close()
    const { directory } = first
    const refused = openStream({ directory, appraisers: [0, 1] })
    await expect(refused).rejects.toThrow(InvalidArgumentError)
    await expect(refused).rejects.toThrow('the directory was made with, [0, 2], got [0, 1]')
    const second = await openStream({ directory })
    second.setAppraiserReward(0, 0, 1)
    second.setAppraiserReward(0, 2, 1)
    expect(second.getEvent(0)?.flags).toBe(EventFlags.FULLY_APPRAISED)
  })

  test('is the same stream after an empty run, and after a crash right after it was made', async () => {
    const first = await openStream({ capacity: 5 })
    const left = await crashed(first)
    expect([left.totalWritten, left.identity]).toEqual([0, first.identity])
    await first.close()
    const again = await openStream({ directory: first.directory })
    expect([again.totalWritten, again.size, again.writeEvent({})]).toEqual([0, 0, 0])
  })
})

test.each<[string, object, string]>([
  ['an unknown option', { durable: true }, "options has no 'durable'"],
  ['an option of tests', { firstSeq: 3 }, "options has no 'firstSeq'"],
  [
    'another level',
    { durability: 'high' },
    "durability must be 'none' or 'process-crash' or 'power-loss', got \"high\"",
  ],
  ['another policy', { onFull: 'drop' }, "onFull must be 'drain' or 'throw'"],
  ['another way to recover', { recover: 'ignore' }, "recover must be 'strict' or 'salvage'"],
  ['a backlog larger than the ring', { capacity: 10, maxBacklog: 11 }, 'maxBacklog must be an integer in [1, 10]'],
  ['a small segment', { segmentBytes: 4096 }, 'segmentBytes must be an integer in [1048576, 1073741824]'],
  ['a negative time', { settleMs: -1 }, 'settleMs must be a number in [0, '],
  ['too much metadata', { metadataBytes: 10, maxMetadataBytes: 11 }, 'maxMetadataBytes must be an integer in [0, 10]'],
  ['a listener that is none', { onError: 1 }, 'onError must be a function, got 1'],
  ['an unknown retention', { retention: { days: 3 } }, "retention has no 'days'"],
  ['a negative retention', { retention: { maxBytes: -3 } }, 'retention.maxBytes must be a number in [0, '],
  ['no folder', { directory: '' }, 'directory must be the path of a folder, got ""'],
])('a mistake is refused before anything is made: %s', async (_, options, message) => {
  const directory = `${temporaryFolder()}/new`
  await expect(openStream({ directory, ...options })).rejects.toThrow(message)
  const { existsSync } = await import('node:fs')
  expect(existsSync(directory)).toBe(false)
})
