import { expect, test } from 'vitest'
import { ClosedError, InvalidArgumentError } from '../../../src/errors.js'
import * as L from '../../../src/layout.js'
import { connectServer } from '../../../src/postgres/driver/server.js'
import { CheckpointMovedError, TooManyDaysError } from '../../../src/postgres/store/errors.js'
import { PostgresStore } from '../../../src/postgres/store/store.js'
import type { Checkpoint, ColdBatch, StoredEvents } from '../../../src/storage/cold/cold-storage.js'
import { NO_CORRECTIONS } from '../../../src/storage/cold/correction-lists.js'
import { NO_EVENTS } from '../../../src/storage/cold/events.js'
import { StoreMismatchError } from '../../../src/storage/errors.js'
import type { Gap } from '../../../src/storage/journal/source.js'
import { makeCorrections, makeEvents, makeEventsOf, SOME_DAY_US } from '../../../src/testing/events.js'
import { describeServer, serverDatabase, serverDriver } from '../support/databases.js'
import { describeDatabases } from './databases.js'
import { FaultyDriver } from './faulty-driver.js'
import { type FollowStep, follow, IDENTITY, Oracle } from './oracle.js'

const DAY_US = 86_400_000_000
const SOME_DAY = Math.floor(SOME_DAY_US / DAY_US)

function batchOf(events: StoredEvents, corrections = NO_CORRECTIONS): ColdBatch {
  return { events, corrections, gaps: [] }
}

/** Writes and waits for the commit. */
async function write(store: PostgresStore, batch: ColdBatch, to: Checkpoint, signal?: AbortSignal): Promise<void> {
  await store.write(batch, to, signal)
  await store.flush()
}

function everyDay(start: number, end: number): StoredEvents {
  return makeEvents(start, end, { timestamp: (seq) => SOME_DAY_US + seq * DAY_US, metadata: () => undefined })
}

