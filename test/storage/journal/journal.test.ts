import { expect, test } from 'vitest'
import { FULLY_APPRAISED, RECORD_BYTES, REWARDS } from '../../../src/layout.js'
import { nodeCrc32 } from '../../../src/storage/journal/crc32.node.js'
import { newJournal } from '../../../src/storage/journal/journal-end.js'
import { JournalReader } from '../../../src/storage/journal/reader.js'
import { JournalWriter } from '../../../src/storage/journal/writer.js'
import { journalFolder } from '../support/folders.js'
import { corrections, IDENTITY, records } from '../support/journal.js'
import { MemoryDisk } from '../support/memory-disk.js'

const MIB = 1024 * 1024

test('what was written is read back, with the corrections that came after it', () => {
  const folder = journalFolder()
  const writer = new JournalWriter(folder, newJournal(IDENTITY))
  writer.writeRecords(0, 100, [records(0, 60), records(60, 40)])
  writer.writeRecords(100, 50, [records(100, 50)], [new Uint8Array(20).fill(1), new Uint8Array(30).fill(2)])
  writer.writeCorrections(corrections({ seq: 3, mask: 2, rewards: [undefined, 0.5] }, { seq: 120, mask: 13 }))
  const reader = new JournalReader(folder)
  expect([reader.startSeq, reader.endSeq, reader.identity]).toEqual([0, 150, IDENTITY])
  const events = reader.events(0, 150)
  expect(events.length).toBe(150)
  expect(Array.from(events.seqs)).toEqual(Array.from({ length: 150 }, (_, i) => i))
  const expected = records(0, 150)
  const view = new DataView(expected.buffer)
  view.setFloat32(3 * RECORD_BYTES + REWARDS + 4, 0.5, true)
  view.setUint16(120 * RECORD_BYTES + 38, FULLY_APPRAISED, true)
  expect(events.bytes).toEqual(expected)
  expect([events.masks[3], events.masks[100], events.masks[120]]).toEqual([2, 1, 15])
  writer.close()
  reader.close()
})

test('a reader that is open sees what comes later, across segments', () => {
  const folder = journalFolder()
  const writer = new JournalWriter(folder, newJournal(IDENTITY), { segmentBytes: MIB })
  const reader = new JournalReader(folder)
  expect([reader.endSeq, reader.refresh()]).toEqual([0, false])
  const count = 5000
  for (let seq = 0; seq < 20_000; seq += count) writer.writeRecords(seq, count, [records(seq, count)])
  expect(reader.refresh()).toBe(true)
  expect([reader.endSeq, writer.segments.length]).toEqual([20_000, 4])
  expect(Buffer.compare(reader.events(7000, 13_000).bytes, records(7000, 6000))).toBe(0)
  writer.close()
  reader.close()
})

test('a reader that goes through the journal in chunks reads each correction once, and sees those that come meanwhile', () => {
  const { disk, reads } = counted()
  const folder = { disk, crc32: nodeCrc32 }
  const writer = new JournalWriter(folder, newJournal(IDENTITY), { segmentBytes: MIB })
  const rewards = new Map<number, number>()
  const correct = (value: number): void => {
    const seqs = Array.from({ length: 40 }, (_, i) => ((i * 7919 + value * 31) % writer.endSeq) as number)
    writer.writeCorrections(corrections(...seqs.map((seq) => ({ seq, rewards: [value] }))))
    for (const seq of seqs) rewards.set(seq, value)
  }
  for (let value = 1; value <= 100; value++) {
    writer.writeRecords(writer.endSeq, 120, [records(writer.endSeq, 120)])
    correct(value)
  }
  const reader = new JournalReader(folder)
  const check = (start: number, end: number): void => {
    const { bytes } = reader.events(start, end)
    const view = new DataView(bytes.buffer)
    for (let seq = start; seq < end; seq++) {
      const reward = view.getFloat32((seq - start) * RECORD_BYTES + REWARDS, true)
      if (reward !== (rewards.get(seq) ?? 0)) expect.fail(`event ${seq} has the reward ${reward}`)
    }
  }
  check(0, 300)
  const before = reads.count
  for (let start = 0; start < 12_000; start += 300) check(start, start + 300)
  // Each of the 100 blocks of records is looked at by up to two or three chunks; the corrections by none.
  expect(reads.count - before).toBeLessThan(250)
  correct(7)
  reader.refresh()
  for (let start = 0; start < 12_000; start += 300) check(start, start + 300)
  check(11_990, 11_991)
  expect(Buffer.compare(reader.events(0, 300, 1).bytes, records(0, 300))).toBe(0)
  expect(Buffer.compare(reader.events(0, 300, 0).bytes, records(0, 300))).toBe(0)
  reader.close()
  writer.close()
})

/** A disk in memory and how often its files were read. */
function counted(): { disk: MemoryDisk; reads: { count: number } } {
  const disk = new MemoryDisk()
  const reads = { count: 0 }
  const open = disk.open.bind(disk)
  disk.open = (name, mode) => {
    const file = open(name, mode)
    const read = file.read.bind(file)
    file.read = (into, offset) => {
      reads.count++
      return read(into, offset)
    }
    return file
  }
  return { disk, reads }
}
