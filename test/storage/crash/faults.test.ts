/**
 * Faults of the disk under everything at once: a stream with late rewards and metadata whose store fails as well. The faults
 * of each part alone are in the tests of the parts.
 *
 * @module
 */

import { expect, test } from 'vitest'
import { formatOf } from '../../../src/storage/cold/formats.node.js'
import { ColdStore } from '../../../src/storage/cold/write/cold-store.js'
import { resolveColdOptions } from '../../../src/storage/cold/write/options.js'
import { BackpressureError, type DurableExperienceStream, StorageError } from '../../../src/storage/index.node.js'
import { nodeCrc32 } from '../../../src/storage/journal/crc32.node.js'
import { FaultyFiles } from '../cold/faulty-files.js'
import { DAY_US, rewards } from '../cold/support.js'
import { crashed, openSwitched, turn } from '../durable/support.js'
import { temporaryFolder } from '../support/folders.js'
import { randomOf } from './content.mjs'

const FIRST_DAY_US = 20_000 * DAY_US

function storeOn(files: FaultyFiles, batchSize: number): ColdStore {
  const options = resolveColdOptions({ format: 'messagepack', batchSize })
  return new ColdStore({ files, formatOf, crc: nodeCrc32, own: async () => () => {} }, options)
}

/** The reward of every event, by its number; the oldest first. */
async function goalsOf(stream: DurableExperienceStream): Promise<Map<number, number>> {
  const found = new Map<number, number>()
  for await (const batch of stream.history.query()) for (const view of batch) found.set(view.seq, view.rewardGoal)
  return found
}

test('a disk that is full again and again: what was acknowledged is there after a crash, the store ends exact', async () => {
  const random = randomOf(7)
  const { stream, disk } = await openSwitched({ capacity: 64, settleMs: 0, retention: { maxBytes: 2 ** 30 } })
  const files = new FaultyFiles(temporaryFolder())
  const store = storeOn(files, 25)
  const retry = { initialMs: 1, maxMs: 3 }
  let retries = 0
  const onReport = ({ kind }: { kind: string }): void => void (kind === 'retrying' && retries++)
  const follower = stream.follow(store, { batchSize: 20, lingerMs: 0, retry, onReport })
  const model: number[] = []
  let acknowledged: number[] = []
  let refused = 0
  let failures = 0
  for (let step = 0; step < 150; step++) {
    disk.left = random() < 0.3 ? Math.floor(random() * 3000) : Number.POSITIVE_INFINITY
    if (random() < 0.2) files.failNext({ at: Math.floor(random() * 6), where: 'within', crash: false })
    try {
      for (let i = Math.floor(random() * 30); i > 0; i--) {
        const timestamp = FIRST_DAY_US + Math.floor(random() * 3) * DAY_US + model.length
        expect(stream.writeEvent({ timestamp, rewardGoal: 1 })).toBe(model.length)
        model.push(1)
      }
      const seq = Math.floor(random() * model.length)
      // Numbered, so that a later reward is a larger one.
      if (model.length > 0) stream.setAppraiserReward(seq, 3, step + 2)
      if (model.length > 0) model[seq] = step + 2
    } catch (error) {
      expect(error).toBeInstanceOf(StorageError)
      refused++
    }
    const before = [...model]
    await stream.durable().then(
      () => {
        acknowledged = before
      },
      (error) => {
        expect(error).toBeInstanceOf(StorageError)
        failures++
      },
    )
    if (step % 30 !== 29) continue
    const left = await crashed(stream)
    const found = await goalsOf(left)
    expect([...found.keys()]).toEqual(model.slice(0, found.size).map((_, seq) => seq))
    for (const [seq, goal] of acknowledged.entries()) expect(found.get(seq)).toBeGreaterThanOrEqual(goal)
    await left.close()
  }
  for (const count of [refused, failures, retries]) expect(count).toBeGreaterThan(5)
  disk.left = Number.POSITIVE_INFINITY
  await stream.durable()
  await follower.flush()
  const kept = await rewards(store)
  expect([...kept.keys()]).toEqual(model.map((_, seq) => seq))
  expect(Array.from(kept.values(), (row) => row[3])).toEqual(model)
  expect(Array.from((await goalsOf(stream)).values())).toEqual(model)
  await stream.close()
  await store.close()
})

