/**
 * Queries of a store against a filter in memory, over many pages, days and gaps.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PostgresStore } from '../../../src/postgres/store/store.js'
import type { ColdQuery, EventMetadata } from '../../../src/storage/cold/cold-storage.js'
import { NO_CORRECTIONS } from '../../../src/storage/cold/correction-lists.js'
import { matchingRows, RowMatcher } from '../../../src/storage/cold/events.js'
import type { Gap } from '../../../src/storage/journal/source.js'
import { makeEventsOf, SOME_DAY_US } from '../../../src/testing/events.js'
import { describeServer, serverDriver } from '../support/databases.js'
import { describeDatabases } from './databases.js'
import { IDENTITY } from './oracle.js'

const MINUTE_US = 60_000_000
const TOTAL = 6000

/** Six days in order, every eleventh event some days late; a gap now and then, far apart enough for pages without one. */
function timestamp(seq: number): number {
  return SOME_DAY_US + (seq + (seq % 11 === 0 ? ((seq * 7919) % 4000) - 2000 : 0)) * 1.5 * MINUTE_US + 1e11
}

const NUMBERS = Array.from({ length: TOTAL }, (_, seq) => seq).filter((seq) => seq % 1500 !== 1499)
const EVENTS = makeEventsOf(Float64Array.from(NUMBERS), {
  timestamp: (seq) => Math.floor(timestamp(seq)),
  episode: (seq) => (seq % 100 === 0 ? 2n ** 64n - 1n : BigInt(Math.floor(seq / 50))),
  // Rare at first, then all of them.
  type: (seq) => (seq % 300 === 0 ? 0xffff : seq >= 3000 && seq < 5500 ? 5 : seq % 3),
})

const GAPS: Gap[] = Array.from({ length: TOTAL / 1500 }, (_, i) => {
  return { start: i * 1500 + 1499, end: i * 1500 + 1500, reason: 'aborted' }
})

async function numbersOf(store: PostgresStore, query: ColdQuery): Promise<number[]> {
  const found: number[] = []
  for await (const { seqs, length } of store.query(query)) {
    expect(length).toBeLessThanOrEqual(query.batchSize ?? 1024)
    found.push(...seqs)
  }
  return found
}

function expected({ batchSize: _, ...filter }: ColdQuery): number[] {
  return [...matchingRows(EVENTS, new RowMatcher(filter)).seqs]
}

describeDatabases('queries of a store', (connect) => {
  test('find exactly what a filter in memory finds, whatever the conditions', async () => {
    const store = new PostgresStore(await connect())
    await store.open(IDENTITY)
    await store.write({ events: EVENTS, corrections: NO_CORRECTIONS, gaps: GAPS }, { seq: TOTAL, position: 1 })
    const seq = fc.nat(TOTAL + 100)
    const time = seq.map((at) => timestamp(at) + 0.5)
    const query = fc.record(
      {
        startSeq: seq,
        endSeq: seq,
        from: fc.oneof(time, fc.constantFrom(0, -5, Number.NEGATIVE_INFINITY)),
        to: fc.oneof(time, fc.constantFrom(2 ** 60, Number.POSITIVE_INFINITY)),
        episodeId: fc.oneof(fc.nat(130).map(BigInt), fc.constant(2n ** 64n - 1n)),
        types: fc.subarray([0, 1, 2, 5, 0xffff, 77], { minLength: 1 }),
        batchSize: fc.constantFrom(1, 7, 500, 1024, 5000),
      },
      { requiredKeys: [] },
    )
    const property = fc.asyncProperty(query, async (wanted) => {
      expect(await numbersOf(store, wanted)).toEqual(expected(wanted))
    })
    await fc.assert(property, { numRuns: 60 })
    expect(await numbersOf(store, {})).toEqual(NUMBERS)
    expect(await numbersOf(store, { types: [5] })).toEqual(expected({ types: [5] }))
    for (const at of [0, 1, 1100, 4321, TOTAL - 2]) {
      const time = Math.floor(timestamp(at))
      for (const wanted of [
        { from: time - 0.5, to: time + 0.5 },
        { from: time, to: time },
        { from: time, to: time + 1 },
      ]) {
        expect(await numbersOf(store, wanted)).toEqual(expected(wanted))
      }
    }
    expect(await store.gaps(1500, 3000)).toEqual([GAPS[1]])
    expect(await store.gaps(1500, 2999)).toEqual([])
    expect(await store.count(1499, 3000)).toBe(1499)
  }, 60_000)

  test('a query shows what was there when it began', async () => {
    const store = new PostgresStore(await connect())
    await store.open(IDENTITY)
    const part = (from: number, to: number) =>
      makeEventsOf(Float64Array.from({ length: to - from }, (_, i) => from + i))
    const write = (from: number, to: number, position: number) => {
      return store.write({ events: part(from, to), corrections: NO_CORRECTIONS, gaps: [] }, { seq: to, position })
    }
    await write(0, 30, 1)
    const rows = store.query({ batchSize: 10 })[Symbol.asyncIterator]()
    const found = [...((await rows.next()).value?.seqs ?? [])]
    await write(30, 50, 2)
    for (let next = await rows.next(); !next.done; next = await rows.next()) found.push(...next.value.seqs)
    expect(found).toEqual(Array.from({ length: 30 }, (_, seq) => seq))
  })
})

describeServer('large metadata', () => {
  test('end a page before there are too many of them, and all come back', async () => {
    const driver = await serverDriver()
    const store = new PostgresStore(driver)
    await store.open(IDENTITY)
    // 16 MB that nothing makes smaller, then as many that are stored in a part of it.
    const text = (seq: number): string => {
      return seq < 400
        ? randomBytes(30_000).toString('base64')
        : Array.from({ length: 6000 }, (_, i) => seq * i).join(' ')
    }
    const texts = Array.from({ length: 800 }, (_, seq) => text(seq))
    const metadata = (seq: number): EventMetadata => ({ parameters: texts[seq] })
    for (const [position, from] of [0, 400].entries()) {
      const events = makeEventsOf(
        Float64Array.from({ length: 400 }, (_, i) => from + i),
        { metadata },
      )
      const to = { seq: from + 400, position: position + 1 }
      await store.write({ events, corrections: NO_CORRECTIONS, gaps: [] }, to)
    }
    for (const from of [0, 400]) {
      const pages: number[] = []
      let seq = from
      for await (const found of store.query({ startSeq: from, endSeq: from + 400 })) {
        pages.push(found.length)
        for (const number of found.seqs) expect(found.metadata.get(number)).toEqual(metadata(seq++))
      }
      expect(seq).toBe(from + 400)
      expect(pages.length).toBeGreaterThan(1)
    }
  })
})
