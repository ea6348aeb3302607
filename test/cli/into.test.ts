import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { DirectoryStats } from '../../src/cli/directory-stats.js'
import { UsageError } from '../../src/cli/errors.js'
import { parseIngestOptions } from '../../src/cli/ingest-options.js'
import type { KeptReport } from '../../src/cli/keeping.js'
import type { Verification } from '../../src/cli/verification.js'
import { json, keep, newFolder } from './folders.js'
import { type IngestResult, ingest, logLine, outcome, run, start } from './run.js'

type Kept = IngestResult & { into: KeptReport }

function events(count: number, first = 0): string {
  return Array.from({ length: count }, (_, i) => `{"stepNumber":${first + i},"timestamp":${(first + i) * 1e9}}\n`).join(
    '',
  )
}

async function into(folder: string, input: string, ...more: string[]): Promise<Kept> {
  return (await ingest(['-', '--format', 'ndjson', '--into', folder, ...more], { input })) as Kept
}

test('what is ingested into a directory is journaled and stored, and the next time goes on behind it', async () => {
  const folder = newFolder()
  const first = await into(folder, events(300))
  expect(first.into).toMatchObject({
    directory: folder,
    continued: false,
    startSeq: 0,
    endSeq: 300,
    durability: 'process-crash',
  })
  expect(first.into.journal).toMatchObject({ written: 300, durable: 300, pending: 0 })
  expect(first.into.store).toMatchObject({ events: 300, pending: 0 })
  expect(first.into.recovery).toEqual({ torn: null, damage: [] })
  const second = await into(folder, events(20, 300), '--sample', '320', '--durability', 'power-loss')
  expect(second.into).toMatchObject({ continued: true, startSeq: 300, endSeq: 320, durability: 'power-loss' })
  expect(second.into.store).toMatchObject({ events: 320, days: 4 })
  expect(new Set(second.samples.map(({ event }) => event.stepNumber)).size).toBe(320)
  const stats = await json<DirectoryStats>(['stats', folder])
  expect(stats).toMatchObject({ firstSeq: 0, endSeq: 320, capacity: 1_000_000 })
  expect(stats.appraisers).toEqual(['homeostasis', 'curiosity', 'efficiency', 'goal'])
  expect(stats.files?.days.map(({ day, events }) => [day, events])).toEqual([
    ['1970-01-01', 87],
    ['1970-01-02', 86],
    ['1970-01-03', 87],
    ['1970-01-04', 60],
  ])
  const verified = await json<Verification>(['verify', folder])
  expect(verified).toMatchObject({ findings: [], equal: 320, pending: 0 })
})

test('the summary says what was kept', async () => {
  const folder = newFolder()
  const args = ['ingest', '-', '--format', 'ndjson', '--into', folder, '--store', 'messagepack']
  const { status, stdout, stderr } = await run(args, { input: events(30) })
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toContain(
    `  kept       in ${folder}, begun with events 0 to 29, safe against a crash of the process\n`,
  )
  expect(stdout).toMatch(/ {2}journal {4}30 of 30 events, 1 file, [\d.]+ kB written\n/)
  expect(stdout).toMatch(/ {2}stored {5}30 events in 1 file of 1 day, [\d.]+ kB, 0 pending\n/)
})

test('the appraisers and the capacity of a directory go on, and others are refused', async () => {
  const folder = newFolder()
  const first = await into(folder, events(50), '--appraisers', 'goal', '--capacity', '40', '--store', 'none')
  expect(first.into.store).toBeNull()
  expect(existsSync(join(folder, 'cold'))).toBe(false)
  const second = await into(folder, events(5), '--store', 'none')
  expect(Object.keys(second.meanRewards)).toEqual(['goal'])
  expect(second.ring.capacity).toBe(40)
  const args = ['ingest', '-', '--format', 'ndjson', '--into', folder, '--appraisers', 'curiosity']
  const { status, stdout, stderr } = await run(args, { input: events(1) })
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^experience-stream: appraisers .*\n$/)
  expect(await json<Verification>(['verify', folder])).toMatchObject({ findings: [], pending: 55 })
})

