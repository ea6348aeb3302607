/**
 * The first seconds of the soak, and what it would notice.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { growthOf, type Sample } from './usage.mjs'

const MIB = 2 ** 20

/** Samples of a run in which one number goes up by so much each time. */
function samplesOf(key: keyof Sample, step: number): Sample[] {
  const flat = {
    rss: 200 * MIB,
    heap: 20 * MIB,
    external: 50 * MIB,
    buffers: 20 * MIB,
    files: 30,
    handles: 5,
    disk: MIB,
  }
  return Array.from({ length: 60 }, (_, i) => ({ ...flat, [key]: flat[key] + i * step }))
}

test('the soak finds nothing in its first seconds', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/soak.mjs', '--minutes', '0.05'], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(stdout).toMatch(/not judged.*\nnothing was wrong\n$/)
  expect(status).toBe(0)
})

test.each([
  ['rss', 4 * MIB],
  ['heap', MIB],
  ['external', MIB],
  ['buffers', MIB],
  ['files', 1],
  ['handles', 1],
  ['disk', 4 * MIB],
] as const)('it notices that %s grows', (key, step) => {
  expect(growthOf(samplesOf(key, 0))).toEqual([])
  expect(growthOf(samplesOf(key, step))).toEqual([expect.stringContaining(`${key} grew from`)])
})
