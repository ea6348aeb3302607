import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { FileColdStorage } from '../../../src/storage/index.node.js'
import { openStream } from '../durable/support.js'
import { temporaryFolder } from '../support/folders.js'
import { windowOf } from './support.js'

const CHILD = fileURLToPath(new URL('restoring-child.mjs', import.meta.url))
const EVENTS = 60_000

/** Restores in another process; killed so many ms after it has begun. How it ended, and what it has said. */
async function restoring(
  directory: string,
  cold: string,
  killAfterMs?: number,
): Promise<{ said: string; killed: boolean }> {
  const child = spawn(process.execPath, [CHILD, directory, cold], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (text) => {
    said += text
  })
  const ended = once(child, 'close')
  if (killAfterMs !== undefined) {
    await once(child.stdout, 'data')
    await delay(killAfterMs)
    child.kill('SIGKILL')
  }
  const [status, signal] = await ended
  expect(status === 0 || signal === 'SIGKILL').toBe(true)
  return { said, killed: signal === 'SIGKILL' }
}

test('a process that is killed while it restores has restored nothing or everything', async () => {
  const cold = temporaryFolder()
  const store = new FileColdStorage(cold, { format: 'messagepack' })
  const first = await openStream({ capacity: EVENTS, settleMs: 0, maxBacklog: EVENTS })
  const follower = first.follow(store)
  for (let i = 0; i < EVENTS; i++) first.writeEvent({ stepNumber: i, rewardGoal: i / 8 })
  await follower.flush()
  const before = windowOf(first)
  await first.close()
  await store.close()
  const outcomes = { nothing: 0, begun: 0, whole: 0 }
  const began = performance.now()
  await restoring(temporaryFolder(), cold)
  const longest = performance.now() - began
  for (let round = 0; round < 12; round++) {
    const directory = temporaryFolder()
    await restoring(directory, cold, (longest * round) / 12)
    const journal = join(directory, 'journal')
    const isWhole = existsSync(journal) && readdirSync(journal).length > 0
    outcomes[isWhole ? 'whole' : existsSync(`${journal}.restoring`) ? 'begun' : 'nothing']++
    const reader = await FileColdStorage.read(cold)
    const stream = await openStream({ directory, restoreFrom: reader })
    expect(stream.recovery.restored === undefined).toBe(isWhole)
    expect(windowOf(stream)).toEqual(before)
    expect(existsSync(`${journal}.restoring`)).toBe(false)
    await reader.close()
    await stream.close()
  }
  expect(outcomes.begun).toBeGreaterThan(0)
}, 60_000)
