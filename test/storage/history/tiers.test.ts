/**
 * The parts under the walk: tiers that leave holes between them, segments that vanish, rows that hold on to no memory.
 *
 * @module
 */

import { expect, test } from 'vitest'
import * as L from '../../../src/layout.js'
import { HISTORY_LIMITS } from '../../../src/storage/history/limits.js'
import { JournalTier } from '../../../src/storage/history/near-tiers.js'
import { RecordFilter } from '../../../src/storage/history/record-filter.js'
import { Rows } from '../../../src/storage/history/rows.js'
import type { HistoryChunk, HistoryTier, Scan } from '../../../src/storage/history/tier.js'
import { TierStack } from '../../../src/storage/history/walk.js'
import { MemoryJournal } from './memory-journal.js'

/** Says which numbers it was asked for. */
function fake(tier: string, start: number, end: number): HistoryTier {
  return {
    reach: 1,
    range: () => ({ start, end }),
    async *scan(scan: Scan): AsyncGenerator<HistoryChunk> {
      yield { tier, start: scan.start, end: scan.end, rows: Rows.withRoomFor(0) }
    },
    count: async () => 0,
    gaps: async () => [],
  }
}

async function visits(tiers: HistoryTier[], start: number, end: number, order: 'oldest' | 'newest'): Promise<string[]> {
  const stack = new TierStack(tiers, HISTORY_LIMITS)
  const seen: string[] = []
  for await (const chunk of stack.walk({ start, end, order, signal: undefined })) {
    seen.push(`${chunk.tier} ${chunk.start}-${chunk.end}`)
  }
  return seen
}

test('each number is asked of the uppermost tier that holds it, in both directions, and holes are passed over', async () => {
  const tiers = [fake('ring', 60, 90), fake('journal', 30, 70), fake('store', 5, 20), fake('empty', 0, 0)]
  const expected = ['store 5-20', 'journal 30-60', 'ring 60-90']
  expect(await visits(tiers, 0, 100, 'oldest')).toEqual(expected)
  expect(await visits(tiers, 0, 100, 'newest')).toEqual([...expected].reverse())
  expect(await visits(tiers, 10, 65, 'newest')).toEqual(['ring 60-65', 'journal 30-60', 'store 10-20'])
  expect(await visits(tiers, 20, 30, 'newest')).toEqual([])
})

test('a tier that loses its numbers between two looks is asked again, and the next one takes over', async () => {
  let start = 10
  const fleeting: HistoryTier = {
    ...fake('ring', 0, 0),
    range: () => ({ start, end: 20 }),
    async *scan(scan) {
      start = 20
      yield* [].values()
      expect(scan.end).toBe(20)
    },
  }
  expect(await visits([fleeting, fake('journal', 0, 20)], 0, 20, 'oldest')).toEqual(['journal 0-10', 'journal 10-20'])
})

test('a segment that vanishes while it is read is no error, one that is damaged is', async () => {
  const journal = new MemoryJournal(4, 0)
  for (let seq = 0; seq < 4; seq++) journal.records(seq, new Uint8Array(L.RECORD_BYTES), Uint8Array.of(0))
  const events = journal.events.bind(journal)
  let vanishing = true
  journal.events = (start, end) => {
    if (!vanishing) throw new Error('damaged')
    if (journal.startSeq === 0) {
      journal.drop(2, 2)
      throw new Error('no such file')
    }
    return events(start, end)
  }
  const tier = new JournalTier(journal)
  expect(await visits([tier], 0, 4, 'oldest')).toEqual(['journal 2-4'])
  vanishing = false
  await expect(visits([tier], 0, 4, 'oldest')).rejects.toThrow('damaged')
})

test('a few rows that are kept of many give up the memory of the others', () => {
  const rows = Rows.withRoomFor(1000)
  rows.length = 1000
  new DataView(rows.bytes.buffer).setUint16(500 * L.RECORD_BYTES + L.EVENT_TYPE, 7, true)
  rows.seqs[500] = 500
  const kept = rows.keep(new RecordFilter({ types: 7 }))
  expect([kept.length, kept.seqs[0], kept.bytes.length]).toEqual([1, 500, L.RECORD_BYTES])
})
