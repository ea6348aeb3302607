import { expect, test } from 'vitest'
import { InvalidArgumentError } from '../../../src/errors.js'
import * as L from '../../../src/layout.js'
import { JournalOwnedError, UnknownStreamError } from '../../../src/postgres/store/errors.js'
import { PostgresStore } from '../../../src/postgres/store/store.js'
import type { StoredEvents } from '../../../src/storage/cold/cold-storage.js'
import { StoreMismatchError } from '../../../src/storage/errors.js'
import { ExperienceStream } from '../../../src/stream/stream.js'
import { SOME_DAY_US } from '../../../src/testing/events.js'
import { describeServer, serverDriver } from '../support/databases.js'
import { describeDatabases } from './databases.js'

const JOURNAL = { streamId: '0192f0c1-2b3c-7def-8a12-334455667788', capacity: 10, requiredMask: 15, firstSeq: 0 }
const DAY_US = 86_400_000_000

async function all(store: PostgresStore): Promise<StoredEvents[]> {
  const found: StoredEvents[] = []
  for await (const events of store.query()) found.push(events)
  return found
}

async function numbers(store: PostgresStore): Promise<number[]> {
  return (await all(store)).flatMap(({ seqs }) => [...seqs])
}

describeDatabases('events written without a journal', (connect) => {
  test('objects, packed records and columns get numbers one behind the other and come back', async () => {
    const store = new PostgresStore(await connect())
    const event = { timestamp: SOME_DAY_US, episodeId: 2n ** 64n - 1n, state: [1, 2, 3], rewardGoal: -0, flags: 16 }
    expect(await store.append([event, { timestamp: SOME_DAY_US + 1, eventType: 65535 }])).toEqual({
      start: 0,
      end: 2,
    })
    const oracle = ExperienceStream.createSync({ capacity: 8 })
    oracle.writeBatch([event, event, event])
    const packed = oracle.queryRange(0, 3).bytes.slice()
    expect(await store.append(packed)).toEqual({ start: 2, end: 5 })
    const columns = { timestamps: Float64Array.of(SOME_DAY_US + 3 * DAY_US), states: new Float32Array(8).fill(0.1) }
    expect(await store.append(columns)).toEqual({ start: 5, end: 6 })
    expect(await store.append([])).toEqual({ start: 6, end: 6 })
    const [found] = (await all(store)) as [StoredEvents]
    expect([...found.seqs]).toEqual([0, 1, 2, 3, 4, 5])
    expect(Buffer.compare(found.bytes.subarray(2 * L.RECORD_BYTES, 5 * L.RECORD_BYTES), packed)).toBe(0)
    expect([...found.masks]).toEqual([15, 0, 15, 15, 15, 0])
    expect(await store.count(0, 100)).toBe(6)
    expect(await store.stored()).toMatchObject({ origin: 'direct', checkpoint: { seq: 6, position: 0 } })
  })

  test('metadata stand beside the event in the same transaction', async () => {
    const store = new PostgresStore(await connect())
    const metadata = { intentType: 'move', parameters: { to: [1, 2], 'a\0': null } }
    await store.append([{}, {}], { metadata })
    const [found] = (await all(store)) as [StoredEvents]
    expect([...found.metadata]).toEqual([[0, metadata]])
    await expect(store.append([{}], { metadata: { intentType: 7 } as never })).rejects.toThrow('metadata.intentType')
    await expect(store.append([{}], { metadata: { parameters: [Number.NaN] } })).rejects.toThrow('parameters[0]')
    expect(await numbers(store)).toEqual([0, 1])
  })

  test('what a stream would refuse is refused, and nothing of the call is there', async () => {
    const store = new PostgresStore(await connect())
    const many = Array.from({ length: 1500 }, (_, i) => (i === 1400 ? { state: [Number.NaN] } : {}))
    await expect(store.append(many)).rejects.toThrow('events[1400].state[0] must be finite')
    await expect(store.append([{ rewardGoal: Number.POSITIVE_INFINITY }])).rejects.toThrow(InvalidArgumentError)
    await expect(store.append(new Uint8Array(127))).rejects.toThrow('a multiple of 128')
    await expect(store.append('events' as never)).rejects.toThrow(InvalidArgumentError)
    await expect(store.append({ length: 2 ** 18 + 1 } as never)).rejects.toThrow(InvalidArgumentError)
    const days = Array.from({ length: 257 }, (_, i) => ({ timestamp: i * DAY_US }))
    await expect(store.append(days)).rejects.toThrow('at most 256 days')
    await expect(store.append([{}], { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
    expect(await numbers(store)).toEqual([])
  })

  test('a stream that a journal writes takes no events past it', async () => {
    const driver = await connect()
    await new PostgresStore(driver).open(JOURNAL)
    const store = new PostgresStore(driver)
    await expect(store.append([{}])).rejects.toThrow(JournalOwnedError)
    await expect(store.append([{}])).rejects.toThrow('write to the stream')
    expect(await numbers(store)).toEqual([])
  })

  test('several streams of a database are told apart by their ids', async () => {
    const driver = await connect()
    const first = new PostgresStore(driver)
    await first.append([{}, {}])
    await expect(new PostgresStore(driver).open(JOURNAL)).rejects.toThrow(StoreMismatchError)
    const beside = new PostgresStore(driver, { streamId: JOURNAL.streamId })
    expect(await beside.open(JOURNAL)).toBe(undefined)
    expect(await numbers(beside)).toEqual([])
    expect(await numbers(first)).toEqual([0, 1])
    expect(await first.append([{}])).toEqual({ start: 2, end: 3 })
    const nobody = new PostgresStore(driver)
    await expect(nobody.append([{}])).rejects.toThrow(UnknownStreamError)
    await expect(nobody.count(0, 10)).rejects.toThrow(`choose one by streamId: `)
    await expect(beside.open(JOURNAL, 'direct')).rejects.toThrow('is written by its journal there')
  })
})

describeServer('many writers of one stream', () => {
  test('every event has a number of its own, and no number is left out', async () => {
    const driver = await serverDriver({ poolSize: 8 })
    const stores = Array.from({ length: 8 }, () => new PostgresStore(driver))
    const written = await Promise.all(
      stores.flatMap((store, w) => {
        return Array.from({ length: 10 }, (_, k) => store.append([{ stepNumber: w }, { stepNumber: k }]))
      }),
    )
    const starts = written.map(({ start }) => start).sort((a, b) => a - b)
    expect(starts).toEqual(Array.from({ length: 80 }, (_, i) => 2 * i))
    expect(await numbers(stores[0] as PostgresStore)).toEqual(Array.from({ length: 160 }, (_, i) => i))
  })
})
