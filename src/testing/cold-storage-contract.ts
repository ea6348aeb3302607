/**
 * The contract of `ColdStorage` as checks that any store can be put through, with any test runner.
 *
 * With vitest: `for (const { name, run } of coldStorageContract(makePlace)) test(name, run)`.
 *
 * @module
 */

import { InvalidArgumentError } from '../errors.js'
import * as L from '../layout.js'
import type { Checkpoint, ColdBatch, ColdQuery, ColdStorage, StoredEvents } from '../storage/cold/cold-storage.js'
import { US_PER_DAY } from '../storage/cold/partition.js'
import { StoreMismatchError } from '../storage/errors.js'
import { applyCorrections, type CorrectionList } from '../storage/journal/corrections.js'
import type { Gap, StreamIdentity } from '../storage/journal/source.js'
import { type ContractCheck, checkOn, rejects, same, truth } from './check.js'
import { makeCorrections, makeEvents, SOME_DAY_US } from './events.js'

/** Somewhere to keep events, empty at first. */
export interface StorePlace {
  /** A store on this place that is not open yet; a further one sees what earlier ones have committed. */
  store(): ColdStorage
  /** Called in the end, when every store is closed. */
  remove(): Promise<void>
}

const IDENTITY: StreamIdentity = {
  streamId: '0192f0c1-2b3c-7def-8a12-334455667788',
  capacity: 1000,
  requiredMask: 0b1111,
  firstSeq: 0,
}
const NO_CORRECTIONS = makeCorrections([])

type Check = (place: StorePlace) => Promise<void>

/** The checks; each makes a place of its own. */
export function coldStorageContract(makePlace: () => StorePlace | Promise<StorePlace>): ContractCheck[] {
  return Object.entries(CHECKS).map(([name, check]) => checkOn(name, makePlace, check))
}

