import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Verification } from '../../src/cli/verification.js'
import { AppraiserType } from '../../src/index.js'
import { FileColdStorage, openExperienceStream } from '../../src/storage/index.node.js'
import { json, type Kept, keep, newFolder } from './folders.js'
import { run } from './run.js'

let kept: Kept

beforeAll(async () => {
  kept = await keep()
})

function copy(): string {
  const folder = newFolder()
  cpSync(kept.directory, folder, { recursive: true })
  return folder
}

function files(folder: string, under: string): string[] {
  return readdirSync(join(folder, under), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:esj|messagepack|parquet)$/.test(name))
    .sort()
    .map((name) => join(folder, under, name))
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] as number) ^ 1
  writeFileSync(path, bytes)
}

test('a directory that has everything is proved to, with counts and the status 0', async () => {
  const found = await json<Verification>(['verify', kept.directory])
  expect(found.findings).toEqual([])
  expect(found).toMatchObject({ firstSeq: 0, endSeq: kept.events, unread: 0, elsewhere: 0, pending: 0 })
  expect(found.equal + found.onlyInFiles).toBe(kept.events)
  expect(found.files).toMatchObject({ events: kept.events, skipped: 0, dropped: 0, gaps: 0 })
  const { status, stdout, stderr } = await run(['verify', kept.directory])
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/all is well\n {2}numbers {4}3,001, of stream [\da-f-]{36}\n {2}journal/)
  expect(stdout).toMatch(/equal {6}3,001 events in journal and files\n/)
})

test('events that only the files have any more are compared with the late rewards in the journal', async () => {
  const { directory, events, late } = await keep({ events: 20_000, segmentBytes: 2 ** 20 })
  const found = await json<Verification>(['verify', directory])
  expect(found.onlyInFiles).toBeGreaterThan(5000)
  expect(found.equal).toBe(events - found.onlyInFiles)
  expect(found.corrected).toBe(late.length)
  expect(found.journal.startSeq).toBe(found.onlyInFiles)
})

test('events that no file has yet are pending', async () => {
  const folder = copy()
  const stream = await openExperienceStream({ directory: folder })
  stream.writeEvent({})
  stream.setAppraiserReward(2999, 0, 1)
  await stream.close()
  const found = await json<Verification>(['verify', folder])
  expect(found).toMatchObject({ findings: [], pending: 1, equal: kept.events, endSeq: kept.events + 1 })
  expect(found.pendingCorrections).toBe(1)
})

test('a flipped bit of the journal is damage with file and offset, and the status 1', async () => {
  const folder = copy()
  const [segment = ''] = files(folder, 'journal')
  flip(segment, 1000)
  const found = await json<Verification>(['verify', folder], 1)
  expect(found.findings[0]?.kind).toBe('damaged')
  expect(found.findings[0]?.what).toMatch(/^journal-0000000000\.esj at byte \d+: a block does not fit its checksum/)
  expect(found.unread + found.equal).toBe(kept.events)
  const { status, stdout } = await run(['verify', folder])
  expect(status).toBe(1)
  expect(stdout).toMatch(/: 1 fault\n[\s\S]*\n {2}DAMAGED {4}journal-0000000000\.esj at byte/)
})

test('a flipped bit of a file, and a file that is gone, are found and named', async () => {
  const folder = copy()
  const [first = '', second = ''] = files(folder, 'cold/events')
  flip(first, readFileSync(first).length - 5)
  rmSync(second)
  const found = await json<Verification>(['verify', folder], 1)
  const damaged = found.findings.filter(({ kind }) => kind === 'damaged').map(({ what }) => what)
  expect(damaged.some((what) => what.includes(first.slice(-40)))).toBe(true)
  expect(damaged.some((what) => what.includes(second.slice(-40)))).toBe(true)
})

test('a lost file of corrections is found', async () => {
  const folder = copy()
  const [corrections = ''] = files(folder, 'cold/corrections')
  rmSync(corrections)
  const found = await json<Verification>(['verify', folder], 1)
  expect(found.findings[0]).toMatchObject({ kind: 'damaged' })
  expect(found.findings[0]?.what).toContain('corrections/')
})

test('files of an event that differs from the journal are found, late rewards too', async () => {
  const folder = copy()
  const other = await keep()
  // The same events with other ids, under the identity of the first stream.
  const manifest = (path: string): string => readFileSync(join(path, 'cold', 'MANIFEST'), 'utf8')
  const idOf = (path: string): string => /"streamId":"([^"]+)"/.exec(manifest(path))?.[1] ?? ''
  expect(idOf(folder)).not.toBe(idOf(other.directory))
  rmSync(join(folder, 'cold'), { recursive: true })
  cpSync(join(other.directory, 'cold'), join(folder, 'cold'), { recursive: true })
  const found = await json<Verification>(['verify', folder], 1)
  const kinds = new Set(found.findings.map(({ kind }) => kind))
  expect(kinds).toEqual(new Set(['unknown', 'different']))
  expect(found.findings.length).toBe(100)
  expect(found.findings.length + found.moreFindings).toBe(kept.events + 1)
})

test('events that left the journal before any file had them are missing', async () => {
  const { directory } = await keep({ events: 20_000, segmentBytes: 2 ** 20 })
  rmSync(join(directory, 'cold'), { recursive: true })
  const stream = await openExperienceStream({ directory })
  stream.unfollow('files')
  await stream.close()
  const found = await json<Verification>(['verify', directory], 1)
  expect(found.findings).toEqual([
    {
      kind: 'missing',
      what: expect.stringMatching(/^the events 0 to \d+ are neither in the journal nor in the files$/),
    },
  ])
})

test('a directory that is being written to verifies as well', async () => {
  const folder = newFolder()
  const stream = await openExperienceStream({ directory: folder, capacity: 5000, settleMs: 0, segmentBytes: 2 ** 20 })
  const store = new FileColdStorage(join(folder, 'cold'), { format: 'messagepack', batchSize: 500 })
  stream.follow(store, { lingerMs: 0 })
  let running = true
  const writing = (async () => {
    while (running) {
      for (let i = 0; i < 500; i++) stream.setAppraiserReward(stream.writeEvent({}), AppraiserType.Goal, i)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  })()
  try {
    for (let round = 0; round < 3; round++) {
      const found = await json<Verification>(['verify', folder])
      expect(found.findings).toEqual([])
      expect(found.unread).toBe(0)
    }
  } finally {
    running = false
    await writing
    await stream.close()
    await store.close()
  }
  expect((await json<Verification>(['verify', folder])).findings).toEqual([])
}, 30_000)
