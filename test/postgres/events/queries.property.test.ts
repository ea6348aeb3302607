/**
 * Random events and random queries against a filter and a sort in memory, over warm and archived days.
 *
 * @module
 */

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EventQuery, MetadataQuery } from '../../../src/postgres/contract.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import type { QueryLimits } from '../../../src/postgres/events/limits.js'
import type { EventQueries } from '../../../src/postgres/events/queries.js'
import { describeServer, embedded, serverDriver } from '../support/databases.js'
import { DAY_US, TODAY, type Told, World } from './world.js'

const REWARDS = [0, -0, 0, 0.1, 0.7, -0.7, 1e-45, 8e37, -8e37, 0.30000001192092896]
const EPISODES = [0n, 1n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]
const HASHES = [0, 1, 2 ** 31, 2 ** 32 - 1]

const timestamp = fc.oneof(
  fc.integer({ min: -2, max: 2 }).map((i) => TODAY + i * DAY_US),
  fc.integer({ min: -2, max: 2 }).map((i) => TODAY + i * DAY_US - 1),
  fc.integer({ min: 0, max: 40 }).map((i) => TODAY + i * 1000),
)
const reward = fc.constantFrom(...REWARDS)
const told: fc.Arbitrary<Told> = fc.record({
  event: fc.record({
    timestamp,
    episodeId: fc.constantFrom(...EPISODES),
    eventType: fc.constantFrom(0, 0x200, 0xffff),
    flags: fc.constantFrom(0, 1, 8, 9, 0x8000),
    rewardHomeostasis: reward,
    rewardGoal: reward,
    adnaVersionHash: fc.constantFrom(...HASHES),
  }),
  metadata: fc.option(
    fc.record({ intentType: fc.constantFrom('move', "o'", 'é\\'), executorId: fc.constantFrom('a', 'b') }),
    { nil: undefined },
  ),
})

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 1 })
const query: fc.Arbitrary<MetadataQuery> = fc.record({
  from: maybe(timestamp),
  to: maybe(timestamp),
  startSeq: maybe(fc.nat(60)),
  endSeq: maybe(fc.nat(140)),
  types: maybe(fc.subarray([0, 0x200, 0xffff, 7], { minLength: 1 })),
  episodeId: maybe(fc.constantFrom(...EPISODES)),
  minReward: maybe(fc.constantFrom(...REWARDS, 0.3, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)),
  flags: maybe(fc.constantFrom(0, 1, 9)),
  adnaVersionHash: maybe(fc.constantFrom(...HASHES)),
  intentType: maybe(fc.constantFrom('move', "o'", 'é\\', '$1')),
  executorId: maybe(fc.constantFrom('a', 'c')),
  orderBy: maybe(fc.constantFrom('time', 'sequence', 'reward')),
  direction: maybe(fc.constantFrom('ascending', 'descending')),
  limit: maybe(fc.integer({ min: 1, max: 40 })),
}) as fc.Arbitrary<MetadataQuery>

/** Two queries of three have few conditions, so that they find something. */
const queries = fc.array(
  fc
    .tuple(query, fc.subarray(['from', 'to', 'types', 'minReward', 'flags', 'intentType', 'episodeId'] as const))
    .map(([all, kept]) => {
      const { orderBy, direction, limit, startSeq } = all
      const few = Object.fromEntries(kept.slice(0, 2).map((name) => [name, all[name]]))
      return kept.length > 4 ? all : { orderBy, direction, limit, startSeq, ...few }
    }),
  { minLength: 12, maxLength: 12 },
)

const world = fc.record({
  parts: fc.array(fc.array(told, { maxLength: 60 }), { minLength: 1, maxLength: 3 }),
  gap: fc.nat(3),
  archived: fc.subarray([-3, -2, -1, 0, 1]),
  limit: fc.integer({ min: 1, max: 9 }),
  queries,
})

/** Few events make many pages, windows and groups of days. */
const SMALL: QueryLimits = { page: 3, described: 4, window: 30, counted: 10, days: 2 }

async function check(world: World, queries: EventQueries, query: MetadataQuery): Promise<number> {
  const expected = world.expected(query)
  const seqs = expected.map(({ event }) => event.seq)
  const { intentType, executorId, ...plain } = query
  const described = await queries.queryEventsWithMetadata(query).collect()
  expect(described.map(({ event }) => event.seq)).toEqual(seqs)
  expect(described.map(({ event, metadata }) => ({ event, metadata }))).toEqual(expected)
  if (intentType !== undefined || executorId !== undefined) return seqs.length
  const iterated: number[] = []
  for await (const batch of queries.queryEvents(plain)) iterated.push(...batch.seqs)
  expect(iterated).toEqual(seqs)
  const { limit: _, orderBy: __, direction: ___, ...conditions } = plain
  expect(await queries.countEvents(conditions)).toBe(world.expected(conditions).length)
  return seqs.length
}

/** All pages of a query, of `limit` events each. */
async function paged(queries: EventQueries, query: EventQuery, limit: number): Promise<number[]> {
  const seqs: number[] = []
  for (let after: string | undefined; ; ) {
    const { events, cursor } = await queries.queryEvents({ ...query, limit, after }).page()
    expect(events.length).toBe(cursor === undefined ? events.length : limit)
    seqs.push(...events.seqs)
    if (cursor === undefined) return seqs
    after = cursor
  }
}

function properties(runs: number, driverOf: () => Promise<SqlDriver>): void {
  let driver: SqlDriver

  beforeAll(async () => {
    driver = await driverOf()
  })

  afterAll(async () => driver.close())

  test('every query finds what a filter and a sort find, page by page and at once', async () => {
    let found = 0
    await fc.assert(
      fc.asyncProperty(world, async ({ parts, gap, archived, queries, limit }) => {
        await driver.session((session) =>
          session.run('TRUNCATE experience_events, action_metadata, experience_days, experience_streams CASCADE'),
        )
        const made = await World.create(driver)
        for (const part of parts) if (part.length > 0) await made.add(part, gap)
        const days = new Set(made.truth.map(({ event }) => Math.floor(event.timestamp / DAY_US)))
        for (const day of archived.map((i) => TODAY / DAY_US + i)) {
          if (days.has(day)) await made.archive.move(made.key, day)
        }
        const small = made.queriesWith(SMALL)
        for (const query of queries) {
          found += await check(made, Math.random() < 0.5 ? small : made.queries, query)
        }
        const { limit: _, intentType: __, executorId: ___, ...whole } = queries[0] as MetadataQuery
        expect(await paged(small, whole, limit)).toEqual(made.expected(whole).map(({ event }) => event.seq))
        await readEach(made, small)
      }),
      { numRuns: runs },
    )
    expect(found).toBeGreaterThan(runs * 10)
  })
}

/** Some events by number and by id, and what is not there. */
async function readEach({ truth }: World, queries: EventQueries): Promise<void> {
  const end = (truth.at(-1)?.event.seq ?? 0) + 1
  for (const seq of [0, 1, Math.floor(end / 2), end - 1, end]) {
    const event = truth.find((one) => one.event.seq === seq)?.event
    expect(await queries.readEvent(seq)).toEqual(event)
    if (event !== undefined) expect(await queries.readEvent(event.eventId)).toEqual(event)
  }
}

describeServer('on a server', () => properties(20, () => serverDriver()))

describe('embedded', () => properties(8, () => embedded()))
