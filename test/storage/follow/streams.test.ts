/**
 * Followers of real streams, with files as their stores.
 *
 * @module
 */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { FileColdStorage } from '../../../src/storage/cold/file-cold-storage.node.js'
import type { DurableExperienceStream } from '../../../src/storage/durable/stream.js'
import { BackpressureError } from '../../../src/storage/errors.js'
import type { FollowReport } from '../../../src/storage/follow/options.js'
import { crashed, openStream, turn } from '../durable/support.js'
import { MemoryStore } from './support/memory-store.js'

const opened: FileColdStorage[] = []

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close().catch(() => {})
})

/** The store in the stream's own directory, so that a crash takes both. */
function coldOf(stream: DurableExperienceStream, format: 'parquet' | 'messagepack'): FileColdStorage {
  const store = new FileColdStorage(join(stream.directory, 'cold'), { format, batchSize: 40 })
  opened.push(store)
  return store
}

interface Known {
  readonly rewards: number[]
  readonly intentType: string | undefined
}

/** What a store holds, by sequence number; an event that comes twice fails. */
async function contents(store: FileColdStorage): Promise<Map<number, Known>> {
  const found = new Map<number, Known>()
  for await (const batch of store.query({})) {
    const view = new DataView(batch.bytes.buffer, batch.bytes.byteOffset)
    for (let i = 0; i < batch.length; i++) {
      const seq = batch.seqs[i] as number
      expect(found.has(seq), `event ${seq} comes once`).toBe(false)
      const rewards = [0, 1, 2, 3].map((slot) => view.getFloat32(i * 128 + 104 + slot * 4, true))
      found.set(seq, { rewards, intentType: batch.metadata.get(seq)?.intentType })
    }
  }
  return found
}

describe.each(['parquet', 'messagepack'] as const)('a %s store', (format) => {
  test('has everything that its stream had accepted when it closed, with the newest rewards', async () => {
    const stream = await openStream({ capacity: 64, settleMs: 10 })
    const store = coldOf(stream, format)
    const follower = stream.follow(store, { lingerMs: 0 })
    const known = new Map<number, Known>()
    for (let i = 0; i < 300; i++) {
      const intentType = i % 7 === 0 ? `intent ${i}` : undefined
      const seq = stream.totalWritten
      if (intentType === undefined) stream.writeEvent({ rewardGoal: i })
      else await stream.writeEventWithMetadata({ rewardGoal: i }, { intentType })
      known.set(seq, { rewards: [0, 0, 0, i], intentType })
      const late = Math.floor(i / 2)
      stream.setAppraiserReward(late, 1, i)
      ;(known.get(late) as Known).rewards[1] = i
    }
    await follower.flush()
    expect(await contents(store)).toEqual(known)
    stream.setAppraiserReward(3, 2, 5)
    ;(known.get(3) as Known).rewards[2] = 5
    await stream.close()
    expect(follower.state).toBe('closed')
    expect(await contents(store)).toEqual(known)
    expect(store.checkpoint?.seq).toBe(300)
  })

  test('has each acknowledged event once, with its newest reward, whenever the process ends', async () => {
    for (let seed = 1; seed <= 4; seed++) await crashing(seed, format)
  })
})

