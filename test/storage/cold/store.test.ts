import { describe, expect, test } from 'vitest'
import { FileColdStorage } from '../../../src/storage/cold/file-cold-storage.node.js'
import { makeCorrections, makeEvents, makeEventsOf, SOME_DAY_US } from '../../../src/testing/events.js'
import { batchOf, DAY_US, eventFiles, IDENTITY, numbers, rewards, upTo, useStores } from './support.js'

const stores = useStores()

describe('partitions', () => {
  test('each UTC day of the own timestamps has its folder; late events open a further file there', async () => {
    const directory = stores.folder()
    const store = await stores.opened({}, directory)
    const timestamp = (seq: number) => SOME_DAY_US + (seq === 9 ? -1 : seq < 5 ? DAY_US - 1 : DAY_US)
    await store.write(batchOf(makeEvents(0, 8, { timestamp })), { seq: 8, position: 1 })
    await store.flush()
    expect(eventFiles(store)).toEqual([
      'day=2026-11-21/0000000000000000-0000000000.messagepack',
      'day=2026-11-22/0000000000000005-0000000001.messagepack',
    ])
    await store.write(batchOf(makeEvents(8, 10, { timestamp })), { seq: 10, position: 2 })
    await store.flush()
    expect(eventFiles(store)).toEqual([
      'day=2026-11-20/0000000000000009-0000000002.messagepack',
      'day=2026-11-21/0000000000000000-0000000000.messagepack',
      'day=2026-11-22/0000000000000005-0000000001.messagepack',
      'day=2026-11-22/0000000000000008-0000000003.messagepack',
    ])
    expect(store.stats().days).toEqual(['2026-11-20', '2026-11-21', '2026-11-22'])
    expect(await numbers(store)).toEqual(upTo(10))
  })

  test('a write that fills the batch is committed by itself, and no sooner', async () => {
    const store = await stores.opened({ batchSize: 10 })
    await store.write(batchOf(makeEvents(0, 9)), { seq: 9, position: 1 })
    expect(store.checkpoint).toBeUndefined()
    expect(store.stats()).toMatchObject({ pendingEvents: 9, files: 0 })
    await store.write(batchOf(makeEvents(9, 10)), { seq: 10, position: 2 })
    expect(store.checkpoint).toEqual({ seq: 10, position: 2 })
    expect(store.stats()).toMatchObject({ pendingEvents: 0, events: 10 })
  })

  test('large metadata are not held back, however few the events are', async () => {
    const store = await stores.opened()
    const metadata = () => ({ parameters: { list: ['x'.repeat(1_000_000)] } })
    await store.write(batchOf(makeEvents(0, 15, { metadata })), { seq: 15, position: 1 })
    expect(store.stats()).toMatchObject({ pendingEvents: 15 })
    await store.write(batchOf(makeEvents(15, 18, { metadata })), { seq: 18, position: 2 })
    expect(store.stats()).toMatchObject({ pendingEvents: 0, files: 1, events: 18 })
    for await (const events of store.query({ startSeq: 17 })) expect(events.metadata.get(17)).toEqual(metadata())
  })

  test('corrections are held back and committed as events are', async () => {
    const store = await stores.opened({ batchSize: 10 })
    await store.write(batchOf(makeEvents(0, 10)), { seq: 10, position: 1 })
    for (let i = 0; i < 9; i++) {
      await store.write(batchOf(undefined, makeCorrections([[i, 0, i]])), { seq: 10, position: 2 + i })
    }
    expect(store.stats()).toMatchObject({ pendingCorrections: 9, correctionFiles: 0 })
    await store.write(batchOf(undefined, makeCorrections([[9, 0, 9]])), { seq: 10, position: 11 })
    expect(store.stats()).toMatchObject({ pendingCorrections: 0, correctionFiles: 1, corrections: 10 })
    expect(store.checkpoint).toEqual({ seq: 10, position: 11 })
  })

  test('no file gets the number of another, also after the store was opened again', async () => {
    const directory = stores.folder()
    const first = await stores.opened({}, directory)
    await first.write(batchOf(makeEvents(0, 5)), { seq: 5, position: 1 })
    await first.close()
    const second = await stores.opened({}, directory)
    await second.write(batchOf(makeEvents(5, 8), makeCorrections([[1, 0, 1]])), { seq: 8, position: 2 })
    await second.compact()
    const ordinals = eventFiles(second).map((file) => Number(/-(\d+)\.messagepack$/u.exec(file)?.[1]))
    expect(ordinals).toEqual([3])
  })

  test('a store that was written in one format goes on in the other', async () => {
    const directory = stores.folder()
    const first = await stores.opened({ format: 'messagepack' }, directory)
    await first.write(batchOf(makeEvents(0, 10)), { seq: 10, position: 1 })
    await first.close()
    const second = await stores.opened({ format: 'parquet' }, directory)
    await second.write(batchOf(makeEvents(10, 20), makeCorrections([[3, 0, 1]])), { seq: 20, position: 2 })
    await second.flush()
    expect(await numbers(second)).toEqual(upTo(20))
    await second.compact()
    expect(eventFiles(second).every((file) => file.endsWith('.parquet'))).toBe(true)
    expect((await rewards(second)).get(3)).toEqual([1, 0, 0, 0, 1])
  })
})

