/**
 * The history of a durable stream on a real disk, with stores in files that follow its journal.
 *
 * @module
 */

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ClosedError } from '../../../src/errors.js'
import { FileColdStorage } from '../../../src/storage/cold/file-cold-storage.node.js'
import { openExperienceStream } from '../../../src/storage/durable/open.node.js'
import type { DurableExperienceStream } from '../../../src/storage/durable/stream.js'
import { openHistory } from '../../../src/storage/history/open-history.node.js'
import { temporaryFolder } from '../support/folders.js'

test('an event is found with its newest rewards before and after it has left the ring', async () => {
  const directory = temporaryFolder()
  const stream = await openExperienceStream({ directory, capacity: 100 })
  for (let i = 0; i < 1000; i++) stream.writeEvent({ stepNumber: i, episodeId: i % 7, eventType: i % 3 })
  stream.setAppraiserReward(990, 1, 2)
  expect(stream.setAppraiserReward(5, 0, 3)).toBe('corrected')
  expect((await stream.history.getEvent(990))?.rewardCuriosity).toBe(2)
  expect((await stream.history.getEvent(5))?.rewardHomeostasis).toBe(3)
  const batch = await stream.history.query({ episodeId: 3, types: 1 }).toBatch()
  expect([...batch].every((view) => view.stepNumber % 7 === 3 && view.eventType === 1)).toBe(true)
  expect(batch.length).toBe(await stream.history.count({ episodeId: 3, types: 1 }))
  expect(batch.tier).toBe('mixed')
  await stream.close()
  expect(() => stream.history.query()).toThrow(ClosedError)

  await using history = await openHistory(directory)
  expect((await history.query().toBatch()).length).toBe(1000)
  expect((await history.getEvent(5))?.rewardHomeostasis).toBe(3)
})

test('metadata is found in memory, in the journal and after reopening', async () => {
  const directory = temporaryFolder()
  const stream = await openExperienceStream({ directory, capacity: 10 })
  const pending = [1, 2, 3].map((depth) =>
    stream.writeEventWithMetadata({}, { intentType: 'look', parameters: { depth } }),
  )
  expect(await stream.history.getMetadata(2)).toEqual({ intentType: 'look', parameters: { depth: 3 } })
  await Promise.all(pending)
  for (let i = 0; i < 20; i++) stream.writeEvent({})
  expect(await stream.history.getMetadata(1)).toEqual({ intentType: 'look', parameters: { depth: 2 } })
  await stream.close()
  await using history = await openHistory(directory)
  const batch = await history.queryRange(0, 5).toBatch()
  expect([...batch.metadata.keys()]).toEqual([0, 1, 2])
})

test.each(['parquet', 'messagepack'] as const)(
  'what only a %s store still has is found as well, corrected',
  async (format) => {
    const directory = temporaryFolder()
    const stream = await openExperienceStream({ directory, capacity: 100, segmentBytes: 1 << 20, settleMs: 1 })
    const store = new FileColdStorage(join(directory, 'cold'), { format })
    const follower = stream.follow(store)
    for (let i = 0; i < 12_000; i++) stream.writeEvent({ stepNumber: i, timestamp: 1_000_000 * i, eventType: i % 3 })
    await stream.writeEventWithMetadata({ stepNumber: 12_000 }, { executorId: 'last' })
    await follower.flush()
    fill(stream, 12_001, 20_000)
    await follower.flush()
    expect(stream.stats().journal.segments).toBeLessThan(5)

    stream.setAppraiserReward(17, 2, 4)
    const { history } = stream
    const tiers = new Set<string>()
    let next = 0
    for await (const batch of history.query()) {
      expect(batch.start).toBe(next)
      tiers.add(batch.tier)
      for (const view of batch) expect(view.stepNumber).toBe(next++)
    }
    expect(next).toBe(20_000)
    expect([...tiers]).toEqual([store.name, 'journal', 'ring'])
    expect((await history.getEvent(17))?.rewardEfficiency).toBe(4)
    expect(await history.getMetadata(12_000)).toEqual({ executorId: 'last' })
    expect(await history.count({ maxReward: 4, minReward: 4 })).toBe(1)
    expect((await history.queryTimeRange(5_000_000, 9_000_000).toArray()).map(({ stepNumber }) => stepNumber)).toEqual([
      5, 6, 7, 8,
    ])
    const sample = await history.sample(300, { seed: 11 })
    expect(sample.population).toBe(20_000)
    expect(new Set(sample.seqs).size).toBe(300)
    const newest = await history.query({ order: 'newest', types: 1, endSeq: 1000, limit: 5 }).toBatch()
    expect([...newest.seqs]).toEqual([997, 994, 991, 988, 985])
    expect((await history.gaps(0, 20_000).next()).done).toBe(true)
    await stream.close()

    const reader = await FileColdStorage.read(join(directory, 'cold'))
    await using closed = await openHistory(directory, { stores: [reader] })
    const again = await closed.query().toBatch()
    expect([again.length, again.tierAt(0), again.tierAt(19_999)]).toEqual([20_000, reader.name, 'journal'])
    expect(again.at(17).rewardEfficiency).toBe(4)
    await reader.close()
  },
)

test('a stream that is written to, scored and followed while a query runs shows each event of its begin once', async () => {
  const directory = temporaryFolder()
  const stream = await openExperienceStream({ directory, capacity: 500, segmentBytes: 1 << 20, settleMs: 1 })
  const store = new FileColdStorage(join(directory, 'cold'), { format: 'messagepack', batchSize: 1000 })
  const follower = stream.follow(store, { batchSize: 1000 })
  fill(stream, 0, 20_000)
  await follower.flush()
  for (const order of ['oldest', 'newest'] as const) {
    const end = stream.totalWritten
    const seqs: number[] = []
    for await (const batch of stream.history.query({ order, batchSize: 700 })) {
      seqs.push(...batch.seqs)
      fill(stream, stream.totalWritten, stream.totalWritten + 300)
      stream.setAppraiserReward(seqs.length - 1, 3, 1)
      if (seqs.length % 3 === 0) void follower.flush().catch(() => {})
    }
    const expected = Array.from({ length: end }, (_, i) => (order === 'oldest' ? i : end - 1 - i))
    expect(seqs).toEqual(expected)
  }
  await stream.close()
})

function fill(stream: DurableExperienceStream, from: number, to: number): void {
  for (let i = from; i < to; i++) stream.writeEvent({ stepNumber: i, eventType: i % 3 })
}
