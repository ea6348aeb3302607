import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { DirectoryStats } from '../../src/cli/directory-stats.js'
import { openExperienceStream } from '../../src/storage/index.node.js'
import { json, keep, newFolder } from './folders.js'
import { run } from './run.js'

test('stats tells what a directory holds, also while somebody writes to it', async () => {
  const { directory, late } = await keep()
  const stream = await openExperienceStream({ directory })
  const subscription = stream.subscribe({ name: 'reader', from: 2990 })
  subscription.poll()
  subscription.ack(2995)
  stream.writeEvent({})
  await stream.durable()
  const stats = await json<DirectoryStats>(['stats', directory])
  expect(stats.streamId).toBe(stream.identity.streamId)
  expect(stats).toMatchObject({ directory, capacity: 1000, firstSeq: 0, endSeq: 3002 })
  expect(stats.window).toEqual({ startSeq: 2002, endSeq: 3002 })
  expect(stats.journal.kinds.records.entries).toBe(3002)
  expect(stats.journal.kinds.corrections.entries).toBeGreaterThanOrEqual(late.length)
  expect(stats.journal.kinds.metadata).toMatchObject({ blocks: 1, entries: 1 })
  expect(stats.journal).toMatchObject({ gaps: [], gapNumbers: { aborted: 0, damaged: 0 } })
  expect(stats.journal.cursors).toEqual([{ name: 'reader', seq: 2996, lag: 6 }])
  expect(stats.journal.followers).toEqual([
    {
      name: 'files',
      checkpoint: { seq: 3001, position: expect.any(Number) },
      lag: { events: 1, bytes: expect.any(Number) },
    },
  ])
  expect(stats.files).toMatchObject({ lag: 1, events: 3001, gaps: [], skipped: 0 })
  expect(stats.files?.days.map(({ day }) => day).slice(0, 2)).toEqual(['2024-10-04', '2024-10-05'])
  const { status, stdout, stderr } = await run(['stats', directory])
  await stream.close()
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/: stream [\da-f-]{36}\n {2}events {5}3,002 written, 0 to 3001\n/)
  expect(stdout).toContain('  cursor     reader: at 2996, 6 events behind\n')
  expect(stdout).toContain('    2024-10-04  1,728 events in ')
})

test('what is no directory of a stream is one line and the status 1', async () => {
  const empty = newFolder()
  mkdirSync(empty)
  const hollow = newFolder()
  mkdirSync(join(hollow, 'journal'), { recursive: true })
  const file = newFolder()
  writeFileSync(file, '')
  const cases: [string, RegExp][] = [
    [newFolder(), /there is no such directory/],
    [file, /it is no directory/],
    [empty, /is no directory of a stream: it has no journal/],
    [hollow, /no journal|holds no/],
  ]
  for (const [path, message] of cases) {
    for (const command of ['stats', 'verify']) {
      const { status, stdout, stderr } = await run([command, path])
      expect([status, stdout], command).toEqual([1, ''])
      expect(stderr, command).toMatch(message)
      expect(stderr).toMatch(/^experience-stream: .*\n$/)
    }
  }
})
