/** Any order of writes, corrections, flushes, compactions, crashes and reopenings agrees with a plain list of steps. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Checkpoint, ColdBatch, ColdQuery } from '../../../src/storage/cold/cold-storage.js'
import { formatOf } from '../../../src/storage/cold/formats.node.js'
import { ColdStore } from '../../../src/storage/cold/write/cold-store.js'
import { resolveColdOptions } from '../../../src/storage/cold/write/options.js'
import { nodeCrc32 } from '../../../src/storage/journal/crc32.node.js'
import { makeCorrections, makeEvents, SOME_DAY_US } from '../../../src/testing/events.js'
import { FaultyFiles } from './faulty-files.js'
import { batchOf, DAY_US, IDENTITY, numbers, rewards, temporaryFolder } from './support.js'

/** Out of order, over four days. */
const timestamp = (seq: number) => SOME_DAY_US + ((seq * 37) % 4) * DAY_US + ((seq * 7919) % 1000)
const EPISODES = [1n, 2n, 3n, 2n ** 53n + 1n, 2n ** 64n - 1n]
const TYPES = [0x0200, 0x0201, 0xffff]

type Command =
  | { kind: 'write'; events: number; gap: number; corrections: [number, number, number][] }
  | { kind: 'flush' | 'compact' | 'reopen' | 'crash' }
  | { kind: 'query'; query: ColdQuery }
  | { kind: 'count'; range: [number, number] }

const small = fc.integer({ min: 0, max: 120 })
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      events: fc.integer({ min: 0, max: 25 }),
      gap: fc.integer({ min: -6, max: 3 }),
      corrections: fc.array(fc.tuple(small, fc.integer({ min: 0, max: 3 }), fc.integer({ min: -9, max: 9 })), {
        maxLength: 6,
      }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('flush' as const, 'compact' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('reopen' as const, 'crash' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('query' as const),
      query: fc.record(
        {
          startSeq: small,
          endSeq: small,
          from: fc.integer({ min: 0, max: 4 }).map((day) => SOME_DAY_US + day * DAY_US + 500),
          to: fc.integer({ min: 0, max: 4 }).map((day) => SOME_DAY_US + day * DAY_US + 500),
          episodeId: fc.constantFrom(...EPISODES, 7n),
          types: fc.subarray([...TYPES, 5], { minLength: 1 }),
          batchSize: fc.integer({ min: 1, max: 40 }),
        },
        { requiredKeys: [] },
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('count' as const), range: fc.tuple(small, small) }) },
)

interface Step {
  batch: ColdBatch
  to: Checkpoint
}

/** What a store holds after some steps: the rewards and the mask of each number. */
function rowsAfter(steps: readonly Step[]): Map<number, number[]> {
  const rows = new Map<number, number[]>()
  for (const { batch } of steps) {
    for (const seq of batch.events.seqs) rows.set(seq, [0, 0, 0, 0, 0])
    const { length, seqs, slots, rewards: values, masks } = batch.corrections
    for (let i = 0; i < length; i++) {
      const row = rows.get(seqs[i] as number)
      if (row === undefined) continue
      for (let slot = 0; slot < 4; slot++) {
        if ((slots[i] as number) & (1 << slot)) row[slot] = values[i * 4 + slot] as number
      }
      row[4] = (row[4] as number) | (masks[i] as number)
    }
  }
  return rows
}

function meets(seq: number, query: ColdQuery): boolean {
  const { startSeq = 0, endSeq = 1e9, from = 0, to = 1e18, episodeId, types } = query
  if (seq < startSeq || seq >= endSeq || timestamp(seq) < from || timestamp(seq) >= to) return false
  if (episodeId !== undefined && EPISODES[seq % 5] !== episodeId) return false
  return types === undefined || types.includes(TYPES[seq % 3] as number)
}

function stepOf(at: Checkpoint, { events, gap, corrections }: Extract<Command, { kind: 'write' }>): Step {
  const start = at.seq + Math.max(0, gap)
  const gaps = start > at.seq ? [{ start: at.seq, end: start, reason: 'damaged' as const }] : []
  // Of events before this batch, one entry each.
  const known = new Map(corrections.filter(([seq]) => seq < at.seq).map((entry) => [entry[0], entry]))
  const list = makeCorrections([...known.values()].sort(([a], [b]) => a - b))
  const to = { seq: start + events, position: at.position + 1 }
  return { batch: batchOf(makeEvents(start, to.seq, { timestamp, metadata: () => undefined }), list, gaps), to }
}

async function agrees(commands: readonly Command[], batchSize: number, fileEvents: number): Promise<void> {
  const folder = temporaryFolder()
  const make = () => {
    const options = resolveColdOptions({ format: 'messagepack', batchSize, fileEvents })
    const platform = { files: new FaultyFiles(folder.path), formatOf, crc: nodeCrc32, own: async () => () => {} }
    return new ColdStore(platform, options)
  }
  const opened: ColdStore[] = [make()]
  let store = opened[0] as ColdStore
  let steps: Step[] = []
  await store.open(IDENTITY)
  for (const each of commands) {
    const at = steps.at(-1)?.to ?? { seq: 0, position: 0 }
    if (each.kind === 'write') {
      const step = stepOf(at, each)
      await store.write(step.batch, step.to)
      steps.push(step)
    } else if (each.kind === 'flush') {
      await store.flush()
      expect(store.checkpoint ?? { seq: 0, position: 0 }).toEqual(at)
    } else if (each.kind === 'compact') {
      await store.compact()
      expect(store.stats()).toMatchObject({ corrections: 0, correctionFiles: 0 })
    } else if (each.kind === 'query') {
      const expected = [...rowsAfter(steps).keys()].filter((seq) => meets(seq, each.query))
      expect(await numbers(store, each.query)).toEqual(expected)
    } else if (each.kind === 'count') {
      const [start, end] = each.range
      const expected = [...rowsAfter(steps).keys()].filter((seq) => seq >= start && seq < end)
      expect(await store.count(start, end)).toBe(expected.length)
    } else {
      if (each.kind === 'reopen') await store.close()
      store = make()
      opened.push(store)
      const from = await store.open(IDENTITY)
      if (each.kind === 'reopen' && steps.length > 0) expect(from).toEqual(at)
      steps = steps.slice(0, from?.position ?? 0)
    }
  }
  expect(await rewards(store)).toEqual(rowsAfter(steps))
  const { startSeq, endSeq, events, gaps } = store.coverage()
  expect(events + gaps).toBe(endSeq - startSeq)
  for (const each of opened) await each.close()
  await folder.remove()
}

test('whatever is asked of it in whatever order', async () => {
  const run = fc.asyncProperty(
    fc.array(command, { maxLength: 25 }),
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: 1, max: 60 }),
    agrees,
  )
  await fc.assert(run, { numRuns: 60, seed: 4 })
})