describeDatabases('a store', (connect) => {
  test('what is not a number is refused before anything is sent, in events as in corrections', async () => {
    const driver = new FaultyDriver(await connect())
    const store = new PostgresStore(driver)
    await store.open(IDENTITY)
    const { calls } = driver
    const events = makeEvents(0, 10)
    new DataView(events.bytes.buffer).setFloat32(3 * L.RECORD_BYTES + L.STATE, Number.NaN, true)
    await expect(write(store, batchOf(events), { seq: 10, position: 1 })).rejects.toThrow('state[0] of event 3')
    const wrong = [makeCorrections([[0, 1, Number.NaN]]), makeCorrections([[0, 3, 3e38]])]
    for (const corrections of wrong) {
      const batch = batchOf(makeEvents(0, 10), corrections)
      await expect(write(store, batch, { seq: 10, position: 1 })).rejects.toThrow(InvalidArgumentError)
    }
    expect(driver.calls).toBe(calls)
    expect(store.checkpoint).toBe(undefined)
    await write(store, batchOf(makeEvents(0, 10)), { seq: 10, position: 1 })
    expect(await store.count(0, 100)).toBe(10)
  })

  test('a batch that does not go on where the store is is refused', async () => {
    const store = new PostgresStore(await connect())
    await expect(write(store, batchOf(makeEvents(0, 5)), { seq: 5, position: 1 })).rejects.toThrow(ClosedError)
    await store.open(IDENTITY)
    await expect(write(store, batchOf(makeEvents(1, 5)), { seq: 5, position: 1 })).rejects.toThrow('go on at 0')
    await expect(write(store, batchOf(makeEvents(0, 5)), { seq: 6, position: 1 })).rejects.toThrow('to.seq')
    await store.close()
    await expect(store.open(IDENTITY)).rejects.toThrow(ClosedError)
  })

  test('a stream with other appraisers or another beginning is refused', async () => {
    const driver = await connect()
    await new PostgresStore(driver).open(IDENTITY)
    for (const change of [{ requiredMask: 1 }, { firstSeq: 7 }]) {
      await expect(new PostgresStore(driver).open({ ...IDENTITY, ...change })).rejects.toThrow(StoreMismatchError)
    }
    expect(await new PostgresStore(driver).open({ ...IDENTITY, capacity: 5 })).toBe(undefined)
  })

  test('there are no more partitions than the store may have, and those that are there go on', async () => {
    const driver = await connect()
    const [before] = await driver.query(
      "SELECT count(*) AS n FROM pg_inherits WHERE inhparent = 'experience_events'::REGCLASS",
    )
    const there = Number(before?.n)
    const store = new PostgresStore(driver, { maxDays: there + 3 })
    await store.open(IDENTITY)
    const made = { timestamp: (seq: number) => (2000 + seq) * DAY_US }
    await write(store, batchOf(makeEvents(0, 3, made)), { seq: 3, position: 1 })
    const wide = batchOf(makeEvents(3, 5, made))
    const refused = write(store, wide, { seq: 5, position: 2 })
    await expect(refused).rejects.toThrow(TooManyDaysError)
    await expect(refused).rejects.toThrow(`at most ${there + 3} are allowed`)
    await store.open(IDENTITY)
    const same = { timestamp: () => 2002 * DAY_US }
    await write(store, batchOf(makeEvents(3, 5, same)), { seq: 5, position: 2 })
    expect(await store.count(0, 10)).toBe(5)
  })

  test('of two stores that follow the same stream one fails and finds what the other has done', async () => {
    const driver = await connect()
    const [first, second] = [new PostgresStore(driver), new PostgresStore(driver)]
    await first.open(IDENTITY)
    await second.open(IDENTITY)
    await write(first, batchOf(makeEvents(0, 10)), { seq: 10, position: 1 })
    const late = write(second, batchOf(makeEvents(0, 20)), { seq: 20, position: 2 })
    await expect(late).rejects.toThrow(CheckpointMovedError)
    await expect(late).rejects.toMatchObject({ retryable: true, details: { found: { seq: 10, position: 1 } } })
    expect(await second.open(IDENTITY)).toEqual({ seq: 10, position: 1 })
    await write(second, batchOf(makeEvents(10, 20)), { seq: 20, position: 2 })
    await expect(write(first, batchOf(makeEvents(10, 12)), { seq: 12, position: 2 })).rejects.toThrow(
      CheckpointMovedError,
    )
    expect(await first.count(0, 100)).toBe(20)
  })

  test('days are known with the bounds of their events, as unsigned values have them in SQL', async () => {
    const driver = await connect()
    const store = new PostgresStore(driver)
    await store.open(IDENTITY)
    const made = { timestamp: (seq: number) => SOME_DAY_US + (seq % 2) * DAY_US + seq }
    await write(store, batchOf(makeEvents(0, 10, made)), { seq: 10, position: 1 })
    await write(store, batchOf(makeEvents(10, 11, made)), { seq: 11, position: 2 })
    const days = await driver.query(
      `SELECT day - DATE '1970-01-01' AS day, min_seq, max_seq, min_timestamp, max_timestamp, min_episode, max_episode, events
       FROM experience_days ORDER BY day`,
    )
    expect(days[0]).toEqual({
      day: SOME_DAY,
      min_seq: 0n,
      max_seq: 10n,
      min_timestamp: BigInt(SOME_DAY_US),
      max_timestamp: BigInt(SOME_DAY_US + 10),
      min_episode: -1n,
      max_episode: 2n ** 53n + 1n,
      events: 6n,
    })
    expect(days[1]).toMatchObject({ day: SOME_DAY + 1, min_seq: 1n, max_seq: 9n, events: 5n })
  })

  test('corrections of more events than one statement takes, some of them unknown, are applied', async () => {
    const store = new PostgresStore(await connect())
    const timestamp = (seq: number): number => SOME_DAY_US + (seq % 3) * DAY_US
    const made = { timestamp, metadata: () => undefined }
    const events = makeEventsOf(
      Float64Array.from({ length: 9_000 }, (_, i) => i + Math.floor(i / 4500)),
      made,
    )
    const gaps: Gap[] = [{ start: 4500, end: 4501, reason: 'damaged' }]
    const every = (slot: number) => makeCorrections(Array.from({ length: 9_001 }, (_, seq) => [seq, slot, seq / 3]))
    const steps: FollowStep[] = [
      { batch: { events, corrections: NO_CORRECTIONS, gaps }, to: { seq: 9_001, position: 1 } },
      ...[3, 0].map((slot, i) => ({
        batch: batchOf(NO_EVENTS, every(slot)),
        to: { seq: 9_001, position: 2 + i },
      })),
    ]
    expect(await follow(store, steps)).toBe(0)
    await new Oracle(steps).expectIn(store, 20_000)
  })

  test('an aborted write ends with the reason, and the store goes on', async () => {
    const store = new PostgresStore(await connect())
    await store.open(IDENTITY)
    const abort = new AbortController()
    const aborted = write(store, batchOf(makeEvents(0, 2000)), { seq: 2000, position: 1 }, abort.signal)
    abort.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    expect(await store.open(IDENTITY)).toBe(undefined)
    await write(store, batchOf(makeEvents(0, 20)), { seq: 20, position: 1 })
    expect(await store.count(0, 100)).toBe(20)
  })
})

