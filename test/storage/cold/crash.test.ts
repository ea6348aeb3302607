/** Whatever operation a crash or a fault hits: what was committed is there, once, with its newest rewards. */
import { describe, expect, test } from 'vitest'
import type { Checkpoint, ColdBatch } from '../../../src/storage/cold/cold-storage.js'
import { formatOf } from '../../../src/storage/cold/formats.node.js'
import { ColdStore } from '../../../src/storage/cold/write/cold-store.js'
import { type FileColdStorageOptions, resolveColdOptions } from '../../../src/storage/cold/write/options.js'
import { nodeCrc32 } from '../../../src/storage/journal/crc32.node.js'
import { makeCorrections, makeEvents, SOME_DAY_US } from '../../../src/testing/events.js'
import { type Fault, FaultyFiles, type Where } from './faulty-files.js'
import { batchOf, IDENTITY, rewards, temporaryFolder } from './support.js'

const DAY_US = 86_400_000_000
const OPTIONS: FileColdStorageOptions = { format: 'messagepack', batchSize: 20, retention: { maxBytes: 4500 } }
/** Two days, interleaved; the second half belongs to the next two. */
const timestamp = (seq: number) => SOME_DAY_US + ((seq % 2) + (seq >= 15 ? 2 : 0)) * DAY_US + seq
const made = (start: number, end: number) => makeEvents(start, end, { timestamp, metadata: () => undefined })

/** What a follower gives: position n is reached with step n. */
const STEPS: readonly { batch: ColdBatch; to: Checkpoint }[] = [
  { batch: batchOf(made(0, 6)), to: { seq: 6, position: 1 } },
  {
    batch: batchOf(
      made(6, 9),
      makeCorrections([
        [1, 0, 0.5],
        [7, 1, 2],
      ]),
    ),
    to: { seq: 9, position: 2 },
  },
  {
    batch: batchOf(
      undefined,
      makeCorrections([
        [1, 0, 0.25],
        [2, 3, 4],
      ]),
    ),
    to: { seq: 9, position: 3 },
  },
  {
    batch: batchOf(made(10, 15), makeCorrections([[2, 1, 8]]), [{ start: 9, end: 10, reason: 'aborted' }]),
    to: { seq: 15, position: 4 },
  },
  { batch: batchOf(made(15, 20)), to: { seq: 20, position: 5 } },
  {
    batch: batchOf(
      made(20, 24),
      makeCorrections([
        [11, 2, 1],
        [16, 0, 3],
      ]),
    ),
    to: { seq: 24, position: 6 },
  },
]
const COMPACT_AFTER = 4
/** Hundreds of runs; a machine that is busy with other things takes its time. */
const LONG = { timeout: 120_000 }

function storeOn(files: FaultyFiles, options: FileColdStorageOptions = OPTIONS): ColdStore {
  return new ColdStore({ files, formatOf, crc: nodeCrc32, own: async () => () => {} }, resolveColdOptions(options))
}

/** Goes on from the checkpoint to the end as a follower does; tells the last checkpoint that was acknowledged. */
async function follow(store: ColdStore, acknowledged: (checkpoint: Checkpoint) => void): Promise<void> {
  const from = await store.open(IDENTITY)
  for (const { batch, to } of STEPS.slice(from?.position ?? 0)) {
    await store.write(batch, to)
    await store.flush()
    acknowledged(store.checkpoint as Checkpoint)
    if (to.position === COMPACT_AFTER) await store.compact()
  }
  await store.compact()
  await store.close()
}

/** What a store that is at a checkpoint must hold of events that retention has not dropped. */
function expectedAt({ position }: Checkpoint): Map<number, number[]> {
  const expected = new Map<number, number[]>()
  for (const { batch } of STEPS.slice(0, position)) {
    for (const seq of batch.events.seqs) expected.set(seq, [0, 0, 0, 0, 0])
    const { seqs, slots, rewards: values, masks, length } = batch.corrections
    for (let i = 0; i < length; i++) {
      const row = expected.get(seqs[i] as number) as number[]
      for (let slot = 0; slot < 4; slot++)
        if ((slots[i] as number) & (1 << slot)) row[slot] = values[i * 4 + slot] as number
      row[4] = (row[4] as number) | (masks[i] as number)
    }
  }
  return expected
}

