/**
 * Pages and what happens to them while the stream goes on.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EventQuery } from '../../../src/postgres/contract.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { ResultTooLargeError } from '../../../src/storage/errors.js'
import { describeServer, embedded, serverDriver } from '../support/databases.js'
import { DAY_US, TODAY, type Told, World } from './world.js'

const ORDERS: EventQuery[] = (['time', 'sequence', 'reward'] as const).flatMap((orderBy) => [
  { orderBy, direction: 'ascending' },
  { orderBy, direction: 'descending' },
])

/** All of one time and of one reward, whose sign differs: only the number tells them apart. */
const tied: Told[] = Array.from({ length: 50 }, (_, i) => {
  return { event: { timestamp: TODAY, rewardGoal: i % 2 === 0 ? 0 : -0, rewardHomeostasis: i % 2 === 0 ? 0 : -0 } }
})

function suite(driverOf: () => Promise<SqlDriver>): void {
  let driver: SqlDriver

  beforeAll(async () => {
    driver = await driverOf()
  })
  afterAll(() => driver.close())

  test.each(ORDERS)('events that are alike are neither lost nor doubled between pages: %o', async (order) => {
    const world = await World.create(driver)
    await world.add(tied)
    const seqs: number[] = []
    for (let after: string | undefined, pages = 1; ; pages++) {
      const page = await world.queries.queryEvents({ ...order, after, limit: 7 }).page()
      seqs.push(...page.events.seqs)
      after = page.cursor
      if (after !== undefined) continue
      expect(pages).toBe(8)
      break
    }
    expect(seqs).toEqual(world.expected(order).map(({ event }) => event.seq))
  })

  test('the last page says that it is, also where it is full, and an empty one too', async () => {
    const world = await World.create(driver)
    await world.add(tied)
    const first = await world.queries.queryEvents({ limit: 25 }).page()
    const last = await world.queries.queryEvents({ limit: 25, after: first.cursor }).page()
    expect([first.events.length, last.events.length, last.cursor]).toEqual([25, 25, undefined])
    expect((await world.queries.queryEvents({ limit: 50 }).page()).cursor).toBeUndefined()
    expect((await world.queries.queryEvents({ limit: 0 }).page()).events.length).toBe(0)
    expect((await world.queries.queryEvents({ from: TODAY + 1 }).page()).cursor).toBeUndefined()
  })

  test('a page without a limit has a thousand events', async () => {
    const world = await World.create(driver)
    await world.add(Array.from({ length: 1001 }, (_, i) => ({ event: { timestamp: TODAY + i } })))
    const { events, cursor } = await world.queries.queryEvents().page()
    expect(events.length).toBe(1000)
    expect((await world.queries.queryEvents({ after: cursor }).page()).events.seqAt(0)).toBe(1000)
  })

  test('pages stay as they are while events are added, on this day and on others, and while rewards come', async () => {
    const world = await World.create(driver)
    const told = Array.from({ length: 30 }, (_, i) => ({ event: { timestamp: TODAY + i * 10, rewardGoal: i } }))
    await world.add(told)
    const seen: Record<string, number[]> = { time: [], reward: [] }
    const cursors: Record<string, string | undefined> = {}
    for (let turn = 0; turn < 7; turn++) {
      for (const orderBy of ['time', 'reward'] as const) {
        const result = world.queries.queryEvents({ orderBy, limit: 5, after: cursors[orderBy], endSeq: 30 })
        const { events, cursor } = await result.page()
        seen[orderBy]?.push(...events.seqs)
        cursors[orderBy] = cursor ?? cursors[orderBy]
      }
      await world.add([{ event: { timestamp: TODAY + 5 } }, { event: { timestamp: TODAY + (turn - 3) * DAY_US } }])
      // An event that was read already moves to a place that has been passed.
      await driver.query('UPDATE experience_events SET reward_goal = -1 WHERE stream = $1 AND sequence_number = $2', [
        world.key,
        turn,
      ])
    }
    const all = told.map((_, i) => i)
    expect(seen.time?.slice(0, 30)).toEqual(all)
    expect(seen.reward?.slice(0, 30)).toEqual(all)
  })

  test('a result can be read again and again, and shows what is there by then', async () => {
    const world = await World.create(driver)
    const result = world.queries.queryEvents()
    expect((await result.collect()).length).toBe(0)
    await world.add(tied)
    expect((await result.collect()).length).toBe(50)
    expect((await result.page()).events.length).toBe(50)
    let found = 0
    for await (const { length } of result) found += length
    expect(found).toBe(50)
  })

  test('to collect more than is allowed is an error that says so; exactly so much is none', async () => {
    const world = await World.create(driver)
    await world.add(tied)
    expect((await world.queries.queryEvents().collect({ limit: 50 })).length).toBe(50)
    expect((await world.queries.queryEvents({ limit: 49 }).collect({ limit: 49 })).length).toBe(49)
    const tooMany = world.queries.queryEvents().collect({ limit: 49 })
    await expect(tooMany).rejects.toThrow(ResultTooLargeError)
    await expect(tooMany).rejects.toMatchObject({ code: 'RESULT_TOO_LARGE', details: { limit: 49 } })
  })

  test('a batch owns its bytes and knows its numbers', async () => {
    const world = await World.create(driver)
    await world.add(tied, 3)
    const batch = await world.queries.queryEvents({ direction: 'descending', limit: 2 }).collect()
    expect([batch.start, batch.end, ...batch.seqs]).toEqual([51, 53, 52, 51])
    expect(batch.toArray()).toEqual(world.expected({ direction: 'descending', limit: 2 }).map(({ event }) => event))
    expect(batch.totalRewards()).toEqual(new Float32Array(2))
  })

  test('extremes of every field come back and are found by', async () => {
    const world = await World.create(driver)
    const most = {
      timestamp: 0,
      episodeId: 2n ** 64n - 1n,
      stepNumber: 2 ** 32 - 1,
      eventType: 65535,
      flags: 65535,
      adnaVersionHash: 2 ** 32 - 1,
      state: [-0, 1e-45, 3.4028234663852886e38, -3.4028234663852886e38],
      rewardGoal: 8e37,
      rewardHomeostasis: 8e37,
      rewardCuriosity: 8e37,
      rewardEfficiency: 8e37,
    }
    await world.add([{ event: most }])
    const [found] = (
      await world.queries
        .queryEvents({
          from: 0,
          to: 0,
          episodeId: most.episodeId,
          types: [65535],
          flags: 65535,
          adnaVersionHash: most.adnaVersionHash,
          minReward: Math.fround(3.2e38) * (1 - 2 ** -20),
        })
        .collect()
    ).toArray()
    expect(found).toEqual(world.truth[0]?.event)
    expect(found?.state[0]).toBe(-0)
    expect(await world.queries.countEvents({ minReward: 3.3e38 })).toBe(0)
    expect(await world.queries.countEvents({ minReward: Number.POSITIVE_INFINITY })).toBe(0)
  })

  test('a minimum between two rewards that differ in their last bit tells them apart', async () => {
    const world = await World.create(driver)
    await world.add([0.7, -0.7].map((rewardGoal) => ({ event: { timestamp: TODAY, rewardGoal } })))
    const above = Math.fround(0.7)
    expect(await world.queries.countEvents({ minReward: above })).toBe(1)
    expect(await world.queries.countEvents({ minReward: 0.7 })).toBe(above >= 0.7 ? 1 : 0)
    expect(await world.queries.countEvents({ minReward: above + 1e-12 })).toBe(0)
    expect(await world.queries.countEvents({ minReward: -above })).toBe(2)
    expect(await world.queries.countEvents({ minReward: -above + 1e-12 })).toBe(1)
    expect(await world.queries.countEvents({ minReward: 1e-300 })).toBe(1)
  })

  test('a day that ends right behind the range of a count is not counted as a whole', async () => {
    const world = await World.create(driver)
    await world.add([0, 5, 9].map((i) => ({ event: { timestamp: TODAY + i } })))
    const counts = [
      [0, 9],
      [0, 8],
      [1, 9],
      [5, 5],
    ].map(([from = 0, to = 0]) => {
      return world.queries.countEvents({ from: TODAY + from, to: TODAY + to })
    })
    expect(await Promise.all(counts)).toEqual([3, 2, 2, 1])
    expect(await world.queries.countEvents({ endSeq: 2 })).toBe(2)
    expect(await world.queries.countEvents({ startSeq: 1 })).toBe(2)
  })

  test('of several events with one id the newest is read, by text and by bytes', async () => {
    const world = await World.create(driver)
    const eventId = '00000000-0000-4000-8000-00000000000a'
    await world.add([0, 1, -2, 0].map((day) => ({ event: { timestamp: TODAY + day * DAY_US, eventId } })))
    await world.add([{ event: { timestamp: TODAY } }])
    const bytes = Uint8Array.from([0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 10])
    expect((await world.queries.readEvent(eventId))?.seq).toBe(3)
    expect((await world.queries.readEvent(eventId.toUpperCase()))?.seq).toBe(3)
    expect((await world.queries.readEvent(bytes))?.seq).toBe(3)
    for (const day of [1, 0]) {
      await world.archive.move(world.key, TODAY / DAY_US + day)
      expect((await world.queries.readEvent(bytes))?.seq).toBe(3)
    }
    expect((await world.queries.readEvent(2))?.eventId).toBe(eventId)
    expect(await world.queries.readEvent(5)).toBeUndefined()
    expect(await world.queries.readEvent(2 ** 53)).toBeUndefined()
  })
}

describeServer('on a server', () => suite(() => serverDriver()))

describe('embedded', () => suite(() => embedded()))