test('options of keeping are refused without a directory', () => {
  const cases: [string[], RegExp][] = [
    [['-', '--store', 'parquet'], /--store needs --into DIR/],
    [['-', '--durability', 'none'], /--durability needs --into DIR/],
    [['-', '--into', ''], /--into is empty, expected a directory/],
    [['-', '--into', 'd', '--store', 'csv'], /--store is "csv", expected one of parquet, messagepack, none/],
    [['-', '--into', 'd', '--durability', 'yes'], /--durability is "yes", expected one of none, process-crash/],
  ]
  for (const [args, message] of cases) {
    expect(() => parseIngestOptions(args), args.join(' ')).toThrow(message)
    expect(() => parseIngestOptions(args), args.join(' ')).toThrow(UsageError)
  }
})

test('a directory that somebody has open, and one that cannot be one, are one line and the status 1', async () => {
  const { directory } = await keep({ events: 10 })
  const child = start(['ingest', '-', '--format', 'log', '--into', directory, '--json', '--store', 'none'])
  const ended = outcome(child)
  await new Promise((resolve) => child.stdin?.write(logLine('192.0.2.1', 1).repeat(20_000), resolve))
  const second = await run(['ingest', '-', '--format', 'ndjson', '--into', directory], { input: events(1) })
  expect([second.status, second.stdout]).toEqual([1, ''])
  expect(second.stderr).toMatch(/^experience-stream: .* is in use by process \d+\n$/)
  child.stdin?.end()
  expect((await ended).status).toBe(0)
  const refused = await run(['ingest', '-', '--format', 'ndjson', '--into', '/dev/null/x'], { input: events(1) })
  expect([refused.status, refused.stdout]).toEqual([1, ''])
  expect(refused.stderr).toMatch(/^experience-stream: cannot make the folder .*\n$/)
})

test('Ctrl-C leaves a whole directory with what was read until then', async () => {
  const folder = newFolder()
  const child = start(['ingest', '-', '--format', 'log', '--into', folder, '--json', '--store', 'messagepack'])
  const ended = outcome(child)
  await new Promise((resolve) => child.stdin?.write(logLine('192.0.2.1', 1).repeat(20_000), resolve))
  child.kill('SIGINT')
  const { status, stdout, stderr } = await ended
  expect([status, stderr]).toEqual([130, ''])
  const { ingested, into: told } = JSON.parse(stdout) as Kept
  expect(told.endSeq).toBe(ingested)
  expect(ingested).toBeGreaterThan(0)
  const verified = await json<Verification>(['verify', folder])
  expect(verified).toMatchObject({ findings: [], equal: ingested, pending: 0, endSeq: ingested })
})

test('kill -9 leaves a directory that verifies, and that the next run goes on with', async () => {
  const folder = newFolder()
  const child = start(['ingest', '-', '--format', 'log', '--into', folder, '--store', 'messagepack'])
  const ended = outcome(child)
  await new Promise((resolve) => child.stdin?.write(logLine('192.0.2.1', 1).repeat(20_000), resolve))
  child.kill('SIGKILL')
  await ended
  const before = await json<Verification>(['verify', folder])
  expect(before.findings).toEqual([])
  expect(before.endSeq).toBeGreaterThan(0)
  const next = await into(folder, events(10), '--store', 'messagepack')
  expect(next.into).toMatchObject({ continued: true, startSeq: before.endSeq })
  expect(await json<Verification>(['verify', folder])).toMatchObject({ findings: [], pending: 0 })
})

test('files that cannot be made end the command before anything is read', async () => {
  const folder = newFolder()
  mkdirSync(folder)
  writeFileSync(join(folder, 'cold'), '')
  const args = ['ingest', '-', '--format', 'ndjson', '--into', folder]
  const { status, stdout, stderr } = await run(args, { input: events(10) })
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^experience-stream: .*cold.*\n$/)
  expect(await json<DirectoryStats>(['stats', folder])).toMatchObject({ endSeq: 0, files: null })
})
