/**
 * What results of history promise beside the right events: bounds, order, an end on request, and typed refusals.
 *
 * @module
 */

import { expect, test } from 'vitest'
import { InvalidArgumentError } from '../../../src/errors.js'
import { ResultTooLargeError, StorageError } from '../../../src/storage/errors.js'
import { HistoryBatch } from '../../../src/storage/history/batch.js'
import { HISTORY_LIMITS } from '../../../src/storage/history/limits.js'
import { World } from './world.js'

/** Events 0 to 6 in the store, 7 to 15 in the journal, 16 to 19 in the ring. */
function spread(limits = HISTORY_LIMITS): World {
  const world = new World({ capacity: 4, limits })
  for (let i = 0; i < 20; i++) world.write({ timestamp: 100 - i, episode: BigInt(i % 3) })
  world.flush()
  world.stores[0]!.follow(7)
  world.stores[0]!.commit()
  world.dropJournal()
  return world
}

test('each batch says which tier all its events came from', async () => {
  const seen: [string, number, number, number][] = []
  for await (const batch of spread().history.query({ batchSize: 5 })) {
    expect(batch).toBeInstanceOf(HistoryBatch)
    seen.push([batch.tier, batch.start, batch.end, batch.length])
  }
  expect(seen).toEqual([
    ['store-0', 0, 5, 5],
    ['store-0', 5, 7, 2],
    ['journal', 7, 12, 5],
    ['journal', 12, 16, 4],
    ['ring', 16, 20, 4],
  ])
})

test('the newest events come without reading the older ones', async () => {
  const world = spread()
  const batch = await world.history.query({ order: 'newest', limit: 6 }).toBatch()
  expect([...batch.seqs]).toEqual([19, 18, 17, 16, 15, 14])
  expect([batch.tier, batch.tierAt(3), batch.tierAt(4)]).toEqual(['mixed', 'ring', 'journal'])
  expect(world.stores[0]!.queries).toBe(0)
})

