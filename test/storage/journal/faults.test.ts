import { expect, test } from 'vitest'
import { BackpressureError, StorageError } from '../../../src/storage/errors.js'
import { crc32 } from '../../../src/storage/journal/crc32.js'
import { newJournal } from '../../../src/storage/journal/journal-end.js'
import { recoverJournal } from '../../../src/storage/journal/recover.js'
import { JournalWriter } from '../../../src/storage/journal/writer.js'
import { type Faults, FaultyDisk } from '../support/faulty-disk.js'
import { corrections, IDENTITY, records } from '../support/journal.js'
import { MemoryDisk } from '../support/memory-disk.js'
import { contentsOf } from '../support/small-journal.js'

interface Bench {
  memory: MemoryDisk
  faults: Faults
  disk: FaultyDisk
  writer: JournalWriter
}

function bench(segmentBytes = 2048): Bench {
  const memory = new MemoryDisk()
  const disk = new FaultyDisk(memory)
  const writer = new JournalWriter({ disk, crc32 }, newJournal(IDENTITY), { segmentBytes })
  return { memory, faults: disk.faults, disk, writer }
}

test('short writes are continued', () => {
  const { memory, faults, writer } = bench()
  faults.mostBytes = 7
  writer.writeRecords(0, 20, [records(0, 9), records(9, 11)])
  writer.writeCorrections(corrections({ seq: 3, rewards: [1] }))
  faults.mostBytes = Number.POSITIVE_INFINITY
  const whole = bench()
  whole.writer.writeRecords(0, 20, [records(0, 20)])
  whole.writer.writeCorrections(corrections({ seq: 3, rewards: [1] }))
  expect(contentsOf(memory)).toEqual(contentsOf(whole.memory))
})

test('a disk that is full at any byte refuses the write, keeps what was there, and takes it later', () => {
  const reference = bench()
  script(reference.writer)
  const needed = reference.writer.bytesWritten
  const expected = contentsOf(reference.memory)
  let refused = 0
  for (let room = 0; room < needed; room += 13) {
    const { memory, faults, writer } = bench()
    faults.room = room
    const before = { seq: -1, contents: contentsOf(memory) }
    try {
      script(writer, () => {
        before.contents = contentsOf(memory)
      })
    } catch (error) {
      refused++
      expect(error).toBeInstanceOf(StorageError)
      expect((error as StorageError).details.code).toBe('ENOSPC')
      // What the process leaves behind if it ends here holds all that was accepted.
      const left = memory.copy()
      recoverJournal({ disk: left, crc32 }, { mode: 'strict', powerLoss: false })
      expect(contentsOf(left).events).toEqual(contentsOf(memory).events)
    }
    faults.room = Number.POSITIVE_INFINITY
    script(writer)
    expect(contentsOf(memory).events).toEqual(expected.events)
    expect(recoverJournal({ disk: memory, crc32 }, { mode: 'strict', powerLoss: false })?.damage).toEqual([])
  }
  expect(refused).toBeGreaterThan(100)
})

test('a segment that cannot be made leaves the journal as it was', () => {
  const { memory, faults, writer } = bench()
  writer.writeRecords(0, 10, [records(0, 10)])
  const before = contentsOf(memory)
  faults.failNames = true
  expect(() => writer.writeRecords(10, 10, [records(10, 10)])).toThrow('EACCES')
  expect([contentsOf(memory), writer.endSeq, writer.segments.length]).toEqual([before, 10, 1])
  faults.failNames = false
  writer.writeRecords(10, 10, [records(10, 10)])
  expect([contentsOf(memory).endSeq, writer.segments.length]).toEqual([20, 2])
})

test('where no file is ready at the moment, the segment gets longer instead', () => {
  const { memory, disk, writer } = bench()
  disk.open = () => {
    throw new BackpressureError('no spare file', 1)
  }
  for (let seq = 0; seq < 60; seq += 10) writer.writeRecords(seq, 10, [records(seq, 10)])
  expect([writer.segments.length, contentsOf(memory).endSeq]).toEqual([1, 60])
})

test.each(['sync', 'syncLater'] as const)('after %s has failed nothing is acknowledged any more', async (way) => {
  const { memory, faults, writer } = bench()
  writer.writeRecords(0, 5, [records(0, 5)])
  writer.sync()
  writer.writeRecords(5, 5, [records(5, 5)])
  faults.failSyncs = true
  await expect(async () => writer[way]()).rejects.toThrow(StorageError)
  faults.failSyncs = false
  expect([writer.syncedSeq, writer.failure]).toEqual([5, expect.any(StorageError)])
  expect(writer.failure?.cause).toMatchObject({ details: { code: 'EIO' } })
  expect(() => writer.writeRecords(10, 1, [records(10, 1)])).toThrow(writer.failure)
  expect(() => writer.writeState('{}')).toThrow(writer.failure)
  expect(() => writer.sync()).toThrow(writer.failure)
  await expect(writer.syncLater()).rejects.toBe(writer.failure)
  writer.close()
  const recovered = recoverJournal({ disk: memory, crc32 }, { mode: 'strict' })
  expect(recovered?.end.nextSeq).toBe(10)
  expect(recovered?.end.synced).toBeLessThan(recovered?.end.position as number)
})

