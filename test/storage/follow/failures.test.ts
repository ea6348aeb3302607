/**
 * Stores that fail: what is tried again and when, what is told, and that it concerns nobody else.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { CorruptSegmentError, StorageError, StoreMismatchError } from '../../../src/storage/errors.js'
import { Backoff, isWorthRetrying } from '../../../src/storage/follow/retry.js'
import { temporaryFolder } from '../support/folders.js'
import { MemoryStore } from './support/memory-store.js'
import { expectExactly, World } from './support/world.js'

const DISK_FULL = new StorageError('no space left')

/** A store whose calls of one kind fail until `heal`. */
class FailingStore extends MemoryStore {
  failure: Error | undefined = DISK_FULL
  calls = 0

  constructor(name: string, failing: string) {
    super(name)
    this.before = (operation) => {
      if (operation !== failing) return
      this.calls++
      if (this.failure !== undefined) throw this.failure
    }
  }
}

describe.each(['open', 'write', 'flush', 'commit', 'committed'])('a store that fails at %s', (failing) => {
  test('is tried again with a growing wait, which is reported, until it takes everything', async () => {
    const world = new World()
    const store = new FailingStore('failing', failing)
    const follower = world.follow(store, { retry: { initialMs: 100, maxMs: 400, jitter: 0 } })
    world.write(10, 15)
    const done = follower.caughtUp()
    await world.clock.advance(1200)
    expect(world.reports).toEqual(
      [100, 200, 400, 400, 400].map((delayMs, i) => {
        return { name: 'failing', kind: 'retrying', error: DISK_FULL, attempt: i + 1, delayMs }
      }),
    )
    expect([follower.state, follower.lastError, follower.attempts]).toEqual(['retrying', DISK_FULL, 5])
    expect(world.followers.stats()).toMatchObject([{ state: 'retrying', lastError: DISK_FULL, attempts: 5 }])
    store.failure = undefined
    await world.clock.advance(400)
    await done
    expectExactly(store, world.host, 0, 10)
    await world.settle()
    expect([follower.state, follower.attempts]).toEqual(['waiting', 0])
    expect(world.reports.at(-1)).toEqual({ name: 'failing', kind: 'recovered', attempts: 5 })
  })

  test('does not hold another, nor its own stream when that closes', async () => {
    const world = new World()
    const store = new FailingStore('failing', failing)
    const other = new MemoryStore('other')
    world.follow(store)
    const healthy = world.follow(other)
    world.write(10)
    await healthy.flush()
    expectExactly(other, world.host, 0, 10)
    world.write(10)
    await world.followers.close()
    expectExactly(other, world.host, 0, 20)
    const start = store.checkpoint?.seq ?? 0
    expect(world.reports.at(-1)).toEqual({ name: 'failing', kind: 'unfinished', error: DISK_FULL, start, end: 20 })
    expect(world.host.names.follower('failing')?.seq).toBe(0)
  })
})

/** Commits what was written when there is nothing more to write. */
class LateStore extends MemoryStore {
  failure: Error | undefined

  async idle(): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    await this.flush()
  }
}

test('a store that commits behind its writes is waited for when nothing more comes, and its failure is tried again', async () => {
  const world = new World()
  const store = new LateStore('late')
  world.follow(store, { retry: { initialMs: 100, jitter: 0 } })
  world.write(10, 15)
  await world.settle()
  expect(world.host.names.follower('late')?.seq).toBe(10)
  store.failure = DISK_FULL
  world.write(5, 15)
  await world.settle()
  expect(world.kinds).toEqual(['retrying'])
  store.failure = undefined
  await world.clock.advance(100)
  expectExactly(store, world.host, 0, 15)
  expect(world.kinds).toEqual(['retrying', 'recovered'])
})

test('a store that has nothing to say when nothing more comes holds back what it likes', async () => {
  const world = new World()
  const store = new MemoryStore('holding')
  world.follow(store)
  world.write(10, 15)
  await world.settle()
  expect([store.accepted?.seq, store.checkpoint]).toEqual([10, undefined])
})

test('a slow store does not hold another', async () => {
  const world = new World()
  const slow = new MemoryStore('slow')
  const fast = new MemoryStore('fast')
  slow.before = () => new Promise<void>(() => {})
  const waiting = world.follow(slow)
  const follower = world.follow(fast)
  world.write(10)
  await follower.flush()
  expectExactly(fast, world.host, 0, 10)
  expect([waiting.lag.events, follower.lag.events]).toEqual([10, 0])
})