describe('a query', () => {
  test('of the very first or the very last time of a file finds that event', async () => {
    const store = await stores.opened()
    const timestamp = (seq: number) => SOME_DAY_US + seq
    await store.write(batchOf(makeEvents(0, 10, { timestamp })), { seq: 10, position: 1 })
    await store.flush()
    expect(await numbers(store, { from: SOME_DAY_US + 9 })).toEqual([9])
    expect(await numbers(store, { to: SOME_DAY_US + 1 })).toEqual([0])
    expect(await numbers(store, { from: SOME_DAY_US + 10 })).toEqual([])
    expect(await numbers(store, { to: SOME_DAY_US })).toEqual([])
  })
})

describe('corrections', () => {
  test('make few files, however many flushes there are', async () => {
    const store = await stores.opened()
    await store.write(batchOf(makeEvents(0, 100)), { seq: 100, position: 1 })
    await store.flush()
    for (let i = 0; i < 40; i++) {
      await store.write(
        batchOf(
          undefined,
          makeCorrections([
            [i, 0, 1],
            [i + 50, 1, i],
          ]),
        ),
        { seq: 100, position: 2 + i },
      )
      await store.flush()
      expect(store.stats().correctionFiles).toBeLessThanOrEqual(7)
    }
    const found = await rewards(store)
    for (let i = 0; i < 40; i++)
      expect([found.get(i), found.get(50 + i)]).toEqual([
        [1, 0, 0, 0, 1],
        [0, i, 0, 0, 2],
      ])
  })

  test('of events that the store does not hold are passed over and counted', async () => {
    const store = await stores.opened({ keep: 'flagged' })
    const gaps = [{ start: 4, end: 6, reason: 'damaged' as const }]
    const events = makeEventsOf(Float64Array.from([0, 1, 2, 3, 6, 7]))
    await store.write(batchOf(events, undefined, gaps), { seq: 8, position: 1 })
    await store.write(
      batchOf(
        undefined,
        makeCorrections([
          [1, 0, 1],
          [2, 0, 1],
        ]),
      ),
      { seq: 8, position: 2 },
    )
    await store.flush()
    expect(store.stats()).toMatchObject({ passedOver: 1, correctionFiles: 0 })
    const later = makeCorrections([
      [2, 1, 5],
      [3, 0, 1],
      [4, 0, 1],
    ])
    await store.write(batchOf(undefined, later), { seq: 8, position: 3 })
    await store.flush()
    expect(store.stats()).toMatchObject({ passedOver: 3, corrections: 1 })
    expect((await rewards(store)).get(2)).toEqual([1, 5, 0, 0, 3])
  })

  test('complete an event by the mask of the stream', async () => {
    const store = new FileColdStorage(stores.folder(), { format: 'messagepack' })
    await store.open({ ...IDENTITY, requiredMask: 0b0101 })
    await store.write(batchOf(makeEvents(0, 2)), { seq: 2, position: 1 })
    await store.flush()
    await store.write(
      batchOf(
        undefined,
        makeCorrections([
          [0, 0, 1],
          [1, 0, 1],
        ]),
      ),
      { seq: 2, position: 2 },
    )
    await store.flush()
    await store.write(batchOf(undefined, makeCorrections([[1, 2, 1]])), { seq: 2, position: 3 })
    const flags: number[] = []
    for await (const { bytes } of store.query()) flags.push(...[0, 1].map((i) => bytes[i * 128 + 38] as number))
    expect(flags).toEqual([8, 16])
    await store.close()
  })
})

