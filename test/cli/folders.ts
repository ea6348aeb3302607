/**
 * Directories of streams for the tests of commands that read them.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { AppraiserType, EventType } from '../../src/index.js'
import { FileColdStorage, type NodeDurableOptions, openExperienceStream } from '../../src/storage/index.node.js'
import { type Result, run } from './run.js'

const root = mkdtempSync(join(tmpdir(), 'cli-directories-'))
let made = 0

afterAll(() => rmSync(root, { recursive: true, force: true }))

/** The path of a folder that does not exist yet. */
export function newFolder(): string {
  return join(root, String(made++))
}

export interface Kept {
  directory: string
  events: number
  /** Those that have left the ring and were scored afterwards. */
  late: number[]
}

export interface KeepOptions extends Partial<NodeDurableOptions> {
  events?: number
  format?: 'parquet' | 'messagepack'
}

/** A closed directory: a small ring, files, events of two days and three types, late rewards, metadata. */
export async function keep({ events = 3000, format = 'messagepack', ...options }: KeepOptions = {}): Promise<Kept> {
  const directory = newFolder()
  const stream = await openExperienceStream({ directory, capacity: 1000, settleMs: 0, ...options })
  const store = new FileColdStorage(join(directory, 'cold'), { format, batchSize: 1000 })
  const follower = stream.follow(store)
  for (let i = 0; i < events; i++) {
    stream.writeEvent({
      timestamp: (86_400 * 20_000 + i * 50) * 1e6,
      episodeId: Math.floor(i / 100),
      stepNumber: i % 100,
      eventType: [EventType.ActionCompleted, EventType.ActionFailed, 0xf001][i % 3] as number,
      state: [i / 1000],
    })
    if (i % 1000 === 999) await follower.caughtUp()
  }
  await stream.writeEventWithMetadata(
    { episodeId: 2n ** 63n },
    { intentType: 'explore', parameters: { depth: [1, 2] } },
  )
  await follower.caughtUp()
  const late = [1, 500, 1500].filter((seq) => seq < events - 1000)
  for (const seq of late) stream.setAppraiserReward(seq, AppraiserType.Goal, seq / 1024)
  for (let seq = events - 10; seq < events; seq++) stream.setAppraiserReward(seq, AppraiserType.Curiosity, 0.5)
  await stream.close()
  await store.close()
  return { directory, events: events + 1, late }
}

/** Runs a command with `--json`, which must print one object, and returns it with the status. */
export async function json<T>(args: string[], status = 0): Promise<T> {
  const result: Result = await run([...args, '--json'])
  if (result.status !== status || result.stderr !== '') {
    throw new Error(`status ${result.status}: ${result.stderr}${result.stdout}`)
  }
  return JSON.parse(result.stdout) as T
}
