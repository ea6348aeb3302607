/** Compaction and retention, and readers that look on meanwhile. */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ClosedError, InvalidArgumentError } from '../../../src/errors.js'
import { FileColdStorage } from '../../../src/storage/cold/file-cold-storage.node.js'
import { makeCorrections, makeEvents, SOME_DAY_US } from '../../../src/testing/events.js'
import { batchOf, DAY_US, eventFiles, IDENTITY, numbers, rewards, upTo, useStores } from './support.js'

const DAY_MS = 86_400_000
const stores = useStores()

afterEach(() => void vi.useRealTimers())

/** Commits `count` times ten events of two days each, with a correction of the first of them. */
async function fill(store: FileColdStorage, count: number, from = 0): Promise<void> {
  const timestamp = (seq: number) => SOME_DAY_US + (seq % 2) * DAY_US
  for (let i = from; i < from + count; i++) {
    const to = { seq: i * 10 + 10, position: 2 * i + 1 }
    await store.write(batchOf(makeEvents(i * 10, i * 10 + 10, { timestamp })), to)
    await store.flush()
    await store.write(batchOf(undefined, makeCorrections([[i * 10, 2, i]])), { seq: to.seq, position: to.position + 1 })
    await store.flush()
  }
}

describe('compaction', () => {
  test('joins the files of a day, folds corrections in, and changes nothing that is read', async () => {
    const store = await stores.opened()
    await fill(store, 6)
    expect(store.stats()).toMatchObject({ files: 12, corrections: 6 })
    const before = await rewards(store)
    const seen: number[] = []
    const progress = await store.compact({ onProgress: ({ done }) => seen.push(done) })
    expect(seen).toEqual([1, 2])
    expect(progress).toMatchObject({ of: 2, filesRead: 12, filesWritten: 2, events: 60, corrections: 6, damaged: [] })
    expect(store.stats()).toMatchObject({ files: 2, events: 60, correctionFiles: 0, corrections: 0, passedOver: 0 })
    expect(eventFiles(store).length).toBe(2)
    expect(readdirSync(store.directory)).not.toContain('corrections')
    expect(await rewards(store)).toEqual(before)
    expect(progress.bytesWritten).toBe(store.stats().bytes)
  })

  test('makes files of at most `fileEvents`, and leaves alone what is as it should be', async () => {
    const store = await stores.opened({ fileEvents: 12 })
    await fill(store, 6)
    await store.compact()
    expect(store.stats()).toMatchObject({ files: 6, events: 60 })
    const files = eventFiles(store)
    expect(await store.compact()).toMatchObject({ of: 0, filesRead: 0, filesWritten: 0 })
    expect(eventFiles(store)).toEqual(files)
    expect(await numbers(store)).toEqual(upTo(60))
  })

  test('rewrites only the files that have corrections where there is nothing to join', async () => {
    const store = await stores.opened({ fileEvents: 5 })
    await fill(store, 4)
    await store.compact()
    const files = eventFiles(store)
    await store.write(batchOf(undefined, makeCorrections([[12, 0, 7]])), { seq: 40, position: 99 })
    expect(await store.compact()).toMatchObject({ of: 1, filesRead: 1, filesWritten: 1, corrections: 1 })
    expect(eventFiles(store).filter((file) => !files.includes(file)).length).toBe(1)
    expect((await rewards(store)).get(12)).toEqual([7, 0, 0, 0, 1])
  })

  test('lets events and corrections in between its groups, and loses neither', async () => {
    const store = await stores.opened()
    await fill(store, 4)
    let writing: Promise<void> | undefined
    const onProgress = (): void => {
      writing ??= fill(store, 1, 4).then(async () => {
        await store.write(batchOf(undefined, makeCorrections([[0, 0, 9]])), { seq: 50, position: 99 })
        await store.flush()
      })
    }
    await store.compact({ onProgress })
    await writing
    expect(store.checkpoint).toEqual({ seq: 50, position: 99 })
    expect((await rewards(store)).get(0)).toEqual([9, 0, 0, 0, 5])
    expect(await numbers(store)).toEqual(upTo(50))
    await store.compact()
    expect((await rewards(store)).get(0)).toEqual([9, 0, 0, 0, 5])
    expect((await rewards(store)).get(40)).toEqual([0, 0, 4, 0, 4])
    expect(store.stats()).toMatchObject({ corrections: 0, passedOver: 0 })
  })

  test('leaves exactly the corrections that came in between', async () => {
    const store = await stores.opened()
    await fill(store, 4)
    let writing: Promise<unknown> | undefined
    const onProgress = (): void => {
      const batch = batchOf(undefined, makeCorrections([[0, 0, 9]]))
      writing ??= Promise.all([store.write(batch, { seq: 40, position: 99 }), store.flush()])
    }
    await store.compact({ onProgress })
    await writing
    expect(store.stats()).toMatchObject({ corrections: 1, correctionFiles: 1 })
    expect((await rewards(store)).get(0)).toEqual([9, 0, 0, 0, 5])
  })

  test('ends between two groups by its signal; what is done stays done', async () => {
    const store = await stores.opened()
    await fill(store, 4)
    const before = await rewards(store)
    const abort = new AbortController()
    const run = store.compact({ signal: abort.signal, onProgress: () => abort.abort(new Error('enough')) })
    await expect(run).rejects.toThrow('enough')
    expect(store.stats()).toMatchObject({ files: 5, corrections: 4 })
    expect(await rewards(store)).toEqual(before)
    await store.compact()
    expect(store.stats()).toMatchObject({ files: 2, corrections: 0, passedOver: 0 })
    expect(await rewards(store)).toEqual(before)
  })

  test('is one at a time, and ends when the store is closed', async () => {
    const store = await stores.opened()
    await fill(store, 3)
    const first = store.compact()
    await expect(store.compact()).rejects.toThrow(InvalidArgumentError)
    await first
    await fill(store, 2, 3)
    const second = store.compact()
    const closing = store.close()
    await expect(second).rejects.toThrow(ClosedError)
    await closing
    await store.open(IDENTITY)
    expect(await numbers(store)).toEqual(upTo(50))
    await store.compact()
  })

  test('leaves a damaged file and its corrections alone, and says which', async () => {
    const store = await stores.opened()
    await fill(store, 3)
    const path = eventFiles(store).find((file) => file.startsWith('day=2026-11-22')) as string
    const place = join(store.directory, 'events', path)
    const bytes = readFileSync(place)
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] as number) ^ 1
    writeFileSync(place, bytes)
    const progress = await store.compact()
    expect(progress.damaged.length).toBe(3)
    expect(progress.damaged).toContain(`events/${path}`)
    expect(store.stats()).toMatchObject({ files: 4, corrections: 3 })
    expect(store.stats().damage).toMatchObject([{ file: place }])
    expect((await numbers(store)).length).toBe(25)
    expect((await store.verify()).faults).toMatchObject([{ file: `events/${path}` }])
  })
})

