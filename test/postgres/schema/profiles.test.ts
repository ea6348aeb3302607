import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { migrate } from '../../../src/postgres/schema/migrate.js'
import { embedded } from '../support/databases.js'

const TOTAL = '(reward_homeostasis + reward_curiosity + reward_efficiency + reward_goal)'

/** What differs between the events of the test; everything else is 0. */
const OWN: Readonly<Record<string, string>> = {
  stream: '1',
  sequence_number: 'i',
  timestamp: '1767225600000000 + i',
  event_type: 'i % 100',
  adna_version_hash: 'i / 1000',
  reward_goal: 'random()',
}

describe('the indexes of profile analytics', () => {
  let driver: SqlDriver
  beforeAll(async () => {
    driver = await embedded()
    await migrate(driver, { profile: 'analytics' })
    await driver.query("SELECT experience_ensure_day('2026-01-01')")
    const columns = await driver.query<{ name: string; type: string }>(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
       WHERE attrelid = 'experience_events'::REGCLASS AND attnum > 0`,
    )
    const values = columns.map(({ name, type }) => OWN[name] ?? (type === 'uuid' ? 'gen_random_uuid()' : '0'))
    await driver.query(`INSERT INTO experience_events (${columns.map(({ name }) => name).join(', ')})
      SELECT ${values.join(', ')} FROM generate_series(1, 20000) i`)
    await driver.query('ANALYZE experience_events')
  })
  afterAll(() => driver.close())

  test.each([
    [
      'experience_events_by_time',
      'SELECT * FROM experience_events WHERE stream = 1 ORDER BY timestamp DESC, sequence_number DESC LIMIT 10',
    ],
    [
      'experience_events_by_reward',
      `SELECT * FROM experience_events WHERE stream = 1 ORDER BY ${TOTAL} DESC, sequence_number DESC LIMIT 10`,
    ],
    ['experience_events_by_reward', `SELECT * FROM experience_events WHERE stream = 1 AND ${TOTAL} >= 0.5`],
    [
      'experience_events_by_type',
      'SELECT * FROM experience_events WHERE stream = 1 AND event_type = 5 AND timestamp >= 7',
    ],
    ['experience_events_by_adna', 'SELECT * FROM experience_events WHERE stream = 1 AND adna_version_hash = 5'],
    ['action_metadata_by_intent', "SELECT * FROM action_metadata WHERE intent_type = 'search'"],
    ['action_metadata_by_executor', "SELECT * FROM action_metadata WHERE executor_id = 'e1'"],
    ['action_metadata_by_parameters', `SELECT * FROM action_metadata WHERE parameters @> '{"tool": "grep"}'`],
  ])('%s serves a query', async (index, query) => {
    // Of a small table a scan may be cheaper.
    const plan = await driver.transaction(async (session) => {
      await session.run('SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off')
      return session.query<{ 'QUERY PLAN': unknown }>(`EXPLAIN (FORMAT JSON) ${query}`)
    })
    const used = Array.from(JSON.stringify(plan).matchAll(/Index Name\\*":\s*\\*"([^"\\]+)/g), ([, name]) => name)
    const parents = await driver.query<{ name: string }>(
      `SELECT parent.relname AS name FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
       JOIN pg_class parent ON parent.oid = inhparent WHERE child.relname = ANY ($1::TEXT[])`,
      [used as string[]],
    )
    expect([...used, ...parents.map(({ name }) => name)]).toContain(index)
  })

  test('take metadata of any length', async () => {
    const long = 'x'.repeat(100_000)
    await driver.query(
      `INSERT INTO action_metadata (stream, sequence_number, timestamp, event_id, intent_type, executor_id, parameters)
       VALUES (1, 1, 1767225600000001, gen_random_uuid(), $1, $1, jsonb_build_object('text', $1::TEXT))`,
      [long],
    )
    const found = 'SELECT count(*)::INT4 AS n FROM action_metadata WHERE intent_type = $1 AND executor_id = $1'
    expect(await driver.query(found, [long])).toEqual([{ n: 1 }])
  })
})