test('a rename that fails between two days of one flush: the follower tries again, and each event is there once', async () => {
  const { stream } = await openSwitched({ capacity: 100, settleMs: 0 })
  const files = new FaultyFiles(temporaryFolder())
  const store = storeOn(files, 1000)
  const reports: string[] = []
  const retry = { initialMs: 1, maxMs: 1 }
  const follower = stream.follow(store, { retry, onReport: ({ kind }) => void reports.push(kind) })
  await follower.flush()
  files.failNext({ at: 1, where: 'before', crash: false, operation: 'rename' })
  for (let i = 0; i < 30; i++) stream.writeEvent({ timestamp: FIRST_DAY_US + (i % 3) * DAY_US, rewardGoal: i })
  await follower.flush()
  expect(reports).toEqual(['retrying', 'recovered'])
  expect(Array.from((await rewards(store)).values(), (row) => row[3])).toEqual([...Array(30).keys()])
  expect(store.stats()).toMatchObject({ files: 3, leftovers: 0 })
  expect((await store.verify()).faults).toEqual([])
  await stream.close()
  await store.close()
})

test('an fsync that fails ends what stands on it: nothing more is acknowledged, delivered as safe or stored', async () => {
  const { stream, disk } = await openSwitched({ capacity: 100, settleMs: 0, durability: 'power-loss' })
  const store = storeOn(new FaultyFiles(temporaryFolder()), 10)
  const follower = stream.follow(store, { lingerMs: 0 })
  const safe = stream.subscribe({ after: 'durable', from: 'oldest' })
  for (let i = 0; i < 5; i++) stream.writeEvent({})
  await follower.flush()
  disk.isBroken = true
  for (let i = 0; i < 5; i++) stream.writeEvent({})
  await expect(stream.durable()).rejects.toThrow('EIO')
  disk.isBroken = false
  await expect(follower.flush()).rejects.toThrow('EIO')
  expect(() => stream.writeEvent({})).toThrow(StorageError)
  expect([safe.poll().length, safe.poll().length]).toEqual([5, 0])
  expect([...(await rewards(store)).keys()]).toEqual([0, 1, 2, 3, 4])
  safe.close()
  await expect(stream.close()).rejects.toThrow('EIO')
  await store.close()
})

test('a disk whose syncs take their time holds up who waits, and nothing piles up meanwhile', async () => {
  const { stream, disk } = await openSwitched({
    capacity: 64,
    maxBacklog: 16,
    durability: 'power-loss',
    onFull: 'throw',
  })
  const safe = stream.subscribe({ after: 'durable', from: 'oldest' })
  await stream.durable()
  const before = disk.syncs
  const release = disk.holdSyncs()
  let refused = 0
  for (let i = 0; i < 400; i++) {
    try {
      stream.writeEvent({})
    } catch (error) {
      expect(error).toBeInstanceOf(BackpressureError)
      expect((error as BackpressureError).retryAfterMs).toBeGreaterThan(0)
      refused++
      await turn()
    }
    expect(stream.stats().journal.backlog).toBeLessThanOrEqual(16)
  }
  expect(refused).toBeGreaterThan(10)
  const waiting = Array.from({ length: 100 }, () => stream.durable())
  await turn()
  expect(disk.syncs).toBe(before)
  expect(safe.poll().length).toBe(0)
  release()
  await Promise.all(waiting)
  // The one that was under way, and one for everybody who came meanwhile.
  expect(disk.syncs - before).toBeLessThanOrEqual(3)
  expect(stream.stats().journal).toMatchObject({ pending: 0, backlog: 0 })
  expect(safe.poll().length + safe.missed).toBe(stream.totalWritten)
  safe.close()
})
