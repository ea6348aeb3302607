/**
 * A process with a shared stream is killed at random: every event and reward that it had been promised is there.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { faultsOf, firstReward, indexOf, type RewardRule, writerOf } from '../../threads/support/payload.mjs'
import { temporaryFolder } from '../support/folders.js'
import { keptIn, openShared } from './support.js'

const BEHIND = 50
const KILLS = 6
const CHILD = new URL('./crash-child.mjs', import.meta.url)

/** Runs the child until it has promised something, and a random time longer; returns its last promise. */
function runAndKill(directory: string, longerMs: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD.pathname, directory], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    let failed = ''
    let timer: NodeJS.Timeout | undefined
    child.stderr.on('data', (text) => {
      failed += text
    })
    child.stdout.on('data', (text) => {
      said += text
      timer ??= setTimeout(() => child.kill('SIGKILL'), longerMs)
    })
    child.on('exit', () => {
      clearTimeout(timer)
      const lines = said.split('\n').slice(0, -1)
      if (failed !== '' || lines.length === 0) reject(new Error(`the child said: ${failed}`))
      else resolve(lines.at(-1)!.split(' ').map(Number))
    })
  })
}

test('what a killed process was promised is there, once and whole', { timeout: 120_000 }, async () => {
  for (let kill = 0; kill < KILLS; kill++) {
    const directory = temporaryFolder()
    const promised = await runAndKill(directory, 5 + ((kill * 37) % 60))
    const stream = await openShared({ directory, capacity: 100, maxBacklog: 32 })
    const total = stream.totalWritten
    await stream.close()
    const kept = keptIn(directory)
    expect(kept.endSeq).toBe(total)
    const late: RewardRule = (value, key, slot) => {
      return slot !== 3 || value === firstReward(key, slot) || value === indexOf(key) + 1
    }
    expect(faultsOf(kept.batch, late)).toEqual([])
    for (const [i, count] of promised.entries()) {
      const own = eventsOf(kept, i + 1)
      expect(own.length).toBeGreaterThanOrEqual(count)
      expect(own.map(({ index }) => index)).toEqual(own.map((_, index) => index))
      const scored = own.slice(0, Math.max(0, count - BEHIND))
      expect(scored.filter(({ index, reward }) => reward !== index + 1)).toEqual([])
    }
  }
})

function eventsOf(kept: ReturnType<typeof keptIn>, writer: number): { index: number; reward: number }[] {
  const found: { index: number; reward: number }[] = []
  for (const { timestamp, rewardGoal } of kept.batch) {
    if (writerOf(timestamp) === writer) found.push({ index: indexOf(timestamp), reward: rewardGoal })
  }
  return found
}
