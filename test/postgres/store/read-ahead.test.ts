import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { PostgresStore } from '../../../src/postgres/store/store.js'
import type { ColdQuery } from '../../../src/storage/cold/cold-storage.js'
import { NO_CORRECTIONS } from '../../../src/storage/cold/correction-lists.js'
import { makeEvents } from '../../../src/testing/events.js'
import { embedded } from '../support/databases.js'

let driver: SqlDriver
/** Transactions that were begun on it. */
let begun = 0

beforeAll(async () => {
  driver = await embedded()
  const { transaction } = driver
  driver.transaction = (...given) => {
    begun++
    return transaction.apply(driver, given) as never
  }
})

afterAll(() => driver.close())

/** A store of 1000 events that is open. */
async function storeOf(): Promise<PostgresStore> {
  const streamId = crypto.randomUUID()
  const store = new PostgresStore(driver, { streamId })
  await store.open({ streamId, capacity: 100, requiredMask: 15, firstSeq: 0 })
  await store.write({ events: makeEvents(0, 1000), corrections: NO_CORRECTIONS, gaps: [] }, { seq: 1000, position: 10 })
  await store.flush()
  return store
}

async function read(store: PostgresStore, startSeq: number, endSeq: number, rest: ColdQuery = {}): Promise<number[]> {
  const seqs: number[] = []
  for await (const events of store.query({ startSeq, endSeq, ...rest })) seqs.push(...events.seqs)
  // What is read ahead goes on behind; PGlite is done with it when it is done with this.
  await driver.query('SELECT')
  await driver.query('SELECT')
  return seqs
}

const range = (start: number, end: number): number[] => Array.from({ length: end - start }, (_, i) => start + i)

test('the range that comes next in turn has been read before it is asked for', async () => {
  const store = await storeOf()
  const cost: number[] = []
  for (let start = 0; start < 1000; start += 100) {
    const before = begun
    const rows = store.query({ startSeq: start, endSeq: start + 100 })[Symbol.asyncIterator]()
    const first = await rows.next()
    cost.push(begun - before)
    expect([...(first.value?.seqs ?? [])]).toEqual(range(start, start + 100))
    expect((await rows.next()).done).toBe(true)
    await driver.query('SELECT')
    await driver.query('SELECT')
  }
  expect(cost.slice(0, 2).every((transactions) => transactions > 0)).toBe(true)
  expect(cost.slice(2)).toEqual(Array(8).fill(0))
  await store.close()
})

test('ranges that do not follow one another, or ask for something else, read nothing ahead', async () => {
  const store = await storeOf()
  const queries: ColdQuery[] = [
    { startSeq: 0, endSeq: 100 },
    { startSeq: 101, endSeq: 200 },
    { startSeq: 200, endSeq: 300, types: [0x200] },
    { startSeq: 300, endSeq: 400, types: [0x201] },
    { startSeq: 400, endSeq: 1000 },
  ]
  for (const { startSeq = 0, endSeq = 0, ...rest } of queries) {
    await read(store, startSeq, endSeq, rest)
    const before = begun
    await driver.query('SELECT')
    expect(begun).toBe(before)
  }
  await store.close()
})

test('nothing is read ahead where events are still to come', async () => {
  const store = await storeOf()
  await read(store, 700, 800)
  await read(store, 800, 950)
  const { streamId } = store.streams
  expect(streamId).toBeDefined()
  await store.write(
    { events: makeEvents(1000, 1100), corrections: NO_CORRECTIONS, gaps: [] },
    { seq: 1100, position: 11 },
  )
  expect(await read(store, 950, 1100)).toEqual(range(950, 1100))
  await store.close()
})

test('a correction of an event that was read ahead is seen', async () => {
  const store = await storeOf()
  await read(store, 0, 100)
  await read(store, 100, 200)
  const corrections = {
    length: 1,
    seqs: Float64Array.of(250),
    flags: Uint16Array.of(0),
    masks: Uint8Array.of(8),
    slots: Uint8Array.of(8),
    rewards: Float32Array.of(0, 0, 0, 0.25),
  }
  await store.write({ events: makeEvents(0, 0), corrections, gaps: [] }, { seq: 1000, position: 11 })
  for await (const { seqs, bytes } of store.query({ startSeq: 200, endSeq: 300 })) {
    const records = new DataView(bytes.buffer, bytes.byteOffset)
    expect(records.getFloat32(seqs.indexOf(250) * 128 + 116, true)).toBe(0.25)
  }
  await store.close()
})

test('a signal ends a range that was begun without it', async () => {
  const store = await storeOf()
  await read(store, 0, 100)
  await read(store, 100, 200)
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(read(store, 200, 300, { signal })).rejects.toThrow('enough')
  expect(await read(store, 200, 300)).toEqual(range(200, 300))
  await store.close()
})

test('a range that was read ahead and is left early leaves nothing behind, and neither does a store that is closed', async () => {
  const store = await storeOf()
  await read(store, 0, 100)
  await read(store, 100, 200)
  for await (const _ of store.query({ startSeq: 200, endSeq: 300 })) break
  expect(await read(store, 200, 300)).toEqual(range(200, 300))
  await store.close()
  expect(driver.pool).toEqual({ total: 1, idle: 1, waiting: 0 })
})