test('time ranges come in the order of the numbers, although time does not ascend', async () => {
  const events = await spread().history.queryTimeRange(84, 97).toArray()
  expect(events.map(({ seq }) => seq)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
  expect(events.every(({ timestamp }) => timestamp >= 84 && timestamp < 97)).toBe(true)
})

test('an episode and a range may be narrowed further', async () => {
  const { history } = spread()
  expect([...(await history.queryEpisode(1n).toBatch()).seqs]).toEqual([1, 4, 7, 10, 13, 16, 19])
  expect([...(await history.queryEpisode(1, { startSeq: 5, limit: 2 }).toBatch()).seqs]).toEqual([7, 10])
  expect([...(await history.queryRange(4, 9, { episodeId: 1 }).toBatch()).seqs]).toEqual([4, 7])
  expect(await history.count({ episodeId: 1 })).toBe(7)
  expect(await history.count({ startSeq: 3, endSeq: 18 })).toBe(15)
})

test('a result may be iterated again and then shows what has become of it', async () => {
  const world = spread()
  const result = world.history.queryRange(0, 100)
  expect((await result.toBatch()).length).toBe(20)
  world.write()
  world.reward(2, 0, 7)
  const again = await result.toBatch()
  expect(again.length).toBe(21)
  expect(again.at(2).rewardHomeostasis).toBe(7)
})

test('events that are written while a query runs are not part of it', async () => {
  const world = spread()
  let count = 0
  for await (const batch of world.history.query({ batchSize: 1 })) {
    count += batch.length
    for (let i = 0; i < 3; i++) world.write()
  }
  expect(count).toBe(20)
})

test('a reward that reaches a store while a query runs is not undone by an older one of the journal', async () => {
  const world = spread()
  const store = world.stores[0]!
  store.batch = 1
  world.reward(5, 0, 1)
  const seen: number[] = []
  for await (const batch of world.history.query({ batchSize: 1, endSeq: 7 })) {
    seen.push(batch.at(0).rewardHomeostasis)
    if (batch.start > 0) continue
    world.reward(5, 0, 9)
    world.flush()
    store.follow(7)
  }
  expect(seen).toEqual([0, 0, 0, 0, 0, 9, 0])
})

test('of two stores each is corrected by what it has not got yet, however far the other is', async () => {
  const world = new World({ capacity: 1, stores: 2, keepsType: 1 })
  for (let i = 0; i < 4; i++) world.write({ type: i % 2 })
  world.flush()
  const [some, all] = world.stores
  some!.follow(3)
  some!.commit()
  world.reward(1, 0, 5)
  world.flush()
  all!.follow(3)
  all!.commit()
  world.dropJournal()
  expect(world.journal.startSeq).toBe(3)
  const batch = await world.history.query().toBatch()
  expect([...batch].map((_, i) => batch.tierAt(i))).toEqual(['store-1', 'store-0', 'store-1', 'ring'])
  expect([...batch].map((_, i) => batch.at(i).rewardHomeostasis)).toEqual([0, 5, 0, 0])
})

test('collecting more than the limit is refused, and nothing is left open', async () => {
  const world = spread()
  await expect(world.history.query().toBatch({ limit: 5 })).rejects.toThrow(ResultTooLargeError)
  await expect(world.history.query().toArray({ limit: 19 })).rejects.toMatchObject({ code: 'RESULT_TOO_LARGE' })
  expect((await world.history.query().toBatch({ limit: 20 })).length).toBe(20)
  expect((await world.history.query({ limit: 4 }).toBatch({ limit: 4 })).length).toBe(4)
  expect(world.stores[0]!.open).toBe(0)
})

test('an early break ends the queries of the stores', async () => {
  const world = spread()
  for await (const batch of world.history.query({ batchSize: 1 })) {
    expect(batch.tier).toBe('store-0')
    expect(world.stores[0]!.open).toBe(1)
    break
  }
  expect(world.stores[0]!.open).toBe(0)
})

test('an aborted signal ends every call with its reason', async () => {
  const { history, stores } = spread()
  const reason = new Error('enough')
  const controller = new AbortController()
  const { signal } = controller
  const read = async () => {
    for await (const batch of history.query({ batchSize: 1, signal })) {
      if (batch.end === 2) controller.abort(reason)
    }
  }
  await expect(read()).rejects.toBe(reason)
  await expect(history.getEvent(3, { signal })).rejects.toBe(reason)
  await expect(history.getMetadata(3, { signal })).rejects.toBe(reason)
  await expect(history.count({}, { signal })).rejects.toBe(reason)
  await expect(history.count({ types: 1 }, { signal })).rejects.toBe(reason)
  await expect(history.sample(1, { signal })).rejects.toBe(reason)
  await expect(history.sample(1, { signal, filter: { types: 0 } })).rejects.toBe(reason)
  await expect(history.gaps(0, 9, { signal }).next()).rejects.toBe(reason)
  expect(stores[0]!.open).toBe(0)
})

test('other work gets its turn while a long query runs', async () => {
  const world = new World({ capacity: 4000, stores: 0, limits: { ...HISTORY_LIMITS, width: 100 } })
  for (let i = 0; i < 4000; i++) world.write()
  let turns = 0
  const count = (): void => {
    turns++
    timer = setImmediate(count)
  }
  let timer = setImmediate(count)
  expect(await world.history.count({ minReward: 0 })).toBe(4000)
  clearImmediate(timer)
  expect(turns).toBeGreaterThan(20)
})

test('a batch of history has everything that a batch of the stream has, and owns it', async () => {
  const world = spread()
  const batch = await world.history.queryRange(14, 18).toBatch()
  const before = batch.bytes.slice()
  for (let i = 0; i < 10; i++) world.write()
  expect(batch.bytes).toEqual(before)
  expect(batch.toArray().map(({ seq, timestamp }) => [seq, timestamp])).toEqual(
    [14, 15, 16, 17].map((seq) => [seq, 100 - seq]),
  )
  expect(batch.rewards()).toEqual(new Float32Array(16))
  expect([...batch].map((view) => view.seq)).toEqual([17, 17, 17, 17])
  expect([batch.start, batch.end, batch.masks.length]).toEqual([14, 18, 4])
})

test('future numbers and numbers before the first have no event', async () => {
  const world = new World({ firstSeq: 7 })
  world.write()
  const { history } = world
  expect(await history.getEvent(6)).toBeUndefined()
  expect((await history.getEvent(7))?.seq).toBe(7)
  expect(await history.getEvent(8)).toBeUndefined()
  expect(await history.getMetadata(8)).toBeUndefined()
  expect((await history.queryRange(0, 2 ** 53).toBatch()).length).toBe(1)
  expect((await history.gaps(0, 100).next()).done).toBe(true)
})

test('live events are read without writing anything out, older ones after it', async () => {
  const world = spread()
  const before = world.flushes
  await world.history.getEvent(17)
  await world.history.queryRange(16, 20).toBatch()
  expect(world.flushes).toBe(before)
  await world.history.getEvent(15)
  expect(world.flushes).toBe(before + 1)
})

test('while the journal cannot be written live events are still read, and older ones are refused with the reason', async () => {
  const world = spread()
  const failure = new StorageError('no space left')
  world.flush = () => {
    throw failure
  }
  expect((await world.history.getEvent(17))?.seq).toBe(17)
  expect((await world.history.sample(2, { filter: { startSeq: 16 } })).population).toBe(4)
  await expect(world.history.getEvent(15)).rejects.toBe(failure)
  await expect(world.history.query().toBatch()).rejects.toBe(failure)
})

test('a directory without a ring is read from its files and stores alone', async () => {
  const world = new World({ ring: false })
  for (let i = 0; i < 6; i++) world.write()
  world.flush()
  const batch = await world.history.query().toBatch()
  expect([batch.tier, batch.length]).toEqual(['journal', 6])
})

test('a store that answers out of order is reported instead of doubling an event', async () => {
  const world = spread()
  const store = world.stores[0]!
  const query = store.query.bind(store)
  store.query = async function* (asked) {
    for await (const batch of query(asked)) {
      yield batch
      yield batch
    }
  }
  await expect(world.history.query().toBatch()).rejects.toMatchObject({
    code: 'STORAGE',
    details: { store: 'store-0' },
  })
})

const refused: [string, (world: World) => unknown, RegExp][] = [
  ['an unknown option', ({ history }) => history.query({ size: 1 } as never), /options has no 'size'/],
  [
    'a range that is given twice',
    ({ history }) => history.queryRange(0, 1, { startSeq: 0 } as never),
    /has no 'startSeq'/,
  ],
  [
    'a batch of nothing',
    ({ history }) => history.query({ batchSize: 0 }),
    /batchSize must be an integer in \[1, 65536\], got 0/,
  ],
  ['half a limit', ({ history }) => history.query({ limit: 0.5 }), /limit must/],
  ['another order', ({ history }) => history.query({ order: 'random' as never }), /order must be 'oldest' or 'newest'/],
  ['a range backwards', ({ history }) => history.queryRange(4, 3), /end must be at least start = 4, got 3/],
  ['a time range backwards', ({ history }) => history.queryTimeRange(4, 3), /toUs must be at least fromUs = 4, got 3/],
  ['a time that is none', ({ history }) => history.queryTimeRange(Number.NaN, 3), /fromUs must be a number, got NaN/],
  ['an episode below 0', ({ history }) => history.queryEpisode(-1n), /episodeId must be/],
  ['what is no signal', ({ history }) => history.query({ signal: {} as never }), /signal must be an AbortSignal/],
  [
    'metadata that is neither',
    ({ history }) => history.query({ metadata: 1 as never }),
    /metadata must be true or false/,
  ],
]

const rejected: [string, (world: World) => Promise<unknown>, RegExp][] = [
  ['half a number', ({ history }) => history.getEvent(0.5), /seq must be an integer/],
  ['a negative size', ({ history }) => history.sample(-1), /size must be an integer in \[0, 1048576\]/],
  ['a seed that is none', ({ history }) => history.sample(1, { seed: -1 }), /seed must be/],
  ['an unknown condition', ({ history }) => history.count({ kind: 1 } as never), /has no 'kind'/],
  [
    'an unknown condition of a sample',
    ({ history }) => history.sample(1, { filter: { kind: 1 } as never }),
    /has no 'kind'/,
  ],
  ['gaps backwards', ({ history }) => history.gaps(2, 1).next(), /end must be/],
  ['a limit that is none', ({ history }) => history.query().toBatch({ limit: -1 }), /limit must/],
]

test.each(refused)('%s is refused by the call', (_, call, message) => {
  expect(() => call(spread())).toThrow(message)
  expect(() => call(spread())).toThrow(InvalidArgumentError)
})

test.each(rejected)('%s is refused by the promise', async (_, call, message) => {
  await expect(call(spread())).rejects.toThrow(message)
  await expect(call(spread())).rejects.toThrow(InvalidArgumentError)
})
