import { expect, test } from 'vitest'
import { CorruptSegmentError, StorageError } from '../../../src/storage/errors.js'
import { crc32 } from '../../../src/storage/journal/crc32.js'
import { segmentName } from '../../../src/storage/journal/format.js'
import { newJournal } from '../../../src/storage/journal/journal-end.js'
import { JournalReader } from '../../../src/storage/journal/reader.js'
import { type RecoveredJournal, recoverJournal } from '../../../src/storage/journal/recover.js'
import { JournalWriter } from '../../../src/storage/journal/writer.js'
import { corrections, IDENTITY, records } from '../support/journal.js'
import { MemoryDisk } from '../support/memory-disk.js'
import { contentsOf, smallJournal } from '../support/small-journal.js'

const STRICT = { mode: 'strict', powerLoss: false } as const
const SALVAGE = { mode: 'salvage', powerLoss: false } as const

/** Segments of ten events each, one block of records in each, closed in order. */
function journal(segments: number): MemoryDisk {
  const disk = new MemoryDisk()
  const writer = new JournalWriter({ disk, crc32 }, newJournal(IDENTITY), { segmentBytes: 2048 })
  for (let i = 0; i < segments; i++) writer.writeRecords(i * 10, 10, [records(i * 10, 10)])
  writer.sync()
  writer.close()
  return disk
}

function recover(disk: MemoryDisk, options: Parameters<typeof recoverJournal>[1]): RecoveredJournal {
  return recoverJournal({ disk, crc32 }, options) as RecoveredJournal
}

function damage(disk: MemoryDisk, name: string, change: (bytes: Uint8Array) => void): void {
  const bytes = disk.get(name)
  change(bytes)
  disk.set(name, bytes)
}

test('a missing file is refused by strict and becomes a gap of its events by salvage', () => {
  const disk = journal(5)
  disk.remove(segmentName(1))
  disk.remove(segmentName(2))
  expect(() => recover(disk, STRICT)).toThrow(expect.objectContaining({ code: 'CORRUPT_SEGMENT' }))
  expect(disk.list()).toHaveLength(3)
  const recovered = recover(disk, SALVAGE)
  expect(recovered.damage.flatMap(({ gap }) => gap ?? [])).toEqual([{ start: 10, end: 30, reason: 'damaged' }])
  const { gaps, endSeq, events } = contentsOf(disk)
  expect([gaps, endSeq, events.size]).toEqual([[{ start: 10, end: 30, reason: 'damaged' }], 50, 30])
  expect([disk.list().length, recovered.window()]).toEqual([5, { startSeq: 30, endSeq: 50 }])
  expect(recover(disk, STRICT).damage).toEqual([])
})

test('a lost header of a segment is made up from its blocks', () => {
  const disk = journal(3)
  const before = contentsOf(disk)
  damage(disk, segmentName(1), (bytes) => bytes.fill(0, 0, 128))
  expect(() => recover(disk, STRICT)).toThrow(`${segmentName(1)} is damaged at byte 0`)
  const recovered = recover(disk, SALVAGE)
  expect(recovered.damage).toMatchObject([{ file: segmentName(1), offset: 0, bytes: 128, gap: undefined }])
  expect(contentsOf(disk)).toEqual(before)
})

test('a segment whose beginning is lost keeps what stands behind', () => {
  const disk = new MemoryDisk()
  const writer = new JournalWriter({ disk, crc32 }, newJournal(IDENTITY), { segmentBytes: 4096 })
  for (let seq = 0; seq < 60; seq += 5) writer.writeRecords(seq, 5, [records(seq, 5)])
  writer.sync()
  writer.close()
  damage(disk, segmentName(1), (bytes) => bytes.fill(255, 0, 300))
  expect(() => recover(disk, STRICT)).toThrow(CorruptSegmentError)
  const recovered = recover(disk, SALVAGE)
  const lost = recovered.damage.flatMap(({ gap }) => gap ?? [])
  const { gaps, endSeq, events } = contentsOf(disk)
  expect([gaps, endSeq]).toEqual([lost, 60])
  expect(events.size).toBe(60 - lost.reduce((sum, { start, end }) => sum + end - start, 0))
  expect(lost).toHaveLength(1)
  expect(recover(disk, STRICT).damage).toEqual([])
})

test('where no header is left the stream is not known, and nothing is changed', () => {
  const disk = journal(1)
  damage(disk, segmentName(0), (bytes) => bytes.fill(0, 0, 128))
  for (const options of [STRICT, SALVAGE]) {
    expect(() => recover(disk, options)).toThrow('no other segment is left to tell the stream')
  }
  expect(disk.list()).toEqual([segmentName(0)])
})

