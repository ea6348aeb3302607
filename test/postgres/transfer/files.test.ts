import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exportEvents, importEvents, type TransferProgress } from '../../../src/postgres/transfer/transfer.js'
import {
  FileColdStorage,
  openExperienceStream,
  openHistory,
  ParquetFormat,
  type StoredEvents,
} from '../../../src/storage/index.node.js'
import { contentsOf, madeDirectory, temporaryFolder } from './support.js'

/** What a directory shows, its files included. */
async function history(directory: string): Promise<object> {
  const cold = await FileColdStorage.read(join(directory, 'cold')).catch(() => undefined)
  const all = await openHistory(directory, { stores: cold ? [cold] : [] })
  const found = await contentsOf(all)
  await all.close()
  await cold?.close()
  return found
}

const target = (directory = temporaryFolder()) => new FileColdStorage(directory, { format: 'messagepack' })

describe.each([
  ['journal alone', { cold: false }],
  ['files and the rest of a journal', { cold: true }],
])('a directory of %s', (_, options) => {
  test('is imported with rewards, masks and metadata, and its stream may follow from there', async () => {
    const directory = await madeDirectory(options)
    const before = await history(directory)
    const store = target()
    const progress: TransferProgress[] = []
    const report = await importEvents(store, directory, { batchSize: 3000, onProgress: (step) => progress.push(step) })
    expect(report).toMatchObject({ copied: 20_000, corrected: 0, missing: 0, startSeq: 0, endSeq: 20_000 })
    expect(report.contents).toMatchObject({ events: 20_000, metadata: 20 })
    expect(await contentsOf(store)).toEqual(before)
    expect(progress[0]).toEqual({ phase: 'copying', done: 3000, total: 20_000 })
    expect(progress.at(-1)).toEqual({ phase: 'verifying', done: 20_000, total: 20_000 })

    const again = await importEvents(store, directory)
    expect(again).toMatchObject({ copied: 0, corrected: 0, missing: 0, contents: report.contents })

    const stream = await openExperienceStream({ directory, settleMs: 0 })
    const reports: unknown[] = []
    const follower = stream.follow(store, { name: 'imported', onReport: (told) => reports.push(told) })
    stream.writeEvent({ stepNumber: 7 })
    stream.setAppraiserReward(3, 0, 3)
    await follower.flush()
    expect([reports, await store.count(0, 30_000)]).toEqual([[], 20_001])
    await stream.close()
    await store.close()
  })

  test('that has grown is imported from where it was, with what became of older events meanwhile', async () => {
    const directory = await madeDirectory(options)
    const store = target()
    await importEvents(store, directory)
    await madeDirectory({ directory, events: 7000, ...options })
    const stream = await openExperienceStream({ directory })
    for (let seq = 0; seq < 27_000; seq += 90) stream.setAppraiserReward(seq, 2, seq)
    await stream.close()
    const report = await importEvents(store, directory)
    expect(report).toMatchObject({ copied: 7000, endSeq: 27_000 })
    expect(report.corrected).toBeGreaterThan(200)
    expect(await contentsOf(store)).toEqual(await history(directory))
    await store.close()
  })
})