describe('retention', () => {
  const byDay = (seq: number) => SOME_DAY_US + Math.floor(seq / 10) * DAY_US

  test('drops whole days whose end is older than it says, and counts them', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: SOME_DAY_US / 1000 + 2 * DAY_MS })
    const store = await stores.opened({ retention: { maxAgeMs: 2 * DAY_MS } })
    await store.write(batchOf(makeEvents(0, 30, { timestamp: byDay })), { seq: 30, position: 1 })
    await store.flush()
    expect(store.stats().days).toEqual(['2026-11-21', '2026-11-22', '2026-11-23'])
    vi.setSystemTime(SOME_DAY_US / 1000 + 3 * DAY_MS - 1)
    await store.flush()
    expect(store.stats().days.length).toBe(3)
    vi.setSystemTime(SOME_DAY_US / 1000 + 3 * DAY_MS)
    await store.flush()
    expect(store.stats()).toMatchObject({ days: ['2026-11-22', '2026-11-23'], dropped: { events: 10, days: 1 } })
    expect(await numbers(store)).toEqual(upTo(30, 10))
    expect(store.coverage()).toEqual({ startSeq: 0, endSeq: 30, events: 20, gaps: 0, skipped: 0, dropped: 10 })
    expect(readdirSync(join(store.directory, 'events'))).toEqual(['day=2026-11-22', 'day=2026-11-23'])
  })

  test('drops the oldest days while there is too much, and never the newest', async () => {
    const store = await stores.opened({ retention: { maxBytes: 1 }, batchSize: 10 })
    await store.write(batchOf(makeEvents(0, 30, { timestamp: byDay })), { seq: 30, position: 1 })
    expect(store.stats()).toMatchObject({ days: ['2026-11-23'], dropped: { events: 20, days: 2 } })
    expect(await store.count(0, 30)).toBe(10)
    await store.close()
    await store.open()
    expect(store.stats()).toMatchObject({ days: ['2026-11-23'], dropped: { events: 20, days: 2 } })
  })

  test('passes over corrections of events that are dropped, before and after, and counts them', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: SOME_DAY_US / 1000 })
    const store = await stores.opened({ retention: { maxAgeMs: DAY_MS } })
    await store.write(batchOf(makeEvents(0, 30, { timestamp: byDay })), { seq: 30, position: 1 })
    await store.flush()
    await store.write(
      batchOf(
        undefined,
        makeCorrections([
          [3, 0, 1],
          [4, 0, 1],
        ]),
      ),
      { seq: 30, position: 2 },
    )
    await store.flush()
    vi.setSystemTime(SOME_DAY_US / 1000 + 2 * DAY_MS)
    await store.flush()
    expect(store.stats()).toMatchObject({ correctionFiles: 0, passedOver: 2 })
    await store.write(
      batchOf(
        undefined,
        makeCorrections([
          [5, 0, 1],
          [15, 0, 1],
        ]),
      ),
      { seq: 30, position: 3 },
    )
    await store.flush()
    expect(store.stats()).toMatchObject({ corrections: 1, passedOver: 3 })
  })
})