test('a store that says what is wrong for good ends its follower, which rejects who waits for it', async () => {
  const world = new World()
  const store = new MemoryStore()
  store.kept.streamId = 'another'
  const follower = world.follow(store)
  world.write(3)
  await expect(follower.caughtUp()).rejects.toBeInstanceOf(StoreMismatchError)
  await expect(follower.flush()).rejects.toBe(follower.lastError)
  expect(world.kinds).toEqual(['failed'])
  expect(world.followers.stats()).toMatchObject([{ state: 'failed' }])
  await follower.close()
  expect(follower.state).toBe('closed')
  expect(world.followers.stats()).toMatchObject([{ state: 'absent' }])
})

test('a store that has more than the journal is refused: its numbers would be given twice', async () => {
  const world = new World()
  world.write(5)
  for (const checkpoint of [
    { seq: 6, position: 1 },
    { seq: 5, position: 99 },
  ]) {
    const store = new MemoryStore(`at ${checkpoint.seq}`)
    store.kept.checkpoint = checkpoint
    const error = await world
      .follow(store)
      .caughtUp()
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(StoreMismatchError)
    expect((error as Error).message).toBe(
      `the store 'at ${checkpoint.seq}' cannot follow this journal: it is at event ${checkpoint.seq} and block ` +
        `${checkpoint.position}, the journal ends before event 5 and block ${world.host.source.endPosition}`,
    )
  }
})

test('a store that flushes without committing is told so', async () => {
  const world = new World()
  const store = new MemoryStore()
  store.flush = async () => {}
  const follower = world.follow(store, { retry: { attempts: 1 } })
  world.write(3)
  await expect(follower.flush()).rejects.toThrow("the store 'memory' has flushed and not committed what it was given")
  expect(follower.lastError).toMatchObject({ details: { checkpoint: undefined, given: { seq: 3, position: 3 } } })
})

test('a follower gives up after as many failures in a row as it was allowed', async () => {
  const world = new World()
  const store = new FailingStore('failing', 'write')
  const follower = world.follow(store, { retry: { attempts: 3, initialMs: 10 } })
  world.write(3, 15)
  await world.clock.advance(1000)
  expect(world.kinds).toEqual(['retrying', 'retrying', 'failed'])
  expect([store.calls, follower.state]).toEqual([3, 'failed'])
})

test('an order to catch up does not shorten the wait before the next try', async () => {
  const world = new World()
  const store = new FailingStore('failing', 'open')
  const follower = world.follow(store, { retry: { initialMs: 100, jitter: 0 } })
  await world.settle()
  const waiting = follower.caughtUp()
  await world.clock.advance(99)
  expect(store.calls).toBe(1)
  store.failure = undefined
  await world.clock.advance(1)
  await waiting
  expect(store.calls).toBe(2)
})

test('what is worth another try', () => {
  expect([new Error('socket hang up'), DISK_FULL, 'text'].map(isWorthRetrying)).toEqual([true, true, true])
  expect([new CorruptSegmentError('file', 1, 'x'), new StoreMismatchError('a', 'b')].map(isWorthRetrying)).toEqual([
    false,
    false,
  ])
})

test('the wait grows up to its limit; the jitter takes off up to its part, the same for the same seed', () => {
  const waits = (seed: number, jitter: number): number[] => {
    const backoff = new Backoff({ initialMs: 100, maxMs: 1000, factor: 3, jitter, seed })
    return Array.from({ length: 200 }, () => backoff.next() as number)
  }
  expect(waits(1, 0).slice(0, 5)).toEqual([100, 300, 900, 1000, 1000])
  expect(waits(1, 0.5)).toEqual(waits(1, 0.5))
  expect(waits(1, 0.5)).not.toEqual(waits(2, 0.5))
  const long = waits(7, 0.5).slice(3)
  expect(Math.min(...long)).toBeGreaterThanOrEqual(500)
  expect(Math.max(...long)).toBeLessThanOrEqual(1000)
  expect(Math.max(...long) - Math.min(...long)).toBeGreaterThan(400)
})

test('a program that awaits a follower does not end over the pauses of its store', () => {
  const program = fileURLToPath(new URL('waiting-child.mjs', import.meta.url))
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, temporaryFolder()], { encoding: 'utf8' })
  expect([stdout, stderr, status]).toEqual(['1 0\n', '', 0])
})