describe('what is kept', () => {
  test('with flagged only, events without the PERSIST flag are counted and not kept', async () => {
    const directory = stores.folder()
    const store = await stores.opened({ keep: 'flagged', batchSize: 5 }, directory)
    await store.write(batchOf(makeEvents(0, 8)), { seq: 8, position: 1 })
    expect(await numbers(store)).toEqual([0, 2, 4, 6])
    expect(store.coverage()).toEqual({ startSeq: 0, endSeq: 8, events: 4, gaps: 0, skipped: 4, dropped: 0 })
    await store.write(batchOf(makeEvents(8, 40)), { seq: 40, position: 2 })
    expect(await store.count(0, 40)).toBe(20)
    expect(await store.count(3, 10)).toBe(3)
    await store.close()
    const again = await stores.opened({}, directory)
    expect(again.coverage()).toMatchObject({ events: 20, skipped: 20 })
  })

  test('gaps are kept with their reasons, joined where they touch, and cut to what was asked', async () => {
    const directory = stores.folder()
    const store = await stores.opened({}, directory)
    const at = (start: number, end: number, reason: 'aborted' | 'missed') => [{ start, end, reason }]
    await store.write(batchOf(undefined, undefined, at(0, 5, 'missed')), { seq: 5, position: 1 })
    await store.flush()
    await store.write(batchOf(undefined, undefined, at(5, 8, 'missed')), { seq: 8, position: 2 })
    await store.write(batchOf(makeEvents(8, 10), undefined, at(10, 12, 'aborted')), { seq: 12, position: 3 })
    await store.close()
    const again = await stores.opened({}, directory)
    expect(await again.gaps(0, 100)).toEqual([...at(0, 8, 'missed'), ...at(10, 12, 'aborted')])
    expect(await again.gaps(7, 11)).toEqual([...at(7, 8, 'missed'), ...at(10, 11, 'aborted')])
    expect(again.coverage()).toEqual({ startSeq: 0, endSeq: 12, events: 2, gaps: 10, skipped: 0, dropped: 0 })
  })

  test('a count is exact for any range, also where the manifest does not list the numbers', async () => {
    const store = await stores.opened({ fileEvents: 1000 })
    const timestamp = (seq: number) => SOME_DAY_US + (seq % 3) * DAY_US
    await store.write(batchOf(makeEvents(0, 200, { timestamp })), { seq: 200, position: 1 })
    await store.flush()
    await store.write(batchOf(makeEvents(200, 210)), { seq: 210, position: 2 })
    for (const [start, end] of [
      [0, 210],
      [17, 18],
      [55, 140],
      [199, 205],
      [300, 400],
      [50, 40],
    ] as const) {
      expect(await store.count(start, end)).toBe(Math.max(0, Math.min(end, 210) - Math.min(start, 210)))
    }
  })
})