/** Every event is there once and right, or of a day that is dropped whole and counted. */
async function assertHolds(store: ColdStore): Promise<void> {
  const checkpoint = store.checkpoint ?? { seq: 0, position: 0 }
  const found = await rewards(store)
  const expected = expectedAt(checkpoint)
  const dayOf = (seq: number) => Math.floor(timestamp(seq) / DAY_US)
  const days = new Set([...found.keys()].map(dayOf))
  const kept = [...expected].filter(([seq]) => days.has(dayOf(seq)))
  expect([...found]).toEqual(kept)
  const { events, gaps, skipped, dropped, startSeq, endSeq } = store.coverage()
  expect({ events, dropped }).toEqual({ events: kept.length, dropped: expected.size - kept.length })
  expect(events + gaps + skipped + dropped).toBe(endSeq - startSeq)
  expect(store.stats()).toMatchObject({ damage: [], leftovers: 0 })
}

/** The store went all the way, opens once more, and is closed. */
async function assertEnded(store: ColdStore): Promise<void> {
  await store.open(IDENTITY)
  expect(store.checkpoint).toEqual({ seq: 24, position: 6 })
  await assertHolds(store)
  await store.close()
}

async function filesOf(files: FaultyFiles): Promise<string[]> {
  return (await files.list()).filter((path) => path.includes('/'))
}

const whole = await (async () => {
  const folder = temporaryFolder()
  const files = new FaultyFiles(folder.path)
  const store = storeOn(files)
  await follow(store, () => {})
  await store.open()
  await assertHolds(store)
  expect((await store.verify()).faults).toEqual([])
  const { days, dropped, corrections } = store.stats()
  await store.close()
  await folder.remove()
  return { operations: files.log, days, dropped, corrections }
})()

test('the undisturbed run flushes, merges corrections, compacts and drops days', () => {
  const kinds = new Set(whole.operations.map((line) => line.split(' ')[0]))
  expect([...kinds].sort()).toEqual(['append', 'create', 'remove', 'rename', 'syncNames'])
  expect(whole.dropped.days).toBeGreaterThan(0)
  expect(whole.days.length).toBeGreaterThan(1)
  expect(whole.corrections).toBe(0)
})

/** Before each operation, and in the middle of those that have one; after one is before the next. */
const POINTS = whole.operations.flatMap((line, at) => {
  const places: Where[] = /^(?:create|append)/.test(line) ? ['before', 'within'] : ['before']
  return places.map((where) => ({ at, where }))
})
/** A fault may also be told of something that was done: a sync that fails. */
const FAULTS = whole.operations.flatMap((line, at) => {
  const places: Where[] = /^(?:create|append)/.test(line) ? ['before', 'within', 'after'] : ['before']
  return places.map((where) => ({ at, where }))
})

describe.each([
  ['a crash', false],
  ['a loss of power', true],
])('after %s at any operation', (_, power) => {
  test('the store opens with what was acknowledged, goes on, and ends as if nothing had been', LONG, async () => {
    for (const { at, where } of POINTS) {
      const folder = temporaryFolder()
      const files = new FaultyFiles(folder.path, { at, where, crash: true })
      let acknowledged: Checkpoint | undefined
      const run = follow(storeOn(files), (checkpoint) => {
        acknowledged = checkpoint
      })
      // An operation that only clears away may fail without anybody being told.
      await run.catch((error) => expect(String(error)).toMatch(/failed on purpose|the process has ended/))
      if (power) await files.losePower()

      const after = new FaultyFiles(folder.path)
      const store = storeOn(after)
      const checkpoint = await store.open(IDENTITY)
      const what = `${where} ${whole.operations[at]}`
      expect(checkpoint?.position ?? 0, what).toBeGreaterThanOrEqual(acknowledged?.position ?? 0)
      await assertHolds(store)
      const { files: eventFiles, correctionFiles } = store.stats()
      expect((await filesOf(after)).length, what).toBe(eventFiles + correctionFiles)
      await store.close()
      await follow(store, () => {})
      await assertEnded(store)
      await folder.remove()
    }
  })
})

