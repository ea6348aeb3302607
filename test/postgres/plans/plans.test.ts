/**
 * docs/postgres-plans.md: how a server answers every query of the backend, in both profiles. The page is made by this
 * test (`npx vitest run --project postgres test/postgres/plans --update`) and compared with it: whole on PostgreSQL 15,
 * by the indexes that are used on later ones.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FileArchive } from '../../../src/postgres/archive/file-archive.js'
import type { Profile } from '../../../src/postgres/contract.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { EventQueries } from '../../../src/postgres/events/queries.js'
import { Configuration } from '../../../src/postgres/knowledge/configuration.js'
import { Metrics } from '../../../src/postgres/knowledge/metrics.js'
import { Policies } from '../../../src/postgres/knowledge/policies.js'
import { migrate } from '../../../src/postgres/schema/migrate.js'
import { PostgresStore } from '../../../src/postgres/store/store.js'
import { describeServer, serverDriver } from '../support/databases.js'
import { DATA, FIRST_DAY_US, STREAM_ID } from './data.js'
import { type Explained, ExplainingDriver } from './explaining-driver.js'
import { hasTable, indexesIn, pageOf, wordsOf } from './plan-page.js'

const PAGE = new URL('../../../docs/postgres-plans.md', import.meta.url)
const DAY_US = 86_400_000_000

type Call = readonly [title: string, call: (api: Api) => Promise<unknown>]

interface Api {
  readonly queries: EventQueries
  readonly store: PostgresStore
  readonly policies: Policies
  readonly configuration: Configuration
  readonly metrics: Metrics
  readonly driver: SqlDriver
}

const at = (day: number, part = 0): number => FIRST_DAY_US + (day + part) * DAY_US
const drain = async (rows: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of rows);
}

const CALLS: readonly Call[] = [
  [
    '10,000 events by time: `queryEvents({ from, to })`',
    ({ queries }) => queries.queryEvents({ from: at(2), to: at(2, 0.5) - 1 }).collect(),
  ],
  [
    "The latest 1,000: `queryEvents({ direction: 'descending', limit: 1000 })`",
    ({ queries }) => queries.queryEvents({ direction: 'descending', limit: 1000 }).collect(),
  ],
  [
    'The page behind it: `queryEvents({ …, after })`',
    async ({ queries }) => {
      const query = { direction: 'descending', limit: 1000 } as const
      const { cursor } = await queries.queryEvents(query).page()
      return queries.queryEvents({ ...query, after: cursor }).collect()
    },
  ],
  [
    "The best 1,000: `queryEvents({ orderBy: 'reward', direction: 'descending', limit: 1000 })`",
    ({ queries }) => queries.queryEvents({ orderBy: 'reward', direction: 'descending', limit: 1000 }).collect(),
  ],
  [
    'The page behind them: `queryEvents({ …, after })`',
    async ({ queries }) => {
      const query = { orderBy: 'reward', direction: 'descending', limit: 1000 } as const
      const { cursor } = await queries.queryEvents(query).page()
      return queries.queryEvents({ ...query, after: cursor }).collect()
    },
  ],
  [
    'At least a reward: `queryEvents({ minReward: 0.99 })`',
    ({ queries }) => queries.queryEvents({ minReward: 0.99 }).collect(),
  ],
  ['An episode: `queryEvents({ episodeId })`', ({ queries }) => queries.queryEvents({ episodeId: 42 }).collect()],
  [
    "A range of numbers: `queryEvents({ orderBy: 'sequence', startSeq, endSeq })`",
    ({ queries }) => queries.queryEvents({ orderBy: 'sequence', startSeq: 35_000, endSeq: 45_000 }).collect(),
  ],
  ['Of a type: `queryEvents({ types: [256] })`', ({ queries }) => queries.queryEvents({ types: [256] }).collect()],
  [
    'With flags: `queryEvents({ flags: 15, from, to })`',
    ({ queries }) => queries.queryEvents({ flags: 15, from: at(1), to: at(1, 0.5) - 1 }).collect(),
  ],
  [
    'Of a version: `queryEvents({ adnaVersionHash: 3 })`',
    ({ queries }) => queries.queryEvents({ adnaVersionHash: 3 }).collect(),
  ],
  [
    'With metadata: `queryEventsWithMetadata({ from, to })`',
    ({ queries }) => queries.queryEventsWithMetadata({ from: at(3), to: at(3, 0.02) }).collect(),
  ],
  [
    'By intent: `queryEventsWithMetadata({ intentType })`',
    ({ queries }) => queries.queryEventsWithMetadata({ intentType: 'intent-7' }).collect(),
  ],
  [
    'By parameters: `queryEventsWithMetadata({ parameters })`',
    ({ queries }) => queries.queryEventsWithMetadata({ parameters: { target: 7 } }).collect(),
  ],
  ['`readEvent(seq)`', ({ queries }) => queries.readEvent(50_000)],
  ['`readEvent(id)`', async ({ queries }) => queries.readEvent((await queries.readEvent(50_000))?.eventId as string)],
  ['`countEvents({ types: [256] })`', ({ queries }) => queries.countEvents({ types: [256] })],
  [
    'History and export: `query({ startSeq, endSeq })`',
    ({ store }) => drain(store.query({ startSeq: 18_000, endSeq: 22_000 })),
  ],
  ['History of a time: `query({ from, to })`', ({ store }) => drain(store.query({ from: at(2), to: at(2, 0.05) }))],
  ['History of an episode: `query({ episodeId })`', ({ store }) => drain(store.query({ episodeId: 42n }))],
  [
    '`gaps(startSeq, endSeq)` and `count(startSeq, endSeq)`',
    async ({ store }) => [await store.gaps(0, 100), await store.count(0, 100)],
  ],
  [
    '`savePolicy(stateBinId, policy)`',
    ({ policies }) => policies.save('bin-7', { ruleId: 'rule', actionWeights: { 1: 1 } }),
  ],
  ['`loadPolicy(stateBinId)`', ({ policies }) => policies.load('bin-7')],
  ['`policyLineage(policyId)`', ({ policies }) => policies.lineage(500)],
  [
    '`updatePolicyPerformance(policyId, performance)`',
    ({ policies }) => policies.updatePerformance(500, { executions: 1, avgReward: 1 }),
  ],
  ['`bestPolicies()`', ({ policies }) => policies.best()],
  ['`deactivatePolicy(stateBinId)`', ({ policies }) => policies.deactivate('bin-8')],
  ['`saveConfig(component, key, value)`', ({ configuration }) => configuration.save('component-7', 'key-3', 1)],
  ['`loadConfig(component, key)`', ({ configuration }) => configuration.load('component-7', 'key-3')],
  ['`configHistory(component, key)`', ({ configuration }) => configuration.history('component-7', 'key-3')],
  ['`recordMetric(metric)`', ({ metrics }) => metrics.record({ type: 'reward_trend', data: {}, eventSeq: 5 })],
  [
    '`queryMetrics({ type, from, to })`',
    ({ metrics }) =>
      metrics.query({
        type: 'proposal_accepted',
        from: new Date('2026-11-03T00:00Z'),
        to: new Date('2026-11-04T00:00Z'),
      }),
  ],
  ['`queryMetrics({ policyId })`', ({ metrics }) => metrics.query({ policyId: 7 })],
]

/** What each call asks of the database, by profile; what an earlier call has asked in the same words is not told again. */
async function explained(driver: SqlDriver, profile: Profile): Promise<Map<string, Explained[]>> {
  await migrate(driver, { profile })
  await driver.session(async (session) => {
    // Of all rows, not of a sample: the same plans every time.
    await session.run('SET default_statistics_target = 1000')
    await session.run('VACUUM (ANALYZE)')
    await session.run('RESET default_statistics_target')
  })
  const explaining = new ExplainingDriver(driver)
  const archive = new FileArchive(explaining.driver)
  const store = new PostgresStore(explaining.driver, { streamId: STREAM_ID, archive })
  const api: Api = {
    store,
    driver: explaining.driver,
    queries: new EventQueries(explaining.driver, store.streams, archive),
    policies: new Policies(explaining.driver),
    configuration: new Configuration(explaining.driver),
    metrics: new Metrics(explaining.driver, store.streams),
  }
  const told = new Set<string>()
  const found = new Map<string, Explained[]>()
  for (const [title, call] of CALLS) {
    explaining.asked = []
    await call(api)
    const fresh = explaining.asked.filter(({ plan }) => hasTable(plan))
    const kept = fresh.filter(({ sql }, i) => {
      return !told.has(wordsOf(sql)) && fresh.findIndex((other) => wordsOf(other.sql) === wordsOf(sql)) === i
    })
    for (const { sql } of kept) told.add(wordsOf(sql))
    found.set(title, kept)
  }
  return found
}

describeServer('plans', () => {
  test('the page shows how the server answers every query, in both profiles', async () => {
    const driver = await serverDriver()
    await driver.session((session) => session.run(DATA))
    const ingest = await explained(driver, 'ingest')
    const analytics = await explained(driver, 'analytics')
    const [{ version } = { version: '' }] = await driver.query<{ version: string }>(
      "SELECT current_setting('server_version_num') AS version",
    )
    const page = pageOf(ingest, analytics)
    if (version.startsWith('15')) await expect(page).toMatchFileSnapshot(PAGE.pathname)
    else expect(indexesIn(page)).toEqual(indexesIn(readFileSync(PAGE, 'utf8')))
  })
})
