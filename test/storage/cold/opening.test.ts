/** `FileColdStorage`: what it refuses, what opening finds. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ClosedError, InvalidArgumentError } from '../../../src/errors.js'
import type { Checkpoint, ColdBatch } from '../../../src/storage/cold/cold-storage.js'
import { FileColdStorage } from '../../../src/storage/cold/file-cold-storage.node.js'
import type { FileColdStorageOptions } from '../../../src/storage/cold/write/options.js'
import { DirectoryLockedError, StorageError, StoreMismatchError } from '../../../src/storage/errors.js'
import { makeEvents, makeEventsOf } from '../../../src/testing/events.js'
import { batchOf, eventFiles, IDENTITY, numbers, upTo, useStores } from './support.js'

const stores = useStores()

describe('what is refused', () => {
  const wrong: [string, object, string][] = [
    ['format', { format: 'csv' }, "format must be 'parquet' or 'messagepack', got \"csv\""],
    ['batchSize', { batchSize: 0 }, 'batchSize must be an integer in [1, 1000000], got 0'],
    ['maxAgeMs', { maxAgeMs: 0.5 }, 'maxAgeMs must be an integer'],
    ['flushIntervalMs', { flushIntervalMs: 2 ** 31 }, 'flushIntervalMs must be an integer in [1, 2147483647]'],
    ['keep', { keep: 'none' }, "keep must be 'all' or 'flagged'"],
    ['retention', { retention: { maxDays: 3 } }, "retention has no 'maxDays', it knows maxAgeMs, maxBytes"],
    ['retention.maxBytes', { retention: { maxBytes: -1 } }, 'retention.maxBytes must be an integer'],
    ['fileEvents', { fileEvents: Number.NaN }, 'fileEvents must be an integer'],
    ['name', { name: '' }, 'name must be a text of 1 to 100 characters'],
    ['an unknown key', { formats: 'parquet' }, "options has no 'formats'"],
  ]
  test.each(wrong)('a wrong option: %s', (_, options, message) => {
    expect(() => new FileColdStorage('x', options as FileColdStorageOptions)).toThrow(InvalidArgumentError)
    expect(() => new FileColdStorage('x', options as FileColdStorageOptions)).toThrow(message)
  })

  test('a directory that is none', () => {
    expect(() => new FileColdStorage('')).toThrow('directory must be a path, got ""')
  })

  test('a batch that does not go on where the store is, or does not reach where it says', async () => {
    const store = await stores.opened()
    await store.write(batchOf(makeEvents(0, 5)), { seq: 5, position: 5 })
    const gap = (start: number, end: number) => [{ start, end, reason: 'aborted' as const }]
    const mistakes: [ColdBatch, Checkpoint, string][] = [
      [batchOf(makeEvents(4, 6)), { seq: 6, position: 6 }, 'events must go on at 5, got 4'],
      [batchOf(makeEvents(6, 8)), { seq: 8, position: 6 }, 'events must go on at 5, got 6'],
      [batchOf(makeEventsOf(Float64Array.of(5, 7))), { seq: 8, position: 6 }, 'events must go on at 6, got 7'],
      [batchOf(makeEvents(5, 8)), { seq: 9, position: 6 }, 'to.seq must be 8'],
      [batchOf(makeEvents(5, 8)), { seq: 8, position: 4 }, 'to.position must be at least 5, got 4'],
      [batchOf(), { seq: 4, position: 6 }, 'to.seq must be at least 5, got 4'],
      [batchOf(makeEvents(5, 8), undefined, gap(7, 9)), { seq: 9, position: 6 }, 'gaps must go on at 8, got 7'],
      [batchOf(undefined, undefined, gap(6, 9)), { seq: 9, position: 6 }, 'gaps must go on at 5, got 6'],
    ]
    for (const [batch, to, message] of mistakes) {
      await expect(store.write(batch, to)).rejects.toThrow(InvalidArgumentError)
      await expect(store.write(batch, to)).rejects.toThrow(message)
    }
    await store.write(batchOf(makeEvents(5, 6)), { seq: 6, position: 6 })
    expect(await numbers(store)).toEqual(upTo(6))
  })

  test('any call on a store that is not open', async () => {
    const store = new FileColdStorage(stores.folder(), { format: 'messagepack' })
    await expect(store.write(batchOf(), { seq: 0, position: 0 })).rejects.toThrow(ClosedError)
    await expect(store.flush()).rejects.toThrow(ClosedError)
    await expect(store.count(0, 1)).rejects.toThrow(ClosedError)
    await expect(store.compact()).rejects.toThrow(ClosedError)
    expect(() => store.query()).toThrow("the store 'files' is closed")
    expect(() => store.stats()).toThrow(ClosedError)
  })

  test('a second owner, as long as there is a first', async () => {
    const directory = stores.folder()
    const store = await stores.opened({}, directory)
    const second = new FileColdStorage(directory, { format: 'messagepack' })
    await expect(second.open(IDENTITY)).rejects.toThrow(DirectoryLockedError)
    await store.close()
    await second.open(IDENTITY)
    await second.close()
  })

  test('another stream, also on a store that is open', async () => {
    const directory = stores.folder()
    const store = await stores.opened({}, directory)
    const other = { ...IDENTITY, streamId: '99999999-2222-4333-8444-555555555555' }
    await expect(store.open(other)).rejects.toThrow(StoreMismatchError)
    await store.write(batchOf(makeEvents(0, 3)), { seq: 3, position: 1 })
    await store.close()
    await expect(new FileColdStorage(directory).open(other)).rejects.toThrow('it holds the events of stream 11111111')
    expect(await numbers(await stores.opened({}, directory))).toEqual(upTo(3))
  })

  test('a directory without a manifest: to read, to open without a stream, and if event files are there', async () => {
    const directory = stores.folder()
    await expect(FileColdStorage.read(directory)).rejects.toThrow('holds no store: it has no MANIFEST')
    await expect(new FileColdStorage(directory).open()).rejects.toThrow(StorageError)
    const store = await stores.opened({}, directory)
    await store.write(batchOf(makeEvents(0, 3)), { seq: 3, position: 1 })
    await store.close()
    rmSync(join(directory, 'MANIFEST'))
    await expect(store.open(IDENTITY)).rejects.toThrow('has event files')
    expect(eventFiles(store).length).toBe(1)
  })
})

describe('opening', () => {
  test('removes what the manifest does not list, counts it, and touches nothing else', async () => {
    const directory = stores.folder()
    const store = await stores.opened({}, directory)
    await store.write(batchOf(makeEvents(0, 3)), { seq: 3, position: 1 })
    await store.close()
    const day = join(directory, 'events', 'day=2026-11-21')
    mkdirSync(join(directory, 'corrections'))
    writeFileSync(join(day, '0000000000000003-0000000009.parquet'), 'x')
    writeFileSync(join(day, '0000000000000003-0000000009.messagepack.tmp'), 'x')
    writeFileSync(join(directory, 'corrections', '0000000009.parquet'), 'x')
    writeFileSync(join(directory, 'MANIFEST.tmp'), 'x')
    writeFileSync(join(day, 'notes.txt'), 'mine')
    writeFileSync(join(directory, 'README'), 'mine')
    const again = await stores.opened({}, directory)
    expect(again.stats().opening).toEqual({ created: false, removedFiles: 4, tornBytes: 0, missingFiles: [] })
    expect(eventFiles(again).map((file) => file.slice(15))).toEqual([
      '0000000000000000-0000000000.messagepack',
      'notes.txt',
    ])
    expect(readdirSync(directory).sort()).toEqual(['LOCK', 'MANIFEST', 'README', 'events'])
  })

  test('tells which listed files are missing, and a query that needs one fails by its name', async () => {
    const directory = stores.folder()
    const store = await stores.opened({}, directory)
    await store.write(batchOf(makeEvents(0, 48)), { seq: 48, position: 1 })
    await store.close()
    const [first = '', second = ''] = eventFiles(store)
    rmSync(join(directory, 'events', first))
    const again = await stores.opened({}, directory)
    expect(again.stats().opening.missingFiles).toEqual([`events/${first}`])
    await expect(numbers(again)).rejects.toThrow(first)
    expect(await numbers(again, { startSeq: 24 })).toEqual(upTo(48, 24))
    const { files, events, faults } = await again.verify()
    expect({ files, events }).toEqual({ files: 2, events: 24 })
    expect(faults.map(({ file }) => file)).toEqual([`events/${first}`])
    expect(second).not.toBe('')
  })

  test('without a stream works on what is there', async () => {
    const directory = stores.folder()
    const store = await stores.opened({}, directory)
    await store.write(batchOf(makeEvents(0, 3)), { seq: 3, position: 1 })
    await store.close()
    const again = new FileColdStorage(directory)
    expect(await again.open()).toEqual({ seq: 3, position: 1 })
    await again.close()
    expect(again.checkpoint).toEqual({ seq: 3, position: 1 })
  })
})