describe('a directory that is moved', () => {
  test('in pieces, given up again and again, has everything once in the end', async () => {
    const directory = await madeDirectory({ events: 12_000 })
    const place = temporaryFolder()
    let copied = 0
    for (let round = 0; ; round++) {
      const store = target(place)
      const control = new AbortController()
      let steps = 0
      const onProgress = ({ phase }: TransferProgress): void => {
        if (phase === 'copying' && ++steps === 3) control.abort(new Error('enough'))
      }
      const options = { batchSize: 1000, signal: control.signal, onProgress }
      const outcome = await importEvents(store, directory, options).catch((error: Error) => error)
      await store.close()
      if (!(outcome instanceof Error)) {
        expect([outcome.endSeq, outcome.contents?.events]).toEqual([12_000, 12_000])
        break
      }
      expect(outcome.message).toBe('enough')
      const reader = await FileColdStorage.read(place)
      expect(reader.checkpoint?.seq).toBeGreaterThan(copied)
      copied = reader.checkpoint?.seq as number
      await reader.close()
      expect(round).toBeLessThan(20)
    }
    const store = target(place)
    await store.open()
    expect(await contentsOf(store)).toEqual(await history(directory))
    await store.close()
  })

  test('while its writer goes on is copied up to a place, and the rest the next time', async () => {
    const directory = await madeDirectory({ events: 3000, cold: false })
    const stream = await openExperienceStream({ directory })
    const store = target()
    const onProgress = ({ phase, done }: TransferProgress): void => {
      if (phase === 'verifying' || done > 1000) return
      for (let i = 0; i < 10; i++) stream.writeEvent({ stepNumber: i })
      stream.setAppraiserReward(done - 1, 2, done)
      // Written out at once, so that the source shows it.
      stream.history.count().catch(() => {})
    }
    const report = await importEvents(store, directory, { batchSize: 500, onProgress })
    expect(report.contents?.events).toBe(report.endSeq)
    await stream.close()
    expect(await importEvents(store, directory)).toMatchObject({ endSeq: 3020 })
    expect(await contentsOf(store)).toEqual(await history(directory))
    await store.close()
  })

  test('with numbers that nobody has any more tells them, and leaves gaps', async () => {
    const directory = await madeDirectory({ events: 20_000 })
    const before = await history(directory)
    rmSync(join(directory, 'cold'), { recursive: true })
    const store = target()
    const report = await importEvents(store, directory)
    expect(report.missing).toBeGreaterThan(1000)
    expect(report.copied + report.missing).toBe(20_000)
    expect(await store.gaps(0, 20_000)).toEqual([{ start: 0, end: report.missing, reason: 'missed' }])
    expect((before as { seqs: number[] }).seqs.length).toBe(20_000)
    await store.close()
  })

  test('is refused where the target has another stream, or more of this one', async () => {
    const [directory, other] = [await madeDirectory({ events: 100 }), await madeDirectory({ events: 100 })]
    const store = target()
    await importEvents(store, directory)
    for (const streamId of ['me', '0192f0c1-2b3c-7def-8a12-334455667788']) {
      await expect(importEvents(store, directory, { streamId })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
    await expect(importEvents(store, other)).rejects.toMatchObject({ code: 'STORE_MISMATCH' })
    const old = temporaryFolder()
    cpSync(directory, old, { recursive: true })
    await madeDirectory({ directory, events: 10 })
    await importEvents(store, directory)
    await expect(importEvents(store, old)).rejects.toThrow('ends before event 100')
    await store.close()
  })

  test('with a damaged journal or file is refused with the place, and what was whole before it is there', async () => {
    const directory = await madeDirectory({ events: 20_000 })
    for (const folder of ['journal', join('cold', 'events', 'day=2024-10-05')]) {
      const copy = temporaryFolder()
      cpSync(directory, copy, { recursive: true })
      const [name] = readdirSync(join(copy, folder)).sort()
      const path = join(copy, folder, name as string)
      const bytes = readFileSync(path)
      const middle = bytes.length >> 1
      bytes.fill(0xff, middle, middle + 100)
      writeFileSync(path, bytes)
      const store = target()
      await expect(importEvents(store, copy)).rejects.toMatchObject({ code: 'CORRUPT_SEGMENT' })
      expect(await store.count(0, 20_000)).toBe(store.checkpoint?.seq ?? 0)
      await store.close()
    }
  })
})

test('what a target holds otherwise than the source is found', async () => {
  const directory = await madeDirectory({ events: 5000 })
  for (const spoil of SPOILERS) {
    const store = target()
    const { query } = store
    store.query = (asked) => spoiled(query.call(store, asked), spoil)
    const error = await importEvents(store, directory).catch((reason) => reason)
    expect([error.code, error.details.startSeq]).toEqual(['TRANSFER_MISMATCH', 0])
    await store.close()
  }
})

type Spoiler = (batch: StoredEvents) => StoredEvents
const SPOILERS: Spoiler[] = [
  ({ bytes, ...batch }) => ({ ...batch, bytes: bytes.map((byte, i) => (i === 4 * 128 + 119 ? byte ^ 0x80 : byte)) }),
  ({ masks, ...batch }) => ({ ...batch, masks: masks.map((mask, i) => (i === 9 ? mask ^ 1 : mask)) }),
  (batch) => ({ ...batch, length: batch.length - 1 }),
  ({ metadata, ...batch }) => ({ ...batch, metadata: new Map([...metadata].slice(1)) }),
  ({ metadata, ...batch }) => ({
    ...batch,
    metadata: new Map([...metadata].map(([seq, entry]) => [seq, { ...entry, parameters: { i: seq + 1 } }])),
  }),
]

/** The first batch with metadata, otherwise than it is. */
async function* spoiled(batches: AsyncIterable<StoredEvents>, spoil: Spoiler): AsyncGenerator<StoredEvents> {
  let isDone = false
  for await (const batch of batches) {
    yield isDone || batch.metadata.size === 0 ? batch : spoil(batch)
    isDone ||= batch.metadata.size > 0
  }
}

describe('files without a journal', () => {
  test('of a store keep the stream, which goes on from there', async () => {
    const directory = await madeDirectory({ events: 9000 })
    const before = await history(directory)
    const store = target()
    const report = await importEvents(store, join(directory, 'cold'))
    expect(report).toMatchObject({ origin: 'journal', copied: 9000, endSeq: 9000 })
    expect(await contentsOf(store)).toEqual(before)
    await madeDirectory({ directory, events: 1000 })
    const stream = await openExperienceStream({ directory, settleMs: 0 })
    const cold = target(join(directory, 'cold'))
    const follower = stream.follow(cold)
    for (const seq of [5, 8999]) {
      for (const appraiser of [0, 1, 2, 3] as const) stream.setAppraiserReward(seq, appraiser, seq + appraiser)
    }
    await follower.flush()
    await stream.close()
    await cold.close()
    const again = await importEvents(store, join(directory, 'cold'))
    expect(again).toMatchObject({ copied: 1000, corrected: 9000 })
    expect(await contentsOf(store)).toEqual(await history(directory))
    await store.close()
  })

  test.each(['parquet', 'messagepack'] as const)(
    'of %s alone become a stream of their own, always the same',
    async (format) => {
      const store = new FileColdStorage(temporaryFolder(), { format })
      await importEvents(store, await madeDirectory({ events: 4000 }))
      const events = join(store.directory, 'events')
      const loose = temporaryFolder()
      const [day] = readdirSync(events).sort()
      for (const name of readdirSync(join(events, day as string))) {
        cpSync(join(events, day as string, name), join(loose, name))
      }
      const one = target()
      const report = await importEvents(one, loose)
      expect(report).toMatchObject({ origin: 'direct', copied: 1334, startSeq: 0, endSeq: 4000 })
      expect(await one.gaps(0, 10)).toEqual([1, 4, 7].map((start) => ({ start, end: start + 2, reason: 'missed' })))
      expect(await importEvents(one, loose)).toMatchObject({ copied: 0, identity: report.identity })
      const [name] = readdirSync(loose)
      const alone = await importEvents(target(), join(loose, name as string), { streamId: report.identity.streamId })
      expect(alone.identity.streamId).toBe(report.identity.streamId)
      await one.close()
      await store.close()
    },
  )

  test('that are damaged, cut, of the same numbers, or none at all are refused by name', async () => {
    const source = temporaryFolder()
    const store = new FileColdStorage(temporaryFolder())
    await importEvents(store, await madeDirectory({ events: 500, cold: false }))
    const rows: StoredEvents[] = []
    for await (const batch of store.query({ endSeq: 100 })) rows.push(batch)
    await store.close()
    const whole = join(source, 'a.parquet')
    writeFileSync(whole, await new ParquetFormat().encode(rows[0] as StoredEvents))
    const refused = async (path: string): Promise<string> => {
      const error = await importEvents(target(), path).catch((reason) => reason)
      return `${error.code} ${error.message.replaceAll(source, '')}`
    }
    cpSync(whole, join(source, 'b.parquet'))
    expect(await refused(source)).toBe('STORAGE /a.parquet and /b.parquet both have event 0, or events around it')
    truncateSync(join(source, 'b.parquet'), statSync(whole).size - 10)
    expect(await refused(join(source, 'b.parquet'))).toMatch(/^CORRUPT_SEGMENT .*b\.parquet/)
    expect(await refused(join(source, 'c.parquet'))).toMatch(/^STORAGE cannot read .*there is no such file/)
    writeFileSync(join(source, 'd.txt'), '')
    expect(await refused(join(source, 'd.txt'))).toMatch(/^STORAGE cannot import .*expected a directory/)
    mkdirSync(join(source, 'empty'))
    expect(await refused(join(source, 'empty'))).toMatch(/neither a journal/)
  })
})

describe('a store that is exported', () => {
  test.each(['parquet', 'messagepack'] as const)(
    'to %s is there whole, goes on where it was, and comes back',
    async (format) => {
      const directory = await madeDirectory({ events: 9000 })
      const store = target()
      const first = await importEvents(store, directory)
      const out = temporaryFolder()
      const control = new AbortController()
      const giveUp = () => control.abort(new Error('enough'))
      const given = exportEvents(store, out, { format, batchSize: 2000, signal: control.signal, onProgress: giveUp })
      await expect(given).rejects.toThrow('enough')
      const report = await exportEvents(store, out, { format })
      expect(report).toMatchObject({ copied: 7000, identity: first.identity, contents: first.contents })
      expect(await exportEvents(store, out, { format })).toMatchObject({ copied: 0, contents: first.contents })
      const back = target()
      expect((await importEvents(back, out)).contents).toEqual(first.contents)
      expect(await contentsOf(back)).toEqual(await contentsOf(store))
      const stream = await openExperienceStream({ directory: temporaryFolder(), restoreFrom: back })
      expect([stream.totalWritten, stream.identity]).toEqual([9000, first.identity])
      await stream.close()
      await back.close()
      await store.close()
    },
  )

  test('is refused where there is nothing to export, or the folder has something else', async () => {
    await expect(exportEvents(target(), temporaryFolder())).rejects.toMatchObject({ code: 'STORAGE' })
    const store = target()
    await importEvents(store, await madeDirectory({ events: 50 }))
    const other = await madeDirectory({ events: 50 })
    await expect(exportEvents(store, join(other, 'cold'))).rejects.toMatchObject({ code: 'STORE_MISMATCH' })
    for (const options of [{ format: 'csv' }, { batchSize: 0 }, { verify: 1 }, { signal: {} }, { speed: 1 }]) {
      await expect(exportEvents(store, temporaryFolder(), options as never)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
    }
    await store.close()
  })
})
