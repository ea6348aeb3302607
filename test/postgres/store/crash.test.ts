/**
 * Processes that follow a stream into a database and are killed: each event is there once, with its newest rewards.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { connectServer } from '../../../src/postgres/driver/server.js'
import { PostgresStore } from '../../../src/postgres/store/store.js'
import { openExperienceStream } from '../../../src/storage/index.node.js'
import { describeServer, serverDatabase } from '../support/databases.js'
import { expectSame } from './same.js'

const CHILD = fileURLToPath(new URL('./crash-child.mjs', import.meta.url))
const KILLS = 8
/** The snapshot of one statement: what is committed, and what the checkpoint says of it. */
const ACCOUNT = `SELECT next_seq, (SELECT count(*) FROM experience_events) AS rows,
  (SELECT count(DISTINCT sequence_number) FROM experience_events) AS numbers FROM experience_streams`

/** Runs a child and kills it behind its round `rounds`, at no chosen place. */
async function killed(directory: string, url: string, rounds: number): Promise<void> {
  const child = spawn(process.execPath, [CHILD, directory, url, String(rounds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  let seen = 0
  child.stdout.on('data', (text: Buffer) => {
    seen += text.toString().split('\n').length - 1
    if (seen >= rounds) child.kill('SIGKILL')
  })
  const [, signal] = await ended
  expect(signal).toBe('SIGKILL')
}

describeServer('a process that follows a stream', () => {
  test('is killed again and again, and every event is there once with its newest rewards', async () => {
    const url = await serverDatabase()
    const directory = mkdtempSync(join(tmpdir(), 'experience-crash-'))
    const driver = await connectServer(url)
    onTestFinished(async () => {
      await driver.close()
      rmSync(directory, { recursive: true, force: true })
    })
    let last = 0n
    for (let kill = 0; kill < KILLS; kill++) {
      await killed(directory, url, 2 + ((kill * 37) % 50))
      const [account] = await driver.query<{ next_seq: bigint; rows: bigint; numbers: bigint }>(ACCOUNT)
      if (account === undefined) continue
      const { next_seq, rows, numbers } = account
      expect([rows, numbers]).toEqual([next_seq, next_seq])
      expect(next_seq).toBeGreaterThanOrEqual(last)
      last = next_seq
    }
    expect(last).toBeGreaterThan(0n)
    const stream = await openExperienceStream({ directory, capacity: 100_000, settleMs: 0 })
    onTestFinished(() => stream.close())
    const store = new PostgresStore(driver)
    await stream.follow(store, { name: 'postgres', lingerMs: 0 }).flush()
    await expectSame(store, stream)
    expect(await store.count(0, 1e6)).toBe(stream.totalWritten)
  }, 120_000)
})