describe('a fault that passes', () => {
  test('at any operation leaves the store as it was; the follower opens it again and goes on', LONG, async () => {
    for (const { at, where } of FAULTS) {
      const folder = temporaryFolder()
      const files = new FaultyFiles(folder.path, { at, where, crash: false })
      const store = storeOn(files)
      let failures = 0
      for (let done = false; !done; ) {
        try {
          await follow(store, () => {})
          done = true
        } catch (error) {
          expect(String(error)).toContain('failed on purpose')
          expect(++failures).toBe(1)
        }
      }
      await assertEnded(store)
      await folder.remove()
    }
  })

  const failing: Fault = { at: 1, where: 'before', crash: false, operation: 'rename' }

  test('of the rename between two days commits neither, and the same write may be made again', async () => {
    const folder = temporaryFolder()
    const files = new FaultyFiles(folder.path)
    const store = storeOn(files)
    await store.open(IDENTITY)
    await store.write(batchOf(made(0, 6)), { seq: 6, position: 1 })
    files.failNext(failing)
    await expect(store.flush()).rejects.toThrow('failed on purpose')
    expect(store.checkpoint).toBeUndefined()
    expect(await filesOf(files)).toEqual([])
    expect([...(await rewards(store)).keys()]).toEqual([0, 1, 2, 3, 4, 5])
    await store.flush()
    expect(store.checkpoint).toEqual({ seq: 6, position: 1 })
    expect((await filesOf(files)).length).toBe(2)
    await assertHolds(store)
    await store.close()
    await folder.remove()
  })

  test('of a full disk, in a write that fills the batch, leaves that batch out, so that the caller may give it again', async () => {
    const folder = temporaryFolder()
    const files = new FaultyFiles(folder.path)
    const store = storeOn(files, { ...OPTIONS, batchSize: 8 })
    await store.open(IDENTITY)
    await store.write(batchOf(made(0, 6)), { seq: 6, position: 1 })
    files.failNext({ at: 0, where: 'within', crash: false, operation: 'create' })
    const next = STEPS[1] as (typeof STEPS)[number]
    await expect(store.write(next.batch, next.to)).rejects.toThrow('failed on purpose: ENOSPC')
    expect([...(await rewards(store)).keys()]).toEqual([0, 1, 2, 3, 4, 5])
    await store.write(next.batch, next.to)
    expect(store.checkpoint).toEqual(next.to)
    await assertHolds(store)
    await store.close()
    await folder.remove()
  })

  test('of a sync of the manifest is never acknowledged from that file: the next commit makes a new one', async () => {
    const folder = temporaryFolder()
    const files = new FaultyFiles(folder.path)
    const store = storeOn(files)
    await store.open(IDENTITY)
    await store.write(batchOf(made(0, 6)), { seq: 6, position: 1 })
    files.failNext({ at: 0, where: 'after', crash: false, operation: 'append' })
    await expect(store.flush()).rejects.toThrow('append of MANIFEST failed on purpose')
    expect(store.checkpoint).toBeUndefined()
    files.log.length = 0
    await store.flush()
    expect(files.log.filter((line) => line.includes('MANIFEST'))).toEqual([
      'create MANIFEST.tmp',
      'rename MANIFEST.tmp',
      'syncNames MANIFEST',
    ])
    expect((await filesOf(files)).length).toBe(2)
    await assertHolds(store)
    await store.close()
    await folder.remove()
  })

  test('of a sync of the manifest whose entry a crash then makes hold after all finds the files of that entry', async () => {
    const folder = temporaryFolder()
    const files = new FaultyFiles(folder.path)
    const store = storeOn(files)
    await store.open(IDENTITY)
    await store.write(batchOf(made(0, 6)), { seq: 6, position: 1 })
    files.failNext({ at: 0, where: 'after', crash: false, operation: 'append' })
    await expect(store.flush()).rejects.toThrow('failed on purpose')
    const next = storeOn(new FaultyFiles(folder.path))
    expect(await next.open(IDENTITY)).toEqual({ seq: 6, position: 1 })
    await assertHolds(next)
    expect(await next.verify()).toMatchObject({ events: 6, faults: [] })
    await next.close()
    await folder.remove()
  })

  test('of what only clears away is counted and made good with the next commit', async () => {
    const folder = temporaryFolder()
    const files = new FaultyFiles(folder.path)
    const store = storeOn(files, { ...OPTIONS, retention: {} })
    await store.open(IDENTITY)
    const sameDay = (start: number, end: number) => batchOf(makeEvents(start, end, { timestamp: () => SOME_DAY_US }))
    for (const seq of [2, 4]) {
      await store.write(sameDay(seq - 2, seq), { seq, position: seq })
      await store.flush()
    }
    files.failNext({ at: 0, where: 'before', crash: false, operation: 'remove' })
    await store.compact()
    expect(store.stats()).toMatchObject({ files: 1, leftovers: 1 })
    expect((await filesOf(files)).length).toBe(2)
    await store.write(sameDay(4, 6), { seq: 6, position: 6 })
    await store.flush()
    expect(store.stats()).toMatchObject({ files: 2, leftovers: 0 })
    expect((await filesOf(files)).length).toBe(2)
    expect([...(await rewards(store)).keys()]).toEqual([0, 1, 2, 3, 4, 5])
    await store.close()
    await folder.remove()
  })
})