const CHECKS: Record<string, Check> = {
  'a new store has no checkpoint and no events': async (place) => {
    const store = place.store()
    same(await store.open(IDENTITY), undefined, 'what open tells')
    same(store.checkpoint, undefined, 'the checkpoint')
    same(await store.count(0, 100), 0, 'the count')
    same((await all(store)).length, 0, 'the events')
    await store.close()
  },

  'what was accepted is seen before it is committed': async (place) => {
    const store = await opened(place)
    await store.write(batchOf(makeEvents(0, 50)), { seq: 50, position: 1 })
    sameEvents(await all(store), makeEvents(0, 50))
    same(await store.count(10, 20), 10, 'the count')
    await store.close()
  },

  'what was committed is there for the next store, bit for bit': async (place) => {
    const store = await opened(place)
    await store.write(batchOf(makeEvents(0, 50)), { seq: 50, position: 1 })
    await store.flush()
    same(store.checkpoint, { seq: 50, position: 1 }, 'the checkpoint')
    await store.write(batchOf(makeEvents(50, 80)), { seq: 80, position: 2 })
    await store.close()
    const next = place.store()
    same(await next.open(IDENTITY), { seq: 80, position: 2 }, 'what open tells')
    sameEvents(await all(next), makeEvents(0, 80))
    await next.close()
  },

  'events of many days come back ascending, each once, in batches of the asked size': async (place) => {
    const store = await opened(place)
    const made = { timestamp: (seq: number) => SOME_DAY_US + ((seq * 7) % 5) * US_PER_DAY }
    await store.write(batchOf(makeEvents(0, 100, made)), { seq: 100, position: 1 })
    await store.flush()
    await store.write(batchOf(makeEvents(100, 130, made)), { seq: 130, position: 2 })
    for await (const { length } of store.query({ batchSize: 16 })) truth(length <= 16, `a batch of ${length} events`)
    sameEvents(await all(store, { batchSize: 16 }), makeEvents(0, 130, made))
    await store.close()
  },

  'a query finds exactly what meets it': async (place) => {
    const store = await opened(place)
    await store.write(batchOf(makeEvents(0, 200)), { seq: 200, position: 1 })
    await store.flush()
    await store.write(batchOf(makeEvents(200, 300)), { seq: 300, position: 2 })
    const at = (seq: number): number => SOME_DAY_US + seq * 3_600_000_000
    await sameNumbers(store, { startSeq: 150, endSeq: 250 }, (seq) => seq >= 150 && seq < 250)
    await sameNumbers(store, { from: at(20), to: at(220) }, (seq) => seq >= 20 && seq < 220)
    await sameNumbers(store, { episodeId: 2n ** 64n - 1n }, (seq) => seq % 5 === 4)
    await sameNumbers(store, { types: [0xffff, 0x0200] }, (seq) => seq % 3 !== 1)
    await sameNumbers(store, { from: at(50), episodeId: 1n, types: [0x0201], endSeq: 270 }, (seq) => {
      return seq >= 50 && seq < 270 && seq % 5 === 0 && seq % 3 === 1
    })
    await sameNumbers(store, { startSeq: 250, endSeq: 150 }, () => false)
    await store.close()
  },

  'corrections reach events wherever they are, the newest of a slot wins, masks are joined': async (place) => {
    const store = await opened(place)
    const expected = makeEvents(0, 40)
    const correct = async (list: CorrectionList, to: Checkpoint): Promise<void> => {
      applyCorrections(list, expected, IDENTITY.requiredMask)
      await store.write({ events: makeEvents(0, 0), corrections: list, gaps: [] }, to)
    }
    await store.write(batchOf(makeEvents(0, 20)), { seq: 20, position: 1 })
    await correct(makeCorrections([[3, 0, 0.5]]), { seq: 20, position: 2 })
    await store.flush()
    await correct(
      makeCorrections([
        [3, 0, 0.25],
        [5, 1, -1],
      ]),
      { seq: 20, position: 3 },
    )
    await store.write(batchOf(makeEvents(20, 40)), { seq: 40, position: 4 })
    await correct(
      makeCorrections([
        [3, 1, 1],
        [21, 2, 4],
      ]),
      { seq: 40, position: 5 },
    )
    sameEvents(await all(store), expected)
    await store.flush()
    await correct(makeCorrections([[3, 2, 2]]), { seq: 40, position: 6 })
    await correct(makeCorrections([[3, 3, 3]]), { seq: 40, position: 7 })
    sameEvents(await all(store), expected)
    await store.close()
    truth(((expected.bytes[3 * L.RECORD_BYTES + L.FLAGS] as number) & L.FULLY_APPRAISED) !== 0, 'event 3 is complete')
    const next = await opened(place)
    sameEvents(await all(next), expected)
    sameEvents(
      await all(next, { episodeId: 1n }),
      chosen(expected, (seq) => seq % 5 === 0),
    )
    await next.close()
  },

  'gaps hold no events, and the checkpoint passes them': async (place) => {
    const store = await opened(place)
    const gaps: Gap[] = [{ start: 10, end: 15, reason: 'aborted' }]
    const events = chosen(makeEvents(0, 20), (seq) => seq < 10 || seq >= 15)
    await store.write({ events, corrections: NO_CORRECTIONS, gaps }, { seq: 20, position: 1 })
    await store.flush()
    same(await store.count(0, 20), 15, 'the count')
    same(await store.count(8, 17), 4, 'the count around the gap')
    sameEvents(await all(store), events)
    await store.close()
  },

  'to open a store again drops what is not committed': async (place) => {
    const store = await opened(place)
    await store.write(batchOf(makeEvents(0, 10)), { seq: 10, position: 1 })
    await store.flush()
    await store.write(batchOf(makeEvents(10, 20)), { seq: 20, position: 2 })
    const committed = await store.open(IDENTITY)
    const from = committed?.seq ?? -1
    truth(from === 10 || from === 20, `open tells ${from}, not 10 or 20`)
    same(await store.count(0, 100), from, 'the count')
    await store.write(batchOf(makeEvents(from, 30)), { seq: 30, position: 3 })
    sameEvents(await all(store), makeEvents(0, 30))
    await store.close()
  },

  'a store of another stream is refused': async (place) => {
    await (await opened(place)).close()
    const other = { ...IDENTITY, streamId: '0192f0c1-2b3c-7def-8a12-000000000000' }
    const store = place.store()
    await rejects(store.open(other), StoreMismatchError)
    await store.close()
  },

  'queries run beside each other and beside writes, and may be left': async (place) => {
    const store = await opened(place)
    await store.write(batchOf(makeEvents(0, 100)), { seq: 100, position: 1 })
    await store.flush()
    const writing = store.write(batchOf(makeEvents(100, 200)), { seq: 200, position: 2 }).then(() => store.flush())
    const found = await Promise.all([all(store, { endSeq: 100 }), all(store, { endSeq: 100, batchSize: 7 })])
    for (const events of found) sameEvents(events, makeEvents(0, 100))
    for await (const { length } of store.query({ batchSize: 10 })) {
      same(length, 10, 'the length of the first batch')
      break
    }
    await writing
    same(await store.count(0, 200), 200, 'the count')
    await store.close()
  },

  'a query ends with the reason of its signal': async (place) => {
    const store = await opened(place)
    await store.write(batchOf(makeEvents(0, 100)), { seq: 100, position: 1 })
    const abort = new AbortController()
    const seen: number[] = []
    let reason: unknown
    try {
      for await (const { length } of store.query({ batchSize: 10, signal: abort.signal })) {
        seen.push(length)
        abort.abort(new Error('enough'))
      }
    } catch (error) {
      reason = error
    }
    same([seen.length, (reason as Error | undefined)?.message], [1, 'enough'], 'batches and reason')
    await store.close()
  },

  'a query with a mistake is refused': async (place) => {
    const store = await opened(place)
    for (const query of [{ batchSize: 0 }, { startSeq: -1 }, { types: [70_000] }, { episodeId: -1n }, { nothing: 1 }]) {
      await rejects(all(store, query as ColdQuery), InvalidArgumentError)
    }
    await store.close()
  },

  'to close twice is to close once': async (place) => {
    const store = await opened(place)
    await store.write(batchOf(makeEvents(0, 10)), { seq: 10, position: 1 })
    await store.close()
    await store.close()
  },
}

