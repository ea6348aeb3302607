/** `FileColdStorage`: what its timers do. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { FileColdStorage } from '../../../src/storage/cold/file-cold-storage.node.js'
import { StorageError } from '../../../src/storage/errors.js'
import { makeEvents } from '../../../src/testing/events.js'
import { batchOf, useStores } from './support.js'

const stores = useStores()
afterEach(() => void vi.useRealTimers())

describe('time', () => {
  /** Lets every call that a timer has begun come to its end. */
  const settled = (store: FileColdStorage) => store.write(batchOf(), { seq: 3, position: 1 })
  const fake = () =>
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })

  test('what is held back is committed at the interval', async () => {
    fake()
    const store = await stores.opened()
    await store.write(batchOf(makeEvents(0, 3)), { seq: 3, position: 1 })
    vi.advanceTimersByTime(299_999)
    await settled(store)
    expect(store.checkpoint).toBeUndefined()
    vi.advanceTimersByTime(1)
    await settled(store)
    expect(store.checkpoint).toEqual({ seq: 3, position: 1 })
  })

  test('and sooner, once the oldest of it is as old as it may get', async () => {
    fake()
    const store = await stores.opened({ maxAgeMs: 1000 })
    await store.write(batchOf(makeEvents(0, 1)), { seq: 1, position: 0 })
    vi.advanceTimersByTime(600)
    await store.write(batchOf(makeEvents(1, 3)), { seq: 3, position: 1 })
    vi.advanceTimersByTime(400)
    await settled(store)
    expect(store.checkpoint).toEqual({ seq: 3, position: 1 })
    expect(vi.getTimerCount()).toBeLessThanOrEqual(2)
    await store.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a flush of a timer that fails is told, and tried again', async () => {
    fake()
    const directory = stores.folder()
    const store = await stores.opened({}, directory)
    await store.write(batchOf(makeEvents(0, 3)), { seq: 3, position: 1 })
    writeFileSync(join(directory, 'events'), 'in the way')
    vi.advanceTimersByTime(300_000)
    await settled(store)
    expect(store.stats().lastError).toBeInstanceOf(StorageError)
    expect(store.checkpoint).toBeUndefined()
    rmSync(join(directory, 'events'))
    vi.advanceTimersByTime(300_000)
    await settled(store)
    expect(store.stats().lastError).toBeUndefined()
    expect(store.checkpoint).toEqual({ seq: 3, position: 1 })
  })

  test('the timers keep no process alive', async () => {
    const unref = vi.spyOn(Object.getPrototypeOf(setTimeout(() => {}, 0)), 'unref')
    const store = await stores.opened({ maxAgeMs: 5_000 })
    await store.write(batchOf(makeEvents(0, 3)), { seq: 3, position: 1 })
    expect(unref).toHaveBeenCalledTimes(2)
    unref.mockRestore()
  })
})
