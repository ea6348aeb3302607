/**
 * Subject: what stands behind the journal: how fast stores follow it, how fast history answers from each tier, and the
 * memory of all of it together.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Checkpoint,
  type ColdBatch,
  type ColdStorage,
  FileColdStorage,
  type HistoryResult,
  openExperienceStream,
  type StoredEvents,
} from 'experience-stream/node'
import { fill } from '../fixtures.js'
import { consume } from '../harness/measure.js'
import type { Subject } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'

const EVENTS = 400_000
const QUICK_EVENTS = 10_000
const RANGE = 10_000
const ROUNDS = 15
const PIPELINE_EVENTS = 4_000_000
const PIPELINE_PIECE = 50_000

/** Takes everything and keeps nothing: what following itself costs. */
class Nowhere implements ColdStorage {
  readonly name = 'nowhere'
  checkpoint: Checkpoint | undefined

  async open(): Promise<Checkpoint | undefined> {
    return this.checkpoint
  }

  async write({ events }: ColdBatch, to: Checkpoint): Promise<void> {
    consume(events.length)
    this.checkpoint = to
  }

  async flush(): Promise<void> {}

  async *query(): AsyncGenerator<StoredEvents> {}

  async count(): Promise<number> {
    return 0
  }

  async close(): Promise<void> {}
}

function storesIn(folder: string): (readonly [string, ColdStorage])[] {
  return [
    ['a store that keeps nothing', new Nowhere()],
    ['MessagePack files', new FileColdStorage(join(folder, 'messages'), { format: 'messagepack', name: 'messages' })],
    ['Parquet files', new FileColdStorage(join(folder, 'parquet'), { name: 'parquet' })],
  ]
}

async function rate(subject: Subject, folder: string): Promise<void> {
  const { capacity, job } = subject
  const count = job.quick ? QUICK_EVENTS : EVENTS
  const stream = await openExperienceStream({ directory: join(folder, 'stream'), capacity })
  for (const [, store] of storesIn(folder)) {
    // Has a place in the journal before there is anything: the journal keeps it for all three.
    await stream.follow(store).close()
    await store.close()
  }
  fill(stream, count)
  await stream.durable()
  for (const [name, store] of storesIn(folder)) {
    const start = performance.now()
    await stream.follow(store).flush()
    const ns = ((performance.now() - start) * 1e6) / count
    const includes = `per event; ${count} events from the journal's files, masks and corrections looked up, committed`
    subject.figure({ name: `follower, ${name}`, unit: 'ns', includes }, [ns])
  }
  await stream.close()
}

async function timed(subject: Subject, name: string, rounds: number, ask: () => HistoryResult): Promise<void> {
  const samples: number[] = []
  let tier = ''
  let found = 0
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now()
    const batch = await ask().toBatch()
    if (round > 0) samples.push(performance.now() - start)
    found = batch.length
    tier = batch.tier
  }
  subject.figure(
    { name, unit: 'ms', includes: `${found} events in one batch with masks, from the tier '${tier}'` },
    samples,
  )
}

async function history(subject: Subject, folder: string): Promise<void> {
  const { quick } = subject.job
  const count = quick ? QUICK_EVENTS : EVENTS
  const rounds = quick ? 1 : ROUNDS
  const range = quick ? 500 : RANGE
  const capacity = range * 4
  const directory = join(folder, 'stream')
  const ring = { directory, capacity, segmentBytes: 2 ** 20 }
  const stream = await openExperienceStream({ ...ring, retention: { maxBytes: capacity * 2 * 128 } })
  const store = new FileColdStorage(join(folder, 'parquet'))
  const follower = stream.follow(store)
  for (let from = 0; from < count; from += capacity) {
    fill(stream, Math.min(capacity, count - from))
    await follower.flush()
  }
  const { totalWritten: end, history: all } = stream
  await timed(subject, 'range by numbers, ring', rounds, () => all.queryRange(end - range, end))
  const inJournal = end - capacity - range
  await timed(subject, 'range by numbers, journal', rounds, () => all.queryRange(inJournal, inJournal + range))
  const inStore = Math.floor(end / 4)
  await timed(subject, 'range by numbers, Parquet', rounds, () => all.queryRange(inStore, inStore + range))
  await stream.close()
  await store.close()
}

async function memory(subject: Subject, folder: string): Promise<void> {
  const { capacity, job } = subject
  const count = job.quick ? QUICK_EVENTS * 5 : PIPELINE_EVENTS
  const before = process.memoryUsage().rss
  const retention = { maxBytes: 64 * 2 ** 20 }
  const stream = await openExperienceStream({ directory: join(folder, 'stream'), capacity, prefault: true, retention })
  const opened = process.memoryUsage().rss
  const store = new FileColdStorage(join(folder, 'parquet'), { retention })
  const follower = stream.follow(store)
  let peak = opened
  let half = opened
  for (let written = 0; written < count; written += PIPELINE_PIECE) {
    fill(stream, Math.min(PIPELINE_PIECE, count - written))
    await follower.flush()
    peak = Math.max(peak, process.memoryUsage().rss)
    if (written < count / 2) half = peak
  }
  await stream.close()
  await store.close()
  const megabytes = (bytes: number): number[] => [bytes / 2 ** 20]
  const of = `a prefaulted ring of ${capacity} events`
  subject.figure({ name: 'memory of the open stream', unit: 'MB', includes: of }, megabytes(opened - before))
  const all = `${of}, journal, follower and Parquet store, ${count} events through; peak of the resident set`
  subject.figure({ name: 'memory of the whole pipeline', unit: 'MB', includes: all }, megabytes(peak - before))
  const grown = 'what the peak of the second half is above that of the first'
  subject.figure({ name: 'memory of the whole pipeline: growth', unit: 'MB', includes: grown }, megabytes(peak - half))
}

const VARIANTS: Record<string, (subject: Subject, folder: string) => Promise<void>> = { rate, history, memory }

runSubject(async (subject) => {
  const run = VARIANTS[subject.job.variant ?? '']
  if (run === undefined) throw new Error(`there is no variant ${subject.job.variant}`)
  const folder = mkdtempSync(join(tmpdir(), 'bench-followers-'))
  try {
    await run(subject, folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
