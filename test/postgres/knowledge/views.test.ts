import { beforeAll, expect, test } from 'vitest'
import type { SqlRow } from '../../../src/postgres/driver/driver.js'
import { refreshAnalytics } from '../../../src/postgres/knowledge/analytics.js'
import { Configuration } from '../../../src/postgres/knowledge/configuration.js'
import { Policies } from '../../../src/postgres/knowledge/policies.js'
import { Streams } from '../../../src/postgres/store/streams.js'
import { insertEvents } from './events.js'
import { onBoth } from './support.js'

const STREAM = '00000000-0000-4000-8000-000000000001'
const DAY = 86_400_000_000
const LATEST = 2 ** 53 - 1

onBoth('the views', (driver) => {
  const rows = (sql: string): Promise<SqlRow[]> => driver().query(sql)

  beforeAll(async () => {
    const streams = new Streams(driver(), STREAM)
    await streams.add({ streamId: STREAM, capacity: 10, requiredMask: 15, firstSeq: 0 }, 'direct')
    await insertEvents(driver(), STREAM, [
      { seq: 0, timestamp: 0, type: 513, rewards: [0.1, 0.2, 0.2, 0.1], flags: 16 },
      { seq: 1, timestamp: DAY - 1, type: 513, rewards: [0.5, 0, 0, 0] },
      { seq: 2, timestamp: DAY + 1, type: 513, rewards: [1, 1, 1, 1], flags: 16 + 2 },
      {
        seq: 3,
        timestamp: DAY + 1,
        type: 65535,
        rewards: [0, 0, 0, 8e37],
        metadata: { intent: 'search', executor: 'planner', parameters: { depth: [1, 2], query: 'x' } },
      },
      { seq: 4, timestamp: DAY + 2, type: 65535, rewards: [-8e37, 0, 0, 0], flags: 15, episode: -1n, adna: -1 },
      { seq: 5, timestamp: LATEST, type: 0, episode: -(2n ** 63n), adna: -(2 ** 31) },
    ])
  })

  test('readable events have unsigned values, times and the total reward of the record', async () => {
    const found = await rows(`SELECT sequence_number, occurred_at::TEXT AS at, episode_id, adna_version_hash,
        total_reward, fully_appraised
      FROM readable_events, (SELECT set_config('TimeZone', 'UTC', FALSE)) AS zone ORDER BY sequence_number`)
    expect(found).toEqual([
      row(0n, '1970-01-01 00:00:00+00', '0', 0n, Math.fround(Math.fround(0.1) + Math.fround(0.2)) + 0.3, true),
      row(1n, '1970-01-01 23:59:59.999999+00', '0', 0n, 0.5, false),
      row(2n, '1970-01-02 00:00:00.000001+00', '0', 0n, 4, true),
      row(3n, '1970-01-02 00:00:00.000001+00', '0', 0n, 8e37, false),
      row(4n, '1970-01-02 00:00:00.000002+00', '18446744073709551615', 4294967295n, -8e37, false),
      row(5n, '2255-06-05 23:47:34.740991+00', '9223372036854775808', 2147483648n, 0, false),
    ])
  })

  test('valuable events have more than half a point of reward, and what led to them', async () => {
    const found = await rows(`SELECT sequence_number, total_reward, intent_type, executor_id, parameters
      FROM valuable_events WHERE timestamp > ${DAY - 1} ORDER BY timestamp DESC, sequence_number DESC LIMIT 1000`)
    expect(found).toEqual([
      {
        sequence_number: 3n,
        total_reward: expect.closeTo(8e37, -32),
        intent_type: 'search',
        executor_id: 'planner',
        parameters: { depth: [1, 2], query: 'x' },
      },
      { sequence_number: 2n, total_reward: 4, intent_type: null, executor_id: null, parameters: null },
    ])
    const all = await rows('SELECT sequence_number FROM valuable_events ORDER BY 1')
    expect(all.map((found) => found.sequence_number)).toEqual([0n, 2n, 3n])
    const deep = await rows(`SELECT sequence_number FROM valuable_events WHERE parameters @> '{"depth": [2]}'`)
    expect(deep).toEqual([{ sequence_number: 3n }])
  })

  test('the performance of policies is that of those in force', async () => {
    const policies = new Policies(driver())
    const first = await policies.save('bin', { ruleId: 'one', actionWeights: {} })
    const second = await policies.save('bin', { ruleId: 'two', actionWeights: {} }, { parent: first })
    await policies.updatePerformance(second, { executions: 4, avgReward: 0.25 })
    await policies.save('left', { ruleId: 'none', actionWeights: {} })
    await policies.deactivate('left')
    expect(await rows('SELECT * FROM policy_performance ORDER BY avg_reward DESC LIMIT 100')).toEqual([
      {
        policy_id: BigInt(second),
        state_bin_id: 'bin',
        rule_id: 'two',
        version: 2,
        total_executions: 4n,
        avg_reward: 0.25,
        updated_at: expect.any(Date),
      },
    ])
  })

  test('the history of a value says what it was before and until when it held', async () => {
    const configuration = new Configuration(driver())
    for (const value of [0.3, null, { start: 1 }]) await configuration.save('component', 'rate', value)
    await configuration.save('component', 'another', 1)
    const found = await rows(`SELECT version, config_value, previous_value, valid_from, valid_to, is_active
      FROM configuration_history WHERE component_name = 'component' AND config_key = 'rate' ORDER BY version DESC`)
    expect(found).toMatchObject([
      { version: 3, config_value: { start: 1 }, previous_value: null, valid_to: null, is_active: true },
      { version: 2, config_value: null, previous_value: 0.3, valid_to: found[0]?.valid_from, is_active: false },
      { version: 1, config_value: 0.3, previous_value: null, valid_to: found[1]?.valid_from, is_active: false },
    ])
  })

  test('the figures of the days are those of the last refresh', async () => {
    const all = 'SELECT * FROM daily_experience ORDER BY day, event_type'
    expect(await rows(all)).toEqual([])
    await refreshAnalytics(driver())
    const small = Math.fround(Math.fround(0.1) + Math.fround(0.2)) + 0.3
    expect(await rows(all)).toEqual([
      {
        stream: 1,
        day: '1970-01-01',
        event_type: 513,
        events: 2n,
        fully_appraised: 1n,
        mean_reward: expect.closeTo((small + 0.5) / 2, 6),
        least_reward: 0.5,
        largest_reward: expect.closeTo(small, 6),
        reward_sum: expect.closeTo(small + 0.5, 6),
        first_timestamp: 0n,
        last_timestamp: BigInt(DAY - 1),
      },
      expect.objectContaining({ day: '1970-01-02', event_type: 513, events: 1n, fully_appraised: 1n, mean_reward: 4 }),
      expect.objectContaining({ day: '1970-01-02', event_type: 65535, events: 2n, fully_appraised: 0n, reward_sum: 0 }),
      expect.objectContaining({ day: '2255-06-05', event_type: 0, events: 1n, last_timestamp: BigInt(LATEST) }),
    ])
    await insertEvents(driver(), STREAM, [{ seq: 6, timestamp: 1, type: 513 }])
    expect((await rows(all))[0]).toMatchObject({ events: 2n })
    await refreshAnalytics(driver(), { timeoutMs: 60_000 })
    expect((await rows(all))[0]).toMatchObject({ events: 3n, least_reward: 0 })
  })

  test('bits and numbers lead to each other, and what is too large for the bits is refused', async () => {
    const [found] = await rows(`SELECT array_agg(signed_64(unsigned_64(b))) AS bits FROM
      unnest('{0,1,-1,9223372036854775807,-9223372036854775808}'::BIGINT[]) AS b`)
    expect(found).toEqual({ bits: '{0,1,-1,9223372036854775807,-9223372036854775808}' })
    const [small] = await rows(`SELECT array_agg(signed_32(unsigned_32(b))) AS bits FROM
      unnest('{0,1,-1,2147483647,-2147483648}'::INTEGER[]) AS b`)
    expect(small).toEqual({ bits: '{0,1,-1,2147483647,-2147483648}' })
    const [least] = await rows(`SELECT array_agg(signed_16(unsigned_16(b))) AS bits FROM
      unnest('{0,1,-1,32767,-32768}'::SMALLINT[]) AS b`)
    expect(least).toEqual({ bits: '{0,1,-1,32767,-32768}' })
    for (const sql of [
      'SELECT signed_64(18446744073709551616)',
      'SELECT signed_32(4294967296)',
      'SELECT signed_16(65536)',
    ]) {
      await expect(rows(sql)).rejects.toMatchObject({ details: { sqlState: '22003' } })
    }
  })

  test('a time of the calendar is the timestamp of an event, to the microsecond', async () => {
    const [found] = await rows(`SELECT unix_microseconds('2255-06-05 23:47:34.740991+00') AS latest,
      unix_microseconds('2026-03-02 01:00:00+01') AS zoned`)
    expect(found).toEqual({ latest: BigInt(LATEST), zoned: 1_772_409_600_000_000n })
  })

  test('refreshing ends by a signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(refreshAnalytics(driver(), { signal })).rejects.toThrow('enough')
  })
})

function row(seq: bigint, at: string, episode: string, adna: bigint, total: number, appraised: boolean): SqlRow {
  return {
    sequence_number: seq,
    at,
    episode_id: episode,
    adna_version_hash: adna,
    total_reward: expect.closeTo(total, Math.abs(total) > 1e9 ? -32 : 6),
    fully_appraised: appraised,
  }
}
