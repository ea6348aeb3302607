/**
 * What a follower takes, when, and what it says of itself.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { ClosedError, InvalidArgumentError } from '../../../src/index.js'
import type { ColdStorage } from '../../../src/storage/cold/cold-storage.js'
import { MemoryStore } from './support/memory-store.js'
import { expectExactly, World } from './support/world.js'

describe('a follower', () => {
  test('gives a store every event with its metadata, in order, in batches of bounded size', async () => {
    const world = new World()
    const store = new MemoryStore()
    for (let i = 0; i < 95; i++) {
      world.host.write([i, 0, 0, 0], 1, i % 10 === 0 ? { intentType: 'move', parameters: { i } } : undefined)
    }
    world.host.flushNow()
    const follower = world.follow(store, { batchSize: 20 })
    await follower.flush()
    expectExactly(store, world.host, 0, 95)
    expect([store.writes, store.largest]).toEqual([5, 20])
    expect(follower.checkpoint.seq).toBe(95)
  })

  test('takes events that are complete at once, others when they have settled, with what they were scored by then', async () => {
    const world = new World({ settleMs: 5000 })
    const store = new MemoryStore()
    const follower = world.follow(store)
    world.write(3, 15)
    world.write(2)
    await follower.caughtUp()
    expect(follower.checkpoint.seq).toBe(3)
    await world.clock.advance(4000)
    world.host.reward(4, 2, 7)
    world.host.flushNow()
    await world.clock.advance(1000)
    expect(store.accepted?.seq).toBe(5)
    await follower.caughtUp()
    expectExactly(store, world.host, 0, 5)
    expect(store.kept.corrected).toBe(0)
  })

  test('sends what comes later as a correction', async () => {
    const world = new World({ capacity: 64 })
    const store = new MemoryStore()
    const follower = world.follow(store)
    world.write(100)
    await follower.flush()
    world.host.reward(99, 1, 4)
    world.host.reward(3, 3, 5)
    world.host.flushNow()
    await follower.caughtUp()
    expectExactly(store, world.host, 0, 100)
    expect(store.kept.corrected).toBe(2)
  })

  test('waits without a timer while there is nothing to do, and with one for what has to settle', async () => {
    const world = new World({ settleMs: 1000 })
    const follower = world.follow(new MemoryStore(), { lingerMs: 50 })
    await world.settle()
    expect([follower.state, world.clock.running]).toEqual(['waiting', 0])
    world.write(1)
    await world.clock.advance(60)
    expect([follower.state, world.clock.running]).toEqual(['waiting', 1])
    await world.clock.advance(2000)
    expect([follower.lag.events, world.clock.running]).toEqual([1, 0])
    await follower.caughtUp()
    expect(follower.lag.events).toBe(0)
  })

  test('lets a batch fill for a while once there is something', async () => {
    const world = new World()
    const store = new MemoryStore()
    world.follow(store, { lingerMs: 100 })
    await world.settle()
    for (let i = 0; i < 10; i++) {
      world.write(1, 15)
      await world.clock.advance(9)
    }
    expect(store.writes).toBe(0)
    await world.clock.advance(20)
    expect([store.writes, store.accepted?.seq]).toEqual([1, 10])
  })

  test('does not write to the store, nor to the journal, for blocks that do not concern the store', async () => {
    const world = new World()
    const store = new MemoryStore()
    const follower = world.follow(store)
    world.write(3, 15)
    await follower.caughtUp()
    world.host.flushNow()
    await world.settle()
    const { writes } = store
    const { endPosition } = world.host.source
    for (let i = 0; i < 5; i++) {
      world.host.names.setCursor('learner', i)
      world.host.flushNow()
      await follower.caughtUp()
    }
    world.host.source.refresh()
    expect([store.writes, world.host.source.endPosition]).toEqual([writes, endPosition + 5])
    expect(follower.lag).toEqual({ events: 0, bytes: 0 })
  })

  test('takes only what is durable', async () => {
    const world = new World()
    const store = new MemoryStore()
    const follower = world.follow(store)
    world.write(4, 15)
    world.host.sync()
    world.write(4, 15)
    await world.settle()
    expect(store.accepted?.seq).toBe(4)
    const { durableSeq: seq, durablePosition: position } = world.host.progress
    expect([seq, world.followers.look().horizon]).toEqual([4, { seq, position }])
    world.host.sync()
    await world.settle()
    expect(store.accepted?.seq).toBe(8)
    await follower.close()
  })

  test('tells the store of numbers that hold no event', async () => {
    const world = new World()
    const store = new MemoryStore()
    const follower = world.follow(store)
    world.write(2)
    world.host.abort(3)
    world.write(1)
    await follower.flush()
    expect(store.kept.gaps).toEqual([{ start: 2, end: 5, reason: 'aborted' }])
    expect(store.kept.checkpoint?.seq).toBe(6)
  })

  test('begins with what comes next if it is asked to, tells the store so, and keeps to it after a crash', async () => {
    const world = new World()
    world.write(5)
    const store = new MemoryStore()
    world.follow(store, { from: 'next' })
    world.write(2)
    store.kill()
    const next = world.crash()
    const follower = next.follow(new MemoryStore('memory', store.kept), { from: 'next' })
    next.write(1)
    await follower.flush()
    expectExactly(store, next.host, 5, 8)
    expect(store.kept.gaps).toEqual([{ start: 0, end: 5, reason: 'missed' }])
    expect(next.reports).toEqual([{ name: 'memory', kind: 'missed', gap: { start: 0, end: 5, reason: 'missed' } }])
  })

  test("goes on from the store's checkpoint, not from what the journal remembers", async () => {
    const world = new World()
    const store = new MemoryStore()
    const follower = world.follow(store)
    world.write(10)
    await follower.flush()
    await follower.close()
    expect(world.host.names.follower('memory')?.seq).toBe(10)
    const emptied = new MemoryStore()
    const again = world.follow(emptied)
    await again.flush()
    expectExactly(emptied, world.host, 0, 10)
  })

  test('has all options checked, and a name and a store follow once', async () => {
    const world = new World()
    const store = new MemoryStore()
    world.follow(store)
    const wrong = [
      () => world.followers.follow(undefined as unknown as ColdStorage),
      () => world.followers.follow({ name: 'x' } as unknown as ColdStorage),
      () => world.follow(new MemoryStore('')),
      () => world.follow(new MemoryStore('x'.repeat(201))),
      () => world.follow(new MemoryStore('b'), { batchSize: 0 }),
      () => world.follow(new MemoryStore('b'), { from: 'newest' as 'next' }),
      () => world.follow(new MemoryStore('b'), { lingerMs: Number.NaN }),
      () => world.follow(new MemoryStore('b'), { maxLagBytes: 0.5 }),
      () => world.follow(new MemoryStore('b'), { onLagExceeded: 'drop' as 'gate' }),
      () => world.follow(new MemoryStore('b'), { retry: { initialMs: 10, maxMs: 5 } }),
      () => world.follow(new MemoryStore('b'), { retry: { attempts: 0 } }),
      () => world.follow(new MemoryStore('b'), { retry: { factor: 0.5 } }),
      () => world.follow(new MemoryStore('b'), { size: 1 } as object),
      () => world.followers.follow(new MemoryStore('b'), { onReport: 1 as unknown as () => void }),
      () => world.follow(new MemoryStore('b'), { signal: {} as AbortSignal }),
      () => world.follow(new MemoryStore()),
      () => world.follow(store, { name: 'b' }),
    ]
    for (const call of wrong) expect(call, String(call)).toThrow(InvalidArgumentError)
    expect(world.followers.stats().map(({ name }) => name)).toEqual(['memory'])
  })

  test('flushes the store when it is closed, and keeps its place', async () => {
    const world = new World()
    const store = new MemoryStore()
    const follower = world.follow(store)
    world.write(7, 15)
    await world.settle()
    expect([store.accepted?.seq, store.checkpoint]).toEqual([7, undefined])
    await follower.close()
    await follower.close()
    expect([store.checkpoint?.seq, follower.state]).toEqual([7, 'closed'])
    expect(world.host.names.follower('memory')?.seq).toBe(7)
    await expect(follower.flush()).rejects.toBeInstanceOf(ClosedError)
    expect(world.followers.stats()).toMatchObject([{ name: 'memory', state: 'absent', checkpoint: { seq: 7 } }])
  })

  test('ends at once when its signal is aborted, and rejects those who wait for it', async () => {
    const world = new World()
    const store = new MemoryStore()
    const ended = new AbortController()
    const follower = world.follow(store, { signal: ended.signal })
    store.before = (operation) => (operation === 'flush' ? new Promise<void>(() => {}) : undefined)
    world.write(3)
    const waiting = follower.flush()
    await world.settle()
    ended.abort()
    await expect(waiting).rejects.toBeInstanceOf(ClosedError)
    const late = world.follow(new MemoryStore('late'), { signal: ended.signal })
    expect(late.state).toBe('closed')
  })

  test('stops waiting for what the signal of the call gives up', async () => {
    const world = new World()
    const store = new MemoryStore()
    const follower = world.follow(store)
    store.before = () => new Promise<void>(() => {})
    const ended = new AbortController()
    const reason = new Error('no more patience')
    const waiting = follower.caughtUp({ signal: ended.signal })
    await world.settle()
    ended.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(follower.flush({ signal: ended.signal })).rejects.toBe(reason)
  })

  test('brings the store up to everything when the stream closes', async () => {
    const world = new World()
    const store = new MemoryStore()
    const follower = world.follow(store)
    world.write(5)
    world.host.reward(3, 0, 1)
    await world.followers.close()
    world.host.close()
    expect(follower.state).toBe('closed')
    expectExactly(store, world.host, 0, 5)
  })
})

test('events come with what they were scored while they settled, also after a long time away', async () => {
  const world = new World({ settleMs: 1000 })
  for (let i = 0; i < 50; i++) {
    world.write(4)
    world.clock.us += 400e3
    world.host.reward(i * 4, 0, i)
    world.host.flushNow()
    world.clock.us += 700e3
    world.host.reward(i * 4 + 1, 0, i)
    world.host.flushNow()
  }
  const store = new MemoryStore()
  const follower = world.follow(store, { batchSize: 4 })
  await world.clock.advance(1000)
  await follower.caughtUp()
  expectExactly(store, world.host, 0, 200)
  expect(store.kept.corrected).toBe(49)
})

test('a long way back is linear in its length: every payload is read once', async () => {
  const world = new World({ capacity: 500, settleMs: 0 })
  for (let i = 0; i < 400; i++) {
    for (let event = 0; event < 10; event++) world.host.write()
    for (let back = 0; back < 30; back++) world.host.reward(i * 10 - back * 7, back % 4, i + back)
    world.host.flushNow()
  }
  const { source } = world.host
  const read = new Map<number, number>()
  const payload = source.payload.bind(source)
  source.payload = (block) => {
    read.set(block.position, (read.get(block.position) ?? 0) + 1)
    return payload(block)
  }
  const store = new MemoryStore()
  const follower = world.follow(store, { batchSize: 75 })
  await follower.flush()
  expectExactly(store, world.host, 0, 4000)
  expect(store.writes).toBeLessThan(60)
  expect([read.size, Math.max(...read.values())]).toEqual([799, 1])
})
