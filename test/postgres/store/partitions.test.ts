import { expect, test } from 'vitest'
import { partitionsOf, slicesOf } from '../../../src/postgres/store/days.js'
import { makeEvents, SOME_DAY_US } from '../../../src/testing/events.js'
import { describeServer, serverDriver } from '../support/databases.js'

const DAY_US = 86_400_000_000
const ENSURE = "SELECT experience_ensure_day('2026-11-21') AS made"

describeServer('the partitions of a day', () => {
  test('are made once, however many ask at once', async () => {
    const driver = await serverDriver({ poolSize: 8 })
    const rows = await Promise.all(Array.from({ length: 16 }, () => driver.query<{ made: boolean }>(ENSURE)))
    expect(rows.filter(([row]) => row?.made).length).toBe(1)
  })

  test('are made while somebody reads and while somebody writes other days', async () => {
    const driver = await serverDriver({ statementTimeoutMs: 2000 })
    await driver.query("SELECT experience_ensure_day('2026-11-20')")
    await driver.transaction(async (session) => {
      await session.query('SELECT count(*) FROM experience_events')
      await session.query(`INSERT INTO action_metadata (stream, sequence_number, timestamp, event_id)
        VALUES (1, 1, ${SOME_DAY_US - DAY_US}, gen_random_uuid())`)
      expect(await driver.query(ENSURE)).toEqual([{ made: true }])
    })
  })

  test('have every index of their parents once, and a key of their own', async () => {
    const driver = await serverDriver()
    await driver.query(ENSURE)
    const { events, metadata } = partitionsOf(SOME_DAY_US / DAY_US)
    for (const [parent, child] of [
      ['experience_events', events],
      ['action_metadata', metadata],
    ]) {
      const indexes = (table: unknown) => {
        return driver.query(
          `SELECT regexp_replace(indexdef, '^.* USING ', '') AS by, indexdef LIKE '%UNIQUE%' AS is_key
           FROM pg_indexes WHERE tablename = $1 ORDER BY is_key, by`,
          [table as string],
        )
      }
      const inherited = await indexes(parent)
      const own = await indexes(child)
      expect(own.slice(0, -1)).toEqual(inherited)
      expect(own.at(-1)).toMatchObject({ is_key: true })
    }
  })
})

test('events are cut where they would be of too many days, and every event is in one slice', () => {
  const events = makeEvents(0, 100, { timestamp: (seq) => SOME_DAY_US + (seq % 10) * DAY_US + seq })
  const slices = slicesOf(events, 4)
  let next = 0
  for (const { from, to, days } of slices) {
    expect(from).toBe(next)
    expect(days.length).toBeLessThanOrEqual(4)
    expect(days.reduce((sum, day) => sum + day.events, 0)).toBe(to - from)
    next = to
  }
  expect(next).toBe(100)
  expect(slicesOf(events, 10).length).toBe(1)
  expect(slicesOf(makeEvents(0, 0), 4)).toEqual([{ from: 0, to: 0, days: [] }])
})