/** Writes and rewards with crashes in between; what was accepted before a crash and flushed must be there. */
async function crashing(seed: number, format: 'parquet' | 'messagepack'): Promise<void> {
  let state = seed
  const roll = (sides: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
  const options = { capacity: 32 + roll(100), settleMs: roll(3) * 5 }
  let stream = await openStream(options)
  let store = coldOf(stream, format)
  stream.follow(store, { lingerMs: 0, batchSize: 1 + roll(50) })
  const known = new Map<number, number>()
  for (let step = 0; step < 40; step++) {
    const action = roll(12)
    if (action < 5) for (let i = roll(30); i > 0; i--) known.set(stream.writeEvent({}), 0)
    else if (action < 9) {
      for (let i = roll(20); i > 0 && known.size > 0; i--) {
        const seq = Math.max(0, stream.totalWritten - 1 - roll([20, 400][roll(2)] as number))
        const reward = roll(1000)
        stream.setAppraiserReward(seq, 3, reward)
        known.set(seq, reward)
      }
    } else if (action < 11) for (let i = roll(10); i > 0; i--) await turn()
    else {
      await stream.durable()
      for (let i = roll(6); i > 0; i--) await turn()
      stream = await crashed(stream, options)
      // Of a process that is gone; here it is still the same one.
      rmSync(join(stream.directory, 'cold', 'LOCK'), { recursive: true, force: true })
      store = coldOf(stream, format)
      stream.follow(store, { lingerMs: 0, batchSize: 1 + roll(50) })
      expect(stream.totalWritten).toBe(known.size)
    }
  }
  await stream.close()
  const found = await contents(store)
  expect(new Map(Array.from(found, ([seq, { rewards }]) => [seq, rewards[3]])), `seed ${seed}`).toEqual(known)
}

describe('a stream', () => {
  test('refuses writes and rewards while a follower is too far behind, whatever onFull says, and goes on after', async () => {
    const stream = await openStream({ capacity: 50_000, maxBacklog: 10_000 })
    const store = new MemoryStore()
    let open = (): void => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    store.before = (operation) => (operation === 'write' ? gate : undefined)
    const reports: FollowReport[] = []
    const follower = stream.follow(store, {
      maxLagBytes: 2 ** 20,
      lingerMs: 0,
      onReport: (report) => reports.push(report),
    })
    const bytes = new Uint8Array(1000 * 128)
    let refused: unknown
    for (let i = 0; i < 1000 && refused === undefined; i++) {
      try {
        stream.writeBatch(bytes)
        if (i % 5 === 0) await turn()
      } catch (error) {
        refused = error
      }
    }
    expect(refused).toBeInstanceOf(BackpressureError)
    expect((refused as Error).message).toMatch(
      /^follower 'memory' is \d+ bytes behind, its limit is 1048576; retry after /,
    )
    expect(() => stream.setAppraiserReward(1, 0, 1)).toThrow(BackpressureError)
    expect(stream.stats().followers).toMatchObject([{ name: 'memory', holding: true }])
    const { totalWritten } = stream
    open()
    await stream.ready()
    stream.writeBatch(bytes)
    stream.setAppraiserReward(1, 0, 1)
    expect(reports.map(({ kind }) => kind)).toEqual(['held', 'released'])
    await follower.flush()
    expect([...store.kept.rows.keys()].length).toBe(totalWritten + 1000)
    await stream.close()
  })

  test('tells of its followers, attached or not, and keeps their places when it is opened again', async () => {
    const stream = await openStream()
    const store = new MemoryStore('one')
    stream.writeEvent({})
    const follower = stream.follow(store)
    await follower.flush()
    await follower.close()
    const { checkpoint } = follower
    expect(stream.stats().followers).toMatchObject([{ name: 'one', state: 'absent', checkpoint }])
    await stream.close()
    const again = await openStream({ directory: stream.directory })
    expect(again.stats().followers).toMatchObject([{ name: 'one', state: 'absent', checkpoint }])
    expect([again.unfollow('one'), again.unfollow('one')]).toEqual([true, false])
    expect(again.stats().followers).toEqual([])
  })

  test('does not let a crash of the machine leave a store with more than the journal', async () => {
    const stream = await openStream({ durability: 'power-loss', settleMs: 0 })
    const store = new MemoryStore()
    stream.follow(store, { lingerMs: 0 })
    for (let i = 0; i < 50; i++) {
      stream.writeEvent({})
      await turn()
      expect(store.accepted?.seq ?? 0).toBeLessThanOrEqual(stream.host.progress.durableSeq)
    }
    await stream.close()
    expect(store.checkpoint?.seq).toBe(50)
  })
})
