/**
 * Runs the built command line as a child process.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const main = join(root, 'dist', 'cli', 'main.js')

export interface Result {
  status: number | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  /** Written to the standard input, which is then closed; pieces are made while they are taken. */
  input?: string | Uint8Array | Iterable<string | Uint8Array>
  env?: Record<string, string>
}

/** One JSON result of `ingest --json`, as far as tests look at it. */
export interface IngestResult {
  ingested: number
  malformed: number
  malformedLines: { line: number; reason: string }[]
  format: string
  records: number
  blank: number
  episodes: number
  episodesForgotten: number
  outOfOrder: number
  types: Record<string, number>
  meanRewards: Record<string, number>
  ring: { capacity: number; written: number; readable: number; evicted: number; fullyAppraised: number }
  notes: string[]
  interrupted: boolean
  samples: { seq: number; probability: number; event: SampledEvent }[]
  timing: Record<string, number>
}

export interface SampledEvent {
  eventId: string
  timestamp: number
  episodeId: string
  stepNumber: number
  eventType: number
  flags: number
  state: number[]
  action: number[]
  rewardHomeostasis: number
  rewardCuriosity: number
  rewardEfficiency: number
  rewardGoal: number
  totalReward: number
}

/** Starts the program; the caller handles its streams. Its standard output may go to a file that is open. */
export function start(
  args: string[],
  env: Record<string, string> = {},
  stdout: 'pipe' | number = 'pipe',
  cwd: string = root,
): ChildProcess {
  return spawn(process.execPath, [main, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['pipe', stdout, 'pipe'],
  })
}

/** Runs the program to its end. */
export async function run(args: string[], { input = '', env }: RunOptions = {}): Promise<Result> {
  const child = start(args, env)
  const ended = outcome(child)
  const pieces = typeof input === 'string' || input instanceof Uint8Array ? [input] : input
  // the program may end before it has read everything
  await pipeline(Readable.from(pieces, { objectMode: true }), child.stdin as Writable).catch(() => {})
  return ended
}

/** Runs `ingest ... --json`, which must succeed silently, and parses what it prints. */
export async function ingest(args: string[], options: RunOptions = {}): Promise<IngestResult> {
  const { status, stdout, stderr } = await run(['ingest', ...args, '--json'], options)
  if (status !== 0 || stderr !== '') throw new Error(`status ${status}: ${stderr}`)
  return JSON.parse(stdout) as IngestResult
}

/** What a child printed, when it has ended. */
export function outcome(child: ChildProcess): Promise<Result> {
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => {
      resolve({ status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() })
    })
  })
}

/** A file of the shared data, which lies beside the checkout on some machines; tests that need it skip without it. */
export function shared(name: string): { path: string; test: typeof test | typeof test.skip } {
  const path = join(root, '..', 'shared', 'data', name)
  const isThere = existsSync(path)
  if (!isThere) console.warn(`\nSKIPPED: ../shared/data/${name} IS NOT THERE, so the tests on it cannot run\n`)
  return { path, test: isThere ? test : test.skip }
}

/** A line of an access log. */
export function logLine(client: string, second: number, status = 200, path = '/index.html'): string {
  const time = `17/May/2015:10:${String(Math.floor(second / 60) % 60).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}`
  return `${client} - - [${time} +0000] "GET ${path} HTTP/1.1" ${status} 1024 "-" "Mozilla/5.0 (X11; Linux x86_64)"\n`
}
