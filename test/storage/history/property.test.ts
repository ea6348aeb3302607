/**
 * History against a naive model: random tiers, overlapping as they like, that go on moving while a query is read.
 *
 * @module
 */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EventView } from '../../../src/event/view.js'
import type { HistoryBatch } from '../../../src/storage/history/batch.js'
import type { HistoryQuery } from '../../../src/storage/history/options.js'
import type { Truth, Version } from './world.js'
import { World } from './world.js'

const fields = fc.record({
  timestamp: fc.nat(20),
  episode: fc.constantFrom(0n, 1n, 2n ** 63n),
  type: fc.nat(2),
  flags: fc.constantFrom(0, 1, 8),
  metadata: fc.option(fc.record({ intentType: fc.constantFrom('a', 'b') }), { nil: undefined, freq: 4 }),
})
const operation = fc.oneof(
  { weight: 3, arbitrary: fc.record({ write: fc.array(fields, { maxLength: 6 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ reward: fc.integer({ min: -4, max: 4 }), slot: fc.nat(3), pick: fc.nat() }),
  },
  {
    weight: 4,
    arbitrary: fc.oneof(
      fc.constantFrom('abort' as const, 'flush' as const, 'dropJournal' as const),
      fc.record({ follow: fc.nat(9), store: fc.nat(1) }),
      fc.record({ commit: fc.nat(1) }),
    ),
  },
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

function operate(world: World, operation: Operation): void {
  if (typeof operation === 'string') world[operation]()
  else if ('write' in operation) {
    for (const one of operation.write) world.write(one)
  } else if ('reward' in operation) {
    const seqs = [...world.truth.keys()]
    if (seqs.length > 0) world.reward(seqs[operation.pick % seqs.length]!, operation.slot, operation.reward)
  } else if ('commit' in operation) world.stores[operation.commit]?.commit()
  else {
    const store = world.stores[operation.store]
    store?.follow(store.accepted.seq + operation.follow)
  }
}

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 })
const query: fc.Arbitrary<HistoryQuery> = fc.record({
  order: fc.constantFrom('oldest', 'newest'),
  limit: optional(fc.nat(30)),
  batchSize: fc.integer({ min: 1, max: 7 }),
  startSeq: optional(fc.integer({ min: 0, max: 80 })),
  endSeq: optional(fc.integer({ min: 0, max: 80 })),
  types: optional(fc.constantFrom(0, [1, 2])),
  flags: optional(fc.constantFrom(0, 8, 16)),
  episodeId: optional(fc.constantFrom(1, 2n ** 63n)),
  from: optional(fc.nat(20)),
  to: optional(fc.nat(20)),
  minReward: optional(fc.integer({ min: -3, max: 3 })),
})

const recipe = fc.record({
  capacity: fc.integer({ min: 1, max: 9 }),
  stores: fc.nat(2),
  firstSeq: fc.constantFrom(0, 7),
  keepsType: fc.constantFrom(-1, 1),
  operations: fc.array(operation, { maxLength: 60 }),
})

function make({
  operations,
  keepsType,
  stores,
  ...options
}: typeof recipe extends fc.Arbitrary<infer T> ? T : never): World {
  // A single store that keeps some types only would have no other to fill in.
  const world = new World({ ...options, stores, keepsType: stores === 2 ? keepsType : -1 })
  for (const one of operations) operate(world, one)
  return world
}

const during = fc.array(operation, { maxLength: 12 })

function total({ rewards }: Version): number {
  return rewards.reduce((sum, reward) => Math.fround(sum + reward), 0)
}

/** Whether an event meets a query, with the rewards and flags that it has in `version`. */
function meets({ types, flags = 0, episodeId, ...rest }: HistoryQuery, event: Truth, version: Version): boolean {
  const { from = 0, to = Infinity, startSeq = 0, endSeq = Infinity, minReward = -Infinity } = rest
  return (
    (types === undefined || [types].flat().includes(event.type)) &&
    (version.flags & flags) === flags &&
    (episodeId === undefined || event.episode === BigInt(episodeId)) &&
    event.timestamp >= from &&
    event.timestamp < to &&
    event.seq >= startSeq &&
    event.seq < endSeq &&
    total(version) >= minReward
  )
}

/** The version that a view shows, if it is one that the event has had since `time`. */
function versionOf(event: Truth, view: EventView, mask: number, time: number): Version | undefined {
  const shown = [view.rewardHomeostasis, view.rewardCuriosity, view.rewardEfficiency, view.rewardGoal]
  const last = event.versions.findLastIndex((version) => version.time <= time)
  return event.versions
    .slice(last)
    .find(
      ({ rewards, mask: bits, flags }) =>
        rewards.every((reward, slot) => Object.is(reward, shown[slot])) && bits === mask && flags === view.flags,
    )
}

/** Reads a query to its end while the world moves, and checks every row; returns what came. */
async function read(made: World, asked: HistoryQuery, moves: readonly Operation[]): Promise<number[]> {
  const { time } = made
  const moving = [...moves]
  const newestFirst = asked.order === 'newest'
  const seqs: number[] = []
  let edge: number | undefined
  for await (const batch of made.history.query(asked)) {
    expect(batch.length).toBeGreaterThan(0)
    expect(batch.length).toBeLessThanOrEqual(asked.batchSize ?? 1024)
    if (edge !== undefined) expect(newestFirst ? batch.end : batch.start).toBe(edge)
    edge = newestFirst ? batch.start : batch.end
    checkRows(made, asked, batch, time)
    seqs.push(...batch.seqs)
    const move = moving.shift()
    if (move !== undefined) operate(made, move)
  }
  const ordered = [...new Set(seqs)].sort((a, b) => (newestFirst ? b - a : a - b))
  expect(seqs).toEqual(ordered)
  return seqs
}

function checkRows(made: World, asked: HistoryQuery, batch: HistoryBatch, time: number): void {
  expect(['ring', 'journal', 'store-0', 'store-1']).toContain(batch.tier)
  for (let i = 0; i < batch.length; i++) {
    const view = batch.view(i)
    const event = made.truth.get(view.seq)!
    expect(view.seq).toBeGreaterThanOrEqual(batch.start)
    expect(view.seq).toBeLessThan(batch.end)
    expect([view.stepNumber, view.timestamp, view.episodeId, view.eventType]).toEqual([
      event.seq,
      event.timestamp,
      event.episode,
      event.type,
    ])
    expect(batch.metadata.get(view.seq)).toEqual(event.metadata)
    expect(batch.tierAt(i)).toBe(batch.tier)
    const version = versionOf(event, view, batch.masks[i]!, time)
    expect(version).toBeDefined()
    expect(meets(asked, event, version!)).toBe(true)
  }
}

test('a query of a world that stands still finds what the model finds, in order, with the newest rewards', async () => {
  await fc.assert(
    fc.asyncProperty(recipe, query, async (plan, asked) => {
      const made = make(plan)
      const matches = made.stored().filter((seq) => meets(asked, made.truth.get(seq)!, made.newest(seq)))
      if (asked.order === 'newest') matches.reverse()
      expect(await read(made, asked, [])).toEqual(matches.slice(0, asked.limit))
      const { order: _, limit: __, batchSize: ___, ...filter } = asked
      expect(await made.history.count(filter)).toBe(matches.length)
      for (const store of made.stores) expect(store.open).toBe(0)
    }),
    { numRuns: 250 },
  )
}, 30_000)

test('a query of a moving world finds each event once, with a reward of no earlier time than its begin', async () => {
  await fc.assert(
    fc.asyncProperty(recipe, query, during, async (plan, asked, moving) => {
      const made = make(plan)
      const { limit, ...unlimited } = asked
      const stored = made.stored()
      const { time } = made
      const seqs = new Set(await read(made, asked, moving))
      if (limit !== undefined && seqs.size === limit) return
      for (const seq of stored) {
        const { versions } = made.truth.get(seq)!
        const since = versions.slice(versions.findLastIndex((version) => version.time <= time))
        if (since.every((version) => meets(unlimited, made.truth.get(seq)!, version))) expect(seqs).toContain(seq)
      }
    }),
    { numRuns: 250 },
  )
}, 30_000)

test('single events, their metadata and the gaps agree with the model', async () => {
  await fc.assert(
    fc.asyncProperty(recipe, async (plan) => {
      const made = make(plan)
      const { history } = made
      const stored = new Set(made.stored())
      const absent: number[] = []
      for (let seq = made.firstSeq; seq < made.next; seq++) {
        const event = await history.getEvent(seq)
        if (!stored.has(seq)) absent.push(seq)
        expect(event?.stepNumber).toBe(stored.has(seq) ? seq : undefined)
        if (event !== undefined) expect(event.totalReward).toBe(total(made.newest(seq)))
        expect(await history.getMetadata(seq)).toEqual(stored.has(seq) ? made.truth.get(seq)!.metadata : undefined)
      }
      const numbers: number[] = []
      let before = -1
      for await (const { start, end, reason } of history.gaps(0, 1000)) {
        expect(start).toBeGreaterThanOrEqual(before)
        expect(end).toBeGreaterThan(start)
        before = end
        for (let seq = start; seq < end; seq++) {
          numbers.push(seq)
          // Where the journal was dropped and no store was there, nobody knows any more why a number is missing.
          if (made.stores.length > 0) expect(reason).toBe(made.truth.has(seq) ? 'absent' : 'aborted')
        }
      }
      expect(numbers).toEqual(absent)
    }),
    { numRuns: 100 },
  )
}, 30_000)
