/**
 * The history of a directory on a real disk, beside the writer that owns it.
 *
 * @module
 */

import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ClosedError, InvalidArgumentError } from '../../../src/errors.js'
import { CorruptSegmentError, StorageError } from '../../../src/storage/errors.js'
import { openHistory } from '../../../src/storage/history/open-history.node.js'
import { newJournal } from '../../../src/storage/journal/journal-end.js'
import { packMetadata } from '../../../src/storage/journal/metadata.js'
import { JournalWriter } from '../../../src/storage/journal/writer.js'
import { journalFolder, temporaryFolder } from '../support/folders.js'
import { corrections, IDENTITY, records } from '../support/journal.js'

interface Directory {
  directory: string
  writer: JournalWriter
  write(count: number): void
}

/** A directory whose journal is being written, in segments of a few events. */
function begin(segmentBytes = 4096): Directory {
  const directory = temporaryFolder()
  const writer = new JournalWriter(journalFolder(join(directory, 'journal')), newJournal(IDENTITY), { segmentBytes })
  const write = (count: number): void => {
    writer.writeRecords(writer.endSeq, count, [records(writer.endSeq, count)])
  }
  return { directory, writer, write }
}

/** Names, sizes and bytes of all files. */
function contents(directory: string): [string, string][] {
  const folder = join(directory, 'journal')
  return fs
    .readdirSync(folder)
    .sort()
    .map((name) => [name, fs.readFileSync(join(folder, name)).toString('base64')])
}

test('everything that was written out is found, with late rewards and metadata, and nothing on the disk is changed', async () => {
  const { directory, writer, write } = begin()
  for (let i = 0; i < 10; i++) write(10)
  writer.writeMetadata([[101, packMetadata({ intentType: 'probe', parameters: { depth: 2 } }, 1000)]])
  write(5)
  writer.writeCorrections(
    corrections({ seq: 3, mask: 15, rewards: [1, 2, 3, 4] }, { seq: 104, rewards: [undefined, 5] }),
  )
  const before = contents(directory)

  const history = await openHistory(directory)
  const batch = await history.query().toBatch()
  expect([batch.length, batch.start, batch.end, batch.tier]).toEqual([105, 0, 105, 'journal'])
  expect([...batch].every((view) => view.stepNumber === view.seq)).toBe(true)
  expect(batch.at(3).totalReward).toBe(10)
  expect([batch.masks[3], batch.at(3).flags]).toEqual([15, 16])
  expect(batch.at(104).rewardCuriosity).toBe(5)
  expect(batch.metadata).toEqual(new Map([[101, { intentType: 'probe', parameters: { depth: 2 } }]]))
  expect(await history.getMetadata(101)).toEqual({ intentType: 'probe', parameters: { depth: 2 } })
  expect(await history.count({ minReward: 10 })).toBe(1)
  expect((await history.sample(1000, { seed: 1 })).length).toBe(105)
  expect(history.identity.streamId).toBe(writer.identity.streamId)
  await history.close()
  expect(contents(directory)).toEqual(before)
})

test('each call sees what the writer has added since the one before', async () => {
  const { directory, writer, write } = begin()
  write(3)
  await using history = await openHistory(directory)
  expect(await history.count()).toBe(3)
  for (let i = 0; i < 40; i++) write(3)
  writer.writeCorrections(corrections({ seq: 1, rewards: [7] }))
  expect(await history.count()).toBe(123)
  expect((await history.getEvent(1))?.rewardHomeostasis).toBe(7)
  expect((await history.getEvent(122))?.stepNumber).toBe(122)
})

test('gaps are told with their reasons', async () => {
  const { directory, writer, write } = begin()
  write(4)
  writer.writeGap(4, 6, 'aborted')
  writer.writeGap(6, 7, 'damaged')
  write(2)
  await using history = await openHistory(directory)
  const gaps = []
  for await (const gap of history.gaps(0, 100)) gaps.push(gap)
  expect(gaps).toEqual([
    { start: 4, end: 6, reason: 'aborted' },
    { start: 6, end: 7, reason: 'damaged' },
  ])
  expect([...(await history.query({ order: 'newest' }).toBatch()).seqs]).toEqual([8, 7, 3, 2, 1, 0])
})

test('segments that are removed while a query runs leave out their events, and the query goes on behind them', async () => {
  const { directory, writer, write } = begin(1 << 17)
  for (let i = 0; i < 100; i++) write(300)
  writer.sync()
  await using history = await openHistory(directory)
  const seqs: number[] = []
  for await (const batch of history.query({ batchSize: 1000 })) {
    if (seqs.length === 0) expect(writer.removeSegmentsBefore(writer.position)).toBeGreaterThan(10)
    seqs.push(...batch.seqs)
  }
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
  expect(seqs[0]).toBe(0)
  expect(seqs.at(-1)).toBe(29_999)
  expect(seqs.length).toBeLessThan(30_000)
  const missing = []
  for await (const gap of history.gaps(0, 30_000)) missing.push(gap.reason)
  expect(missing).toEqual(['absent'])
})

test('a damaged block is a typed error that names the file and the place, not wrong events', async () => {
  const { directory, writer, write } = begin(1 << 20)
  write(50)
  write(50)
  writer.sync()
  const [name] = fs.readdirSync(join(directory, 'journal')).sort()
  const path = join(directory, 'journal', name!)
  const bytes = fs.readFileSync(path)
  bytes[bytes.indexOf(records(20, 1)) + 60]! ^= 1
  fs.writeFileSync(path, bytes)
  await using history = await openHistory(directory)
  await expect(history.query().toBatch()).rejects.toThrow(CorruptSegmentError)
  await expect(history.getEvent(20)).rejects.toMatchObject({ details: { file: expect.stringContaining(name!) } })
})

test('after close every call is refused, and so is what was under way', async () => {
  const { directory, write } = begin()
  for (let i = 0; i < 10; i++) write(10)
  const history = await openHistory(directory)
  const running = history.query({ batchSize: 1 })[Symbol.asyncIterator]()
  await running.next()
  await history.close()
  await history.close()
  await expect(running.next()).rejects.toThrow(ClosedError)
  expect((await running.next()).done).toBe(true)
  expect(() => history.query()).toThrow(ClosedError)
  await expect(history.getEvent(0)).rejects.toThrow(ClosedError)
  await expect(history.sample(1)).rejects.toThrow(ClosedError)
  await expect(history.gaps(0, 1).next()).rejects.toThrow(ClosedError)
})

test('a directory without a journal, and arguments of the wrong kind, are refused', async () => {
  const directory = temporaryFolder()
  await expect(openHistory(directory)).rejects.toThrow(StorageError)
  expect(fs.readdirSync(directory)).toEqual([])
  await expect(openHistory('')).rejects.toThrow(InvalidArgumentError)
  await expect(openHistory(directory, { stores: 1 as never })).rejects.toThrow(/stores must be a list/)
  await expect(openHistory(directory, { store: [] } as never)).rejects.toThrow(/options has no 'store'/)
})