describe('a reader', () => {
  test('sees what is committed, and what is committed later', async () => {
    const store = await stores.opened()
    await fill(store, 2)
    const reader = await FileColdStorage.read(store.directory)
    stores.after(() => reader.close())
    expect(reader.checkpoint).toEqual({ seq: 20, position: 4 })
    expect(await numbers(reader)).toEqual(upTo(20))
    await store.write(batchOf(makeEvents(20, 25)), { seq: 25, position: 5 })
    expect(await numbers(reader)).toEqual(upTo(20))
    await store.flush()
    expect(await reader.refresh()).toBe(true)
    expect(await reader.refresh()).toBe(false)
    expect(await numbers(reader)).toEqual(upTo(25))
    expect(await reader.count(5, 23)).toBe(18)
    expect(await rewards(reader)).toEqual(await rewards(store))
    expect(reader.coverage()).toEqual(store.coverage())
    expect(await reader.verify()).toMatchObject({ events: 25, faults: [] })
  })

  test('in the middle of a query goes on when compaction takes its files away', async () => {
    const store = await stores.opened()
    await fill(store, 8)
    const reader = await FileColdStorage.read(store.directory)
    stores.after(() => reader.close())
    const expected = await rewards(store)
    for (const source of [reader, store]) {
      const found: number[] = []
      for await (const { seqs } of source.query({ batchSize: 7 })) {
        if (found.length === 0) {
          await fill(store, 1, store.stats().events / 10)
          await store.compact()
        }
        found.push(...seqs)
      }
      expect(found.slice(0, 80)).toEqual(upTo(80))
      expect(new Set(found).size).toBe(found.length)
    }
    const after = await rewards(reader)
    for (const [seq, row] of expected) expect(after.get(seq)).toEqual(row)
  })

  test('of a manifest that is being written sees the whole entries', async () => {
    const store = await stores.opened()
    await fill(store, 2)
    await store.close()
    const manifest = join(store.directory, 'MANIFEST')
    const bytes = readFileSync(manifest)
    writeFileSync(manifest, bytes.subarray(0, bytes.length - 10))
    const reader = await FileColdStorage.read(store.directory, 'looking on')
    expect(reader.name).toBe('looking on')
    expect(reader.checkpoint).toEqual({ seq: 20, position: 3 })
    expect(readFileSync(manifest).length).toBe(bytes.length - 10)
    await reader.close()
    expect(() => reader.query()).toThrow(ClosedError)
    await expect(reader.count(0, 1)).rejects.toThrow(ClosedError)
    writeFileSync(manifest, bytes)
  })
})

describe('open files', () => {
  const opened = (store: FileColdStorage) => {
    const links = readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [readlinkSync(join('/proc/self/fd', fd))]
      } catch {
        return []
      }
    })
    return links.filter((path) => path.startsWith(join(store.directory, 'events'))).length
  }

  test.skipIf(process.platform !== 'linux')('are few between queries, and none once the store is closed', async () => {
    const store = await stores.opened()
    await fill(store, 15)
    await numbers(store)
    await Promise.all([numbers(store), numbers(store, { startSeq: 20 }), store.count(5, 7)])
    for await (const _ of store.query({ batchSize: 3 })) break
    expect(opened(store)).toBeGreaterThan(0)
    expect(opened(store)).toBeLessThanOrEqual(16)
    const left = store.query({ batchSize: 3 })[Symbol.asyncIterator]()
    await left.next()
    await store.close()
    expect(opened(store)).toBeLessThanOrEqual(2)
    await left.return?.()
    expect(opened(store)).toBe(0)
    await store.open()
    await store.compact()
    expect(opened(store)).toBe(0)
  })

  test.skipIf(process.platform !== 'linux')('are few also where the numbers of many days overlap', async () => {
    const store = await stores.opened()
    const timestamp = (seq: number) => SOME_DAY_US + (seq % 90) * DAY_US
    await store.write(batchOf(makeEvents(0, 900, { timestamp })), { seq: 900, position: 1 })
    await store.flush()
    const found: number[] = []
    for await (const { seqs } of store.query({ batchSize: 300 })) {
      expect(opened(store)).toBeLessThanOrEqual(16)
      found.push(...seqs)
    }
    expect(found).toEqual(upTo(900))
  })
})
