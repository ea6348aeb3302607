/**
 * Subject: what a journal in a worker costs the thread that writes: bursts of events and of rewards on a shared ring with
 * a journal and on one without, in turns; and how fast events come through to the files when nobody pauses.
 *
 * The bursts are smaller than the backlog and wait for nobody: the worker writes out what it finds meanwhile, on another
 * core. Between them the journal catches up, untimed.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppraiserType, type ExperienceStream } from 'experience-stream'
import { type DurableExperienceStream, openExperienceStream } from 'experience-stream/node'
import { START_US } from '../fixtures.js'
import { fullSharedStream, stage } from '../fixtures-stream.js'
import { timeRound } from '../harness/measure.js'
import type { Subject } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'

const BACKLOG = 16_384
const BURST = BACKLOG / 2
const ROUNDS = 400
const QUICK_ROUNDS = 8
const WARM_UP = 40
const EVENTS = 4_000_000
const QUICK_EVENTS = 100_000
const GOAL_NS = 10

type Work = (stream: ExperienceStream, n: number) => number

const idle = new Int32Array(new SharedArrayBuffer(4))
let count = 0

/** Writes events with all fields; the sum of their numbers. */
function writes(stream: ExperienceStream, n: number): number {
  const { writer } = stream
  let sum = 0
  for (let i = 0; i < n; i++) {
    stage(writer, count)
    writer.timestamp = START_US + count++
    sum += writer.commit()
  }
  return sum
}

/** Scores the newest events. */
function scores(stream: ExperienceStream, n: number): number {
  const { totalWritten } = stream
  for (let i = 0; i < n; i++) stream.setAppraiserReward(totalWritten - 1 - (i & 1023), AppraiserType.Goal, i & 255)
  return n
}

/** Blocks until everything is written out, or for long enough for late writes. */
function catchUp(stream: DurableExperienceStream): void {
  stream.release()
  do Atomics.wait(idle, 0, 0, 2)
  while (stream.stats().journal.backlog > 0)
}

async function bursts(
  subject: Subject,
  plain: ExperienceStream,
  kept: DurableExperienceStream,
  what: string,
  work: Work,
) {
  const rounds = subject.job.quick ? QUICK_ROUNDS : ROUNDS
  const without: number[] = []
  const beside: number[] = []
  for (let i = -WARM_UP; i < rounds; i++) {
    const before = (): void => catchUp(kept)
    const a = timeRound({ name: what, unit: 'ns', before, run: (n) => work(plain, n) }, BURST)
    const b = timeRound({ name: what, unit: 'ns', before, run: (n) => work(kept, n) }, BURST)
    if (i < 0) continue
    without.push((a * 1e6) / BURST)
    beside.push((b * 1e6) / BURST)
    // What came of names and messages.
    await new Promise((resolve) => setImmediate(resolve))
  }
  const includes = `bursts of ${BURST}; the other core writes the journal`
  subject.figure({ name: `${what}, without a journal`, unit: 'ns', includes }, without)
  subject.figure({ name: `${what}, journal in a worker`, unit: 'ns', includes }, beside)
  const cost = beside.map((ns, i) => ns - (without[i] as number))
  // The limit is for events.
  const goal = work === writes ? { goal: GOAL_NS, limitKind: 'exact' as const } : {}
  subject.figure(
    { name: `${what}: cost of the journal`, unit: 'ns', includes: `${includes}; difference`, ...goal },
    cost,
  )
}

/** Time per event from the first write to `durable`, without pauses: the disk's and the worker's speed. */
async function through(subject: Subject, stream: DurableExperienceStream): Promise<void> {
  const events = subject.job.quick ? QUICK_EVENTS : EVENTS
  const samples: number[] = []
  for (let i = 0; i < 3; i++) {
    const start = performance.now()
    writes(stream, events)
    await stream.durable()
    samples.push(((performance.now() - start) * 1e6) / events)
  }
  const includes = `${events} events and durable(), process-crash; the writer waits at the gate`
  subject.figure({ name: 'writer, through to the files', unit: 'ns', includes }, samples)
}

runSubject(async (subject) => {
  const directory = mkdtempSync(join(tmpdir(), 'experience-stream-bench-'))
  const { capacity } = subject
  const plain = await fullSharedStream(capacity)
  const kept = await openExperienceStream({ directory, capacity, maxBacklog: BACKLOG, shared: true, prefault: true })
  try {
    writes(kept, capacity + BACKLOG)
    await bursts(subject, plain, kept, 'writer', writes)
    await bursts(subject, plain, kept, 'reward of one of the newest 1024', scores)
    await through(subject, kept)
  } finally {
    await kept.close()
    await plain.close()
    rmSync(directory, { recursive: true })
  }
})