test('syncs that come while one is under way share the next one, which covers them', async () => {
  const { faults, writer } = bench()
  const waiting: (() => void)[] = []
  faults.delay = () => new Promise((resolve) => waiting.push(resolve))
  writer.writeRecords(0, 5, [records(0, 5)])
  const before = writer.syncs
  const first = writer.syncLater()
  writer.writeRecords(5, 5, [records(5, 5)])
  const [second, third] = [writer.syncLater(), writer.syncLater()]
  expect(second).toBe(third)
  waiting[0]?.()
  await first
  expect([writer.syncedSeq, writer.syncs]).toEqual([5, before + 1])
  while (waiting.length < 2) await Promise.resolve()
  waiting[1]?.()
  await second
  expect([writer.syncedSeq, writer.syncs]).toEqual([10, before + 2])
  writer.close()
})

/** Writes what is still missing of a fixed journal; `step` is called after each write. */
function script(writer: JournalWriter, step: () => void = () => {}): void {
  while (writer.endSeq < 40) {
    const seq = writer.endSeq
    const count = Math.min(4 + (seq % 5), 40 - seq)
    writer.writeRecords(seq, count, [records(seq, count)])
    step()
  }
  writer.writeCorrections(corrections({ seq: 2, mask: 1, rewards: [0.5] }, { seq: 39, rewards: [undefined, 0.25] }))
  step()
}

test('a reserve that cannot be made is no reason to refuse a write', async () => {
  const memory = new MemoryDisk()
  const disk = new FaultyDisk(memory)
  const writer = new JournalWriter({ disk, crc32 }, newJournal(IDENTITY), {
    segmentBytes: 2048,
    reserve: true,
    quietMs: 0,
  })
  expect(memory.get(memory.list()[0] as string)).toHaveLength(2048)
  disk.faults.failReserves = true
  while (writer.endSeq < 20) writer.writeRecords(writer.endSeq, 2, [records(writer.endSeq, 2)])
  await nextTurn()
  expect([contentsOf(memory).endSeq, writer.segments.length, memory.list().length]).toEqual([20, 2, 2])
  writer.close()
})

test('a segment is reserved whole before it is begun, if the event loop turns meanwhile', async () => {
  const memory = new MemoryDisk()
  const writer = new JournalWriter({ disk: memory, crc32 }, newJournal(IDENTITY), {
    segmentBytes: 4096,
    reserve: true,
    quietMs: 0,
  })
  for (let segments = 1; segments < 4; segments++) {
    while (writer.segments.length === segments) {
      writer.writeRecords(writer.endSeq, 5, [records(writer.endSeq, 5)])
      await nextTurn()
    }
    expect(memory.get(`journal-000000000${segments}.esj`)).toHaveLength(4096)
  }
  expect(contentsOf(memory).endSeq).toBe(writer.endSeq)
  writer.close()
})

test('the next segment is reserved only while nothing is written', async () => {
  const disk = new MemoryDisk()
  const options = { segmentBytes: 4096, reserve: true, quietMs: 1e9 }
  const writer = new JournalWriter({ disk, crc32 }, newJournal(IDENTITY), options)
  while (writer.segments.length < 3) {
    writer.writeRecords(writer.endSeq, 5, [records(writer.endSeq, 5)])
    await nextTurn()
  }
  writer.writeRecords(writer.endSeq, 10, [records(writer.endSeq, 10)])
  expect(disk.get('journal-0000000001.esj').length).toBeLessThan(4096)
  expect(disk.get('journal-0000000003.esj')).toHaveLength(0)
  writer.close()
  expect(disk.list()).toHaveLength(3)
})

test('a segment rather outgrows its first reserve than be followed by one that has none', async () => {
  const MIB = 2 ** 20
  const disk = new FaultyDisk(new MemoryDisk())
  const writer = new JournalWriter({ disk, crc32 }, newJournal(IDENTITY), {
    segmentBytes: 10 * MIB,
    reserve: true,
    quietMs: 0,
  })
  let letGo = (): void => {}
  disk.faults.delay = () => new Promise((resolve) => (letGo = resolve))
  const events = MIB / 128
  const write = (): void => writer.writeRecords(writer.endSeq, events, [records(writer.endSeq, events)])
  while (writer.endSeq < 8 * events) write()
  expect(writer.segments).toHaveLength(1)
  disk.faults.delay = async () => {}
  letGo()
  for (let piece = 0; piece < 50; piece++) await nextTurn()
  write()
  expect(writer.segments).toHaveLength(2)
  writer.close()
})

test('reserved segments are as full as others, and nothing is left of the spare', () => {
  const memory = new MemoryDisk()
  const writer = new JournalWriter({ disk: memory, crc32 }, newJournal(IDENTITY), {
    segmentBytes: 4096,
    reserve: true,
    quietMs: 0,
  })
  while (writer.endSeq < 100) writer.writeRecords(writer.endSeq, 5, [records(writer.endSeq, 5)])
  const files = memory.list().length
  expect(files).toBe(writer.segments.length + 1)
  writer.sync()
  writer.close()
  expect(memory.list()).toHaveLength(files - 1)
  const sizes = memory.list().map((name) => memory.get(name).length)
  expect(sizes.slice(0, -1).every((size) => size > 3000 && size <= 4096)).toBe(true)
  expect(contentsOf(memory).endSeq).toBe(100)
})

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