describeServer('a batch of very many days', () => {
  /** 130 days: three transactions of events, then corrections of all of them, two transactions. */
  const corrections = makeCorrections(Array.from({ length: 130 }, (_, seq) => [seq, seq % 4, seq / 7] as const))
  const steps: FollowStep[] = [
    { batch: batchOf(everyDay(0, 130)), to: { seq: 130, position: 1 } },
    { batch: batchOf(everyDay(130, 131), corrections), to: { seq: 131, position: 2 } },
  ]

  test('is several transactions, and after a failure in any of them nothing is lost or doubled', async () => {
    const real = await serverDriver()
    const store = new PostgresStore(real)
    await store.open(IDENTITY)
    const driver = new FaultyDriver(real)
    let commits = 0
    const seen = new Set<number>()
    driver.fate = (call) => {
      if (call < 3 || call % 17 !== 0) return 'well'
      seen.add(commits++)
      return commits < 12 ? ((['before', 'behind'] as const)[commits % 2] ?? 'well') : 'well'
    }
    const faulty = new PostgresStore(driver)
    await follow(faulty, steps)
    expect(seen.size).toBeGreaterThan(5)
    await new Oracle(steps).expectIn(store, 1000)
  })

  test('its checkpoints tell after each transaction what is there', async () => {
    const real = await serverDriver()
    const driver = new FaultyDriver(real)
    const store = new PostgresStore(driver)
    await store.open(IDENTITY)
    await write(store, batchOf(everyDay(0, 1)), { seq: 1, position: 1 })
    const more = everyDay(1, 130)
    const told: number[] = []
    driver.fate = () => {
      told.push(store.checkpoint?.seq ?? 0)
      return 'well'
    }
    await write(store, batchOf(more), { seq: 130, position: 2 })
    expect([...new Set(told)]).toEqual([1, 65, 129])
    expect(store.checkpoint).toEqual({ seq: 130, position: 2 })
    expect(await store.count(0, 1000)).toBe(130)
  })
})

describeServer('two processes that follow the same stream', () => {
  test('get everything there once between them', async () => {
    const url = await serverDatabase()
    const drivers = await Promise.all([connectServer(url), connectServer(url)])
    const steps: FollowStep[] = Array.from({ length: 30 }, (_, i) => {
      const entries = i === 0 ? [] : [[i * 5 - 1, i % 4, i] as const]
      return {
        batch: batchOf(makeEvents(i * 5, i * 5 + 5), makeCorrections(entries)),
        to: { seq: i * 5 + 5, position: i + 1 },
      }
    })
    const failures = await Promise.all(drivers.map((driver) => follow(new PostgresStore(driver), steps)))
    expect((failures[0] as number) + (failures[1] as number)).toBeGreaterThan(0)
    await new Oracle(steps).expectIn(new PostgresStore(drivers[0]), 1000)
    for (const driver of drivers) await driver.close()
  })
})

test('a name, a number of days and an origin have to be ones', () => {
  const none = {} as never
  for (const options of [{ maxDays: 0 }, { name: '' }, { streamId: 'x' }, { origin: 'file' }, { days: 1 }]) {
    expect(() => new PostgresStore(none, options as never)).toThrow(InvalidArgumentError)
  }
})