test('damage in a journal that was closed in order is damage even if power may have been lost', () => {
  const disk = journal(2)
  damage(disk, segmentName(1), (bytes) => bytes.fill(7, 600, 601))
  const error = attempt(() => recover(disk, { mode: 'strict' }))
  expect(error).toBeInstanceOf(CorruptSegmentError)
  expect((error as CorruptSegmentError).details).toMatchObject({
    file: segmentName(1),
    offset: 256,
    gap: { start: 10, end: 20, reason: 'damaged' },
  })
  expect((error as Error).message).toContain("'salvage' would skip 1344 bytes with the events [10, 20)")
})

test('a hole in what nobody synced is a torn tail after a loss of power, and damage without one', () => {
  const torn = smallJournal((writer) => writer.sync())
  const [, second = ''] = torn.disk.list()
  damage(torn.disk, second, (bytes) => bytes.fill(0, 512, 1024))
  const copy = torn.disk.copy()
  expect(() => recover(copy, STRICT)).toThrow(CorruptSegmentError)
  const recovered = recover(torn.disk, { mode: 'strict' })
  expect(recovered.damage).toEqual([])
  expect(recovered.torn?.file).toBe(second)
  expect(contentsOf(torn.disk)).toEqual(torn.after.get(recovered.end.position)?.contents)
})

test('files of two streams are refused', () => {
  const disk = journal(2)
  const other = new MemoryDisk()
  const writer = new JournalWriter({ disk: other, crc32 }, newJournal({ ...IDENTITY, streamId: undefined }), {
    segmentBytes: 1024,
  })
  for (let seq = 0; seq < 30; seq += 5) writer.writeRecords(seq, 5, [records(seq, 5)])
  disk.set(segmentName(2), other.get(segmentName(2)))
  for (const options of [STRICT, SALVAGE]) expect(() => recover(disk, options)).toThrow('it belongs to stream')
  expect(() => new JournalReader({ disk, crc32 })).toThrow('it belongs to another stream')
})

test('a journal of another version is refused as such, never taken for damage', () => {
  const disk = journal(1)
  damage(disk, segmentName(0), (bytes) => {
    const view = new DataView(bytes.buffer)
    view.setUint16(4, 2, true)
    view.setUint32(124, crc32(bytes.subarray(0, 124)), true)
  })
  for (const options of [STRICT, SALVAGE]) {
    expect(() => recover(disk, options)).toThrow("the journal's format is 2, this version of the package reads 1")
  }
})

test('metadata of an event that was never written does not go to the next one of its number', () => {
  const disk = new MemoryDisk()
  const writer = new JournalWriter({ disk, crc32 }, newJournal(IDENTITY))
  writer.writeRecords(0, 3, [records(0, 3)])
  writer.writeMetadata([[3, Uint8Array.of(1)]])
  writer.writeState('{"cursors":{"kept":2},"followers":{}}')
  const recovered = recover(disk, STRICT)
  expect([recovered.end.nextSeq, recovered.end.state]).toEqual([3, '{"cursors":{"kept":2},"followers":{}}'])
  const next = new JournalWriter({ disk, crc32 }, recovered.end)
  next.writeRecords(3, 1, [records(3, 1)])
  const { events, metadata, gaps } = contentsOf(disk)
  expect([events.size, metadata.size, gaps]).toEqual([4, 0, []])
})

test('files that were begun and hold nothing are removed and not spoken of', () => {
  const disk = journal(2)
  disk.set(segmentName(2), new Uint8Array(100_000))
  const reader = new JournalReader({ disk, crc32 })
  expect([reader.endSeq, reader.segments().length]).toEqual([20, 2])
  const recovered = recover(disk, STRICT)
  expect([recovered.torn, disk.list().length, recovered.end.nextSeq]).toEqual([undefined, 2, 20])
  const empty = new MemoryDisk()
  empty.set(segmentName(0), new Uint8Array(1000))
  expect([recoverJournal({ disk: empty, crc32 }, STRICT), empty.list()]).toEqual([undefined, []])
})

test('a reader beside the writer does not see a block before it is whole', () => {
  const disk = new MemoryDisk()
  const writer = new JournalWriter({ disk, crc32 }, newJournal(IDENTITY))
  writer.writeRecords(0, 3, [records(0, 3)])
  const before = disk.get(segmentName(0))
  writer.writeCorrections(corrections({ seq: 1, rewards: [1] }))
  const after = disk.get(segmentName(0))
  for (let length = before.length; length < after.length; length++) {
    const partial = new MemoryDisk()
    partial.set(segmentName(0), after.slice(0, length))
    const reader = new JournalReader({ disk: partial, crc32 })
    const isWhole = length >= before.length + 64 + 24
    expect(reader.endPosition).toBe(isWhole ? 3 : 2)
  }
})

test('a folder without a journal has none to read or to recover', () => {
  const disk = new MemoryDisk()
  disk.set('LOCK', new Uint8Array(3))
  expect(recoverJournal({ disk, crc32 }, STRICT)).toBeUndefined()
  expect(() => new JournalReader({ disk, crc32 })).toThrow(StorageError)
})

function attempt(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return error
  }
}
