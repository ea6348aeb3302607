import { expect, test } from 'vitest'
import { crc32 } from '../../../src/storage/journal/crc32.js'
import { segmentName } from '../../../src/storage/journal/format.js'
import { recoverJournal } from '../../../src/storage/journal/recover.js'
import { JournalWriter } from '../../../src/storage/journal/writer.js'
import { records } from '../support/journal.js'
import type { MemoryDisk } from '../support/memory-disk.js'
import { contentsOf, type SmallJournal, smallJournal } from '../support/small-journal.js'

/** Behind the header of the segment, that of the block, and its payload. */
const FIRST_BLOCK_END = 128 + 64 + 29
const MODES = ['strict', 'salvage'] as const

test('the small journal has several segments and blocks of every kind', () => {
  const { disk, after, endPosition } = smallJournal()
  expect(disk.list().length).toBeGreaterThan(1)
  expect(after.size).toBe(endPosition)
  const recovered = recoverJournal({ disk, crc32 }, { mode: 'strict' })
  expect(recovered).toMatchObject({ torn: undefined, damage: [], end: { position: endPosition, nextSeq: 22 } })
})

test.each(MODES)('cut off at any byte, a journal nobody synced recovers to a prefix of whole blocks (%s)', (mode) => {
  const journal = smallJournal()
  const ends = new Set<number>()
  const first = segmentName(0)
  for (const name of journal.disk.list()) {
    const bytes = journal.disk.get(name)
    // The first block is synced when the journal is made: without it, something that was promised is missing.
    for (let length = name === first ? FIRST_BLOCK_END : 0; length < bytes.length; length++) {
      const disk = journal.disk.copy()
      disk.set(name, bytes.slice(0, length))
      ends.add(expectPrefix(journal, disk, mode))
    }
  }
  expect(ends.size).toBe(journal.endPosition)
})

/** Recovers, compares with what the journal said at that position, and goes on writing. Returns the position. */
function expectPrefix(journal: SmallJournal, disk: MemoryDisk, mode: 'strict' | 'salvage'): number {
  const recovered = recoverJournal({ disk, crc32 }, { mode })
  if (recovered === undefined) expect.fail('there is no journal')
  const { end, damage } = recovered
  expect(damage).toEqual([])
  const expected = journal.after.get(end.position)
  expect({ state: end.state, contents: contentsOf(disk) }).toEqual(expected)
  const writer = new JournalWriter({ disk, crc32 }, end)
  writer.writeRecords(end.nextSeq, 2, [records(end.nextSeq, 2)])
  writer.close()
  const { endSeq, events, metadata } = contentsOf(disk)
  expect([endSeq, events.has(end.nextSeq + 1)]).toEqual([end.nextSeq + 2, true])
  for (const seq of metadata.keys()) expect(seq).toBeLessThan(end.nextSeq)
  expect(recoverJournal({ disk, crc32 }, { mode: 'strict' })?.torn).toBeUndefined()
  return end.position
}