async function opened(place: StorePlace): Promise<ColdStorage> {
  const store = place.store()
  await store.open(IDENTITY)
  return store
}

function batchOf(events: StoredEvents): ColdBatch {
  return { events, corrections: NO_CORRECTIONS, gaps: [] }
}

/** Everything that a query finds, as one. */
async function all(store: ColdStorage, query: ColdQuery = {}): Promise<StoredEvents> {
  const parts: StoredEvents[] = []
  for await (const events of store.query(query)) parts.push(events)
  return joined(parts)
}

function joined(parts: readonly StoredEvents[]): StoredEvents {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const seqs = new Float64Array(length)
  const bytes = new Uint8Array(length * L.RECORD_BYTES)
  const masks = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    seqs.set(part.seqs, at)
    bytes.set(part.bytes, at * L.RECORD_BYTES)
    masks.set(part.masks, at)
    at += part.length
  }
  return { length, seqs, bytes, masks, metadata: new Map(parts.flatMap(({ metadata }) => [...metadata])) }
}

function chosen(events: StoredEvents, keep: (seq: number) => boolean): StoredEvents {
  const parts = [...events.seqs].flatMap((seq, i) => (keep(seq) ? [rowOf(events, i)] : []))
  return joined(parts)
}

function rowOf(events: StoredEvents, i: number): StoredEvents {
  const seq = events.seqs[i] as number
  const metadata = events.metadata.get(seq)
  return {
    length: 1,
    seqs: Float64Array.of(seq),
    bytes: events.bytes.subarray(i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES),
    masks: events.masks.subarray(i, i + 1),
    metadata: new Map(metadata === undefined ? [] : [[seq, metadata]]),
  }
}

async function sameNumbers(store: ColdStorage, query: ColdQuery, meets: (seq: number) => boolean): Promise<void> {
  const expected = Array.from({ length: 300 }, (_, seq) => seq).filter(meets)
  same([...(await all(store, query)).seqs], expected, `the numbers of ${Object.keys(query).join(', ')}`)
}

function sameEvents(found: StoredEvents, expected: StoredEvents): void {
  same([...found.seqs], [...expected.seqs], 'the numbers')
  for (let i = 0; i < expected.length; i++) {
    const from = rowOf(found, i)
    const to = rowOf(expected, i)
    same([...from.bytes], [...to.bytes], `the record of event ${to.seqs[0]}`)
    same(from.masks[0], to.masks[0], `the mask of event ${to.seqs[0]}`)
    same(from.metadata.get(to.seqs[0] as number), to.metadata.get(to.seqs[0] as number), 'the metadata')
  }
}
