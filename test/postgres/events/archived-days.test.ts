/**
 * Days that move into the archive while queries read.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ArchiveChangedError } from '../../../src/postgres/archive/errors.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import type { QueryLimits } from '../../../src/postgres/events/limits.js'
import { describeServer, embedded, serverDriver } from '../support/databases.js'
import { DAY_US, TODAY, type Told, World } from './world.js'

const SMALL: QueryLimits = { page: 4, described: 4, window: 30, counted: 10, days: 256 }
const DAYS = 6
const EACH = 10
const ALL = DAYS * EACH

async function worldOf(driver: SqlDriver): Promise<World> {
  const world = await World.create(driver)
  const told: Told[] = Array.from({ length: ALL }, (_, i) => ({
    event: { timestamp: TODAY + (i % DAYS) * DAY_US + i, rewardGoal: (i * 7) % ALL, episodeId: i % 3 },
    metadata: i % 2 === 0 ? { intentType: 'even', parameters: { list: [i, 'x'] } } : undefined,
  }))
  await world.add(told)
  return world
}

const move = (world: World, i: number): Promise<void> => world.archive.move(world.key, TODAY / DAY_US + i)

function suite(driverOf: () => Promise<SqlDriver>): void {
  let driver: SqlDriver

  beforeAll(async () => {
    driver = await driverOf()
  })
  afterAll(() => driver.close())

  test.each(['time', 'sequence', 'reward'] as const)(
    'in the order of %s each event comes once, whichever days move between two batches',
    async (orderBy) => {
      for (const direction of ['ascending', 'descending'] as const) {
        const world = await worldOf(driver)
        const query = { orderBy, direction }
        const expected = world.expected(query).map(({ event }) => event.seq)
        const seqs: number[] = []
        let batches = 0
        for await (const batch of world.queriesWith(SMALL).queryEvents(query)) {
          seqs.push(...batch.seqs)
          if (batches++ % 2 === 0 && batches / 2 < DAYS) await move(world, Math.floor(batches / 2))
        }
        expect(seqs).toEqual(expected)
      }
    },
  )

  test('metadata and every condition are the same in the archive', async () => {
    const world = await worldOf(driver)
    const query = { intentType: 'even', parameters: { list: ['x'] }, minReward: 20, episodeId: 0 }
    const before = await world.queries.queryEventsWithMetadata(query).collect()
    const counted = await world.queries.countEvents({ minReward: 20, episodeId: 0 })
    for (let i = 0; i < DAYS; i++) await move(world, i)
    expect(before.length).toBeGreaterThan(3)
    expect(await world.queries.queryEventsWithMetadata(query).collect()).toEqual(before)
    expect(await world.queries.countEvents({ minReward: 20, episodeId: 0 })).toBe(counted)
  })

  test('events that come late for a day in the archive stand beside it', async () => {
    const world = await worldOf(driver)
    await move(world, 2)
    await world.add([{ event: { timestamp: TODAY + 2 * DAY_US } }])
    const seqs = (await world.queries.queryEvents({ from: TODAY + 2 * DAY_US, to: TODAY + 3 * DAY_US - 1 }).collect())
      .seqs
    expect([...seqs]).toEqual([ALL, 2, 8, 14, 20, 26, 32, 38, 44, 50, 56])
    expect(await world.queries.countEvents()).toBe(ALL + 1)
    expect(await world.queries.countEvents({ from: TODAY + 2 * DAY_US + 3 })).toBe(39)
  })

  test('files that are gone when they are read make the page be read again, but not for ever', async () => {
    const world = await worldOf(driver)
    await move(world, 0)
    let changes = 2
    world.archive.onRead = () => {
      if (changes-- > 0) throw new ArchiveChangedError(1)
    }
    expect((await world.queries.queryEvents().collect()).length).toBe(ALL)
    changes = Number.POSITIVE_INFINITY
    await expect(world.queries.queryEvents().collect()).rejects.toThrow(ArchiveChangedError)
  })

  test('a page in the order of numbers reads no more of the archive than it needs', async () => {
    const world = await worldOf(driver)
    for (let i = 0; i < DAYS; i++) await move(world, i)
    const { events } = await world.queriesWith(SMALL).queryEvents({ orderBy: 'sequence', limit: 3 }).page()
    expect([...events.seqs]).toEqual([0, 1, 2])
    expect(world.archive.read).toBeLessThan(ALL)
  })
}

describe('embedded', () => suite(() => embedded()))

describeServer('on a server', () => {
  suite(() => serverDriver())

  test('queries find every event at every moment while another connection moves days', async () => {
    const world = await worldOf(await serverDriver())
    let moving = true
    const moved = (async () => {
      for (let i = 0; i < DAYS; i++) {
        await move(world, i)
        await world.add([{ event: { timestamp: TODAY + i * DAY_US } }])
        await move(world, i)
      }
      moving = false
    })()
    let rounds = 0
    const read = async (): Promise<void> => {
      while (moving) {
        const seq = rounds++ % ALL
        expect((await world.queries.queryEvents({ orderBy: 'reward', endSeq: ALL }).collect()).length).toBe(ALL)
        expect(await world.queries.countEvents({ endSeq: ALL, flags: 0, minReward: -1 })).toBe(ALL)
        expect((await world.queries.readEvent(seq))?.seq).toBe(seq)
      }
    }
    await Promise.all([read(), read(), moved])
    expect(rounds).toBeGreaterThan(0)
  })
})
