/**
 * Results that are left early, aborted, or fail: the connection goes back, and nothing goes on behind.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { connectServer } from '../../../src/postgres/driver/server.js'
import type { QueryLimits } from '../../../src/postgres/events/limits.js'
import { describeServer, embedded, serverDatabase, serverDriver } from '../support/databases.js'
import { TODAY, World } from './world.js'

const PAGES_OF_5: QueryLimits = { page: 5, described: 5, window: 30, counted: 1000, days: 256 }

async function worldOf(driver: SqlDriver): Promise<World> {
  const world = await World.create(driver)
  await world.add(
    Array.from({ length: 50 }, (_, i) => ({ event: { timestamp: TODAY + i }, metadata: { intentType: 'a' } })),
  )
  return world
}

function suite(driverOf: () => Promise<SqlDriver>): void {
  let driver: SqlDriver

  beforeAll(async () => {
    driver = await driverOf()
  })
  afterAll(() => driver.close())

  test('a result that is left after its first batch holds no connection', async () => {
    const world = await worldOf(driver)
    for await (const batch of world.queriesWith(PAGES_OF_5).queryEvents()) {
      expect(batch.length).toBeGreaterThan(0)
      break
    }
    expect(world.driver.pool.total - world.driver.pool.idle).toBe(0)
    expect(await world.queries.countEvents()).toBe(50)
  })

  test('one page is read ahead and no more', async () => {
    const world = await worldOf(driver)
    const queries = world.queriesWith(PAGES_OF_5)
    const iterator = queries.queryEvents()[Symbol.asyncIterator]()
    await iterator.next()
    await world.driver.query('DELETE FROM experience_events WHERE stream = $1 AND sequence_number >= 30', [world.key])
    let found = 0
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) found += next.value.length
    expect(found).toBeLessThanOrEqual(30)
  })

  test('a signal that is aborted between two batches ends the iteration with its reason', async () => {
    const world = await worldOf(driver)
    const aborting = new AbortController()
    const reason = new Error('enough')
    let batches = 0
    const reading = (async () => {
      for await (const _ of world.queriesWith(PAGES_OF_5).queryEvents({ signal: aborting.signal })) {
        if (++batches === 2) aborting.abort(reason)
      }
    })()
    await expect(reading).rejects.toBe(reason)
    expect(batches).toBe(2)
    expect(world.driver.pool.total - world.driver.pool.idle).toBe(0)
  })

  test('with a signal that was aborted before, nothing is asked of the database', async () => {
    const signal = AbortSignal.abort(new Error('before'))
    const { queries } = await worldOf(driver)
    const asked = vi.spyOn(driver, 'query')
    onTestFinished(() => asked.mockRestore())
    await expect(queries.queryEvents({ signal }).collect()).rejects.toThrow('before')
    await expect(queries.countEvents({ signal })).rejects.toThrow('before')
    await expect(queries.readEvent(0, { signal })).rejects.toThrow('before')
    expect(asked).not.toHaveBeenCalled()
  })

  test('a failure of a page that was read ahead is told when that page is asked for', async () => {
    const world = await worldOf(driver)
    const iterator = world.queriesWith(PAGES_OF_5).queryEventsWithMetadata()[Symbol.asyncIterator]()
    await iterator.next()
    await world.driver.session((session) =>
      session.run('ALTER TABLE action_metadata RENAME COLUMN intent_type TO gone'),
    )
    const rest = (async () => {
      for (;;) if ((await iterator.next()).done) return
    })()
    await expect(rest).rejects.toMatchObject({ details: { sqlState: '42703' } })
    await world.driver.session((session) =>
      session.run('ALTER TABLE action_metadata RENAME COLUMN gone TO intent_type'),
    )
    expect((await world.queries.queryEventsWithMetadata().collect()).length).toBe(50)
  })
}

describe('embedded', () => suite(() => embedded()))

describeServer('on a server', () => {
  suite(() => serverDriver({ poolSize: 1 }))

  test('an abort in the middle of a statement ends it and gives its connection back', async () => {
    await besideALock(async ({ world, waits }) => {
      const aborting = new AbortController()
      const reason = new Error('no longer wanted')
      const collecting = world.queries.queryEvents({ signal: aborting.signal }).collect()
      while (!(await waits())) await new Promise(setImmediate)
      aborting.abort(reason)
      await expect(collecting).rejects.toBe(reason)
      expect(await waits()).toBe(false)
    })
  })

  test('who leaves a result does not wait for the page that is read ahead', async () => {
    await besideALock(async ({ reading, waits }) => {
      await reading.next()
      while (!(await waits())) await new Promise(setImmediate)
      await reading.return?.()
      expect(await waits()).toBe(false)
    })
  })
})

interface Locked {
  readonly world: World
  /** Of which one batch has been read; there are more. */
  readonly reading: AsyncIterator<unknown>
  /** Whether somebody waits for the lock. */
  waits(): Promise<boolean>
}

/** Work while another connection has locked the table of events; behind it the driver's only connection is free again. */
async function besideALock(work: (locked: Locked) => Promise<void>): Promise<void> {
  const url = await serverDatabase()
  const driver = await connectServer(url, { poolSize: 1 })
  const other = await connectServer(url, { poolSize: 1 })
  try {
    const world = await worldOf(driver)
    const reading = world.queriesWith(PAGES_OF_5).queryEvents()[Symbol.asyncIterator]()
    await reading.next()
    while (driver.pool.idle < driver.pool.total) await new Promise(setImmediate)
    await other.transaction(async (session) => {
      await session.run('LOCK TABLE experience_events IN ACCESS EXCLUSIVE MODE')
      const waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
      const waits = async (): Promise<boolean> => (await session.query(waiting)).length > 0
      await work({ world, reading, waits })
    })
    expect(await world.queries.countEvents({ from: TODAY + 1 })).toBe(49)
  } finally {
    await driver.close()
    await other.close()
  }
}
