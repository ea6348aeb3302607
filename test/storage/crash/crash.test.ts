/**
 * Processes that are killed at random while they use everything of durable memory: CI's share. `scripts/crash.mjs --kills
 * 300` does it in earnest.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { readdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folders.js'
import { inspect } from './inspection.mjs'
import { killOften, runAndKill, WAYS } from './killer.mjs'
import { Promises } from './promises.mjs'

const KILLS_OF_A_DIRECTORY = 6

test('whatever a killed process was promised is in ring, journal, history and every store, once and whole', async () => {
  // Every way of opening a directory once, in two lanes.
  const lanes = [4, WAYS.length - 4].map((directories, lane) => {
    const enough = directories * KILLS_OF_A_DIRECTORY
    const options = { seed: lane * 4, chapterKills: KILLS_OF_A_DIRECTORY }
    return killOften(options, ({ kills }) => kills >= enough)
  })
  const tallies = await Promise.all(lanes)
  expect(tallies.flatMap(({ faults }) => faults)).toEqual([])
  expect(tallies.reduce((sum, { kills }) => sum + kills, 0)).toBe(WAYS.length * KILLS_OF_A_DIRECTORY)
  for (const { inspections, acks, events, rewards } of tallies) {
    for (const count of [inspections, acks, events, rewards]) expect(count).toBeGreaterThan(0)
  }
}, 180_000)

test('the inspection notices that the end of the journal is gone', async () => {
  const chapter = { ...WAYS[0]!, directory: temporaryFolder(), seed: 1 }
  const promises = new Promises()
  for (const line of await runAndKill({ ...chapter, run: 0 }, 'ack', 200)) promises.take(0, line, true)
  expect(promises.faults).toEqual([])
  expect(promises.counts.events).toBeGreaterThan(0)
  const journal = join(chapter.directory, 'journal')
  for (const name of readdirSync(journal)) truncateSync(join(journal, name), 8192)
  // A store that has got anything by then is ahead of its journal and refuses to follow it, which comes first.
  await inspect(chapter, 0, promises).catch((error) => promises.fault(String(error)))
  expect(promises.faults.join('\n')).toMatch(/promised|cannot follow this journal/)
})

test('the script tells how it is used, and what is wrong with its options', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['scripts/crash.mjs', ...args], { encoding: 'utf8', timeout: 30_000 })
  expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--kills N'), stderr: '' })
  for (const args of [['--kills', '0'], ['--seed', '-1'], ['--nonsense']]) {
    expect(run(...args)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(args[0]!) })
  }
})
