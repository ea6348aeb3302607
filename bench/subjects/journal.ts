/**
 * Subject: what the journal costs where it is written in the writer's own thread: syncs beside those of the bare disk, the
 * writing thread's time beside a stream without a journal, and opening what was left.
 *
 * The disk is that of the temporary folder. Both ends of a ratio are taken in turns, on files of the same folder.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync, writevSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExperienceStream } from 'experience-stream'
import { type Durability, type DurableExperienceStream, openExperienceStream } from 'experience-stream/node'
import { BATCH, fill, packedRecords, RECORD_BYTES } from '../fixtures.js'
import { fullStream, stage } from '../fixtures-stream.js'
import { quantile, spreadOf } from '../harness/spread.js'
import type { Subject } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'

/** What the issue of durable memory asks for. */
const PART_OF_DISK = 0.6
const SYNC_P99_MS = 1
/** The raw disk's where the goals were set. */
const RAW_P99_MS = 0.47
const SAME_THREAD_NS = 70
const RECOVERED = { prefaulted: 10e6, cold: 5e6 }

const TURN_BATCHES = 128
const TURNS = 12
const HEADER = new Uint8Array(64)
const ZEROS = new Uint8Array(2 ** 20)
const ROUNDS = 40
const ROUND_TURNS = 64
const OPENINGS = 7

/** A file to which batches are written as the journal has them, and synced one by one. */
class RawDisk {
  private readonly fd: number
  private at = 0

  /** @param reserved for how many batches it is filled with zeros ahead; beyond them it grows. */
  constructor(path: string, reserved: number) {
    this.fd = openSync(path, 'wx')
    for (let left = reserved * (HEADER.length + BATCH * RECORD_BYTES); left > 0; left -= ZEROS.length) {
      writeSync(this.fd, ZEROS, 0, Math.min(left, ZEROS.length))
    }
    fdatasyncSync(this.fd)
  }

  write(bytes: Uint8Array): void {
    this.at += writevSync(this.fd, [HEADER, bytes], this.at)
    fdatasyncSync(this.fd)
  }

  close(): void {
    closeSync(this.fd)
  }
}

async function syncs(subject: Subject, folder: string): Promise<void> {
  const turns = subject.job.quick ? 2 : TURNS
  const batches = subject.job.quick ? 4 : TURN_BATCHES
  const growing = new RawDisk(join(folder, 'growing'), 0)
  const reserved = new RawDisk(join(folder, 'reserved'), (turns + 1) * batches)
  const directory = join(folder, 'stream')
  const stream = await openExperienceStream({ directory, capacity: subject.capacity, durability: 'power-loss' })
  const bytes = packedRecords(0, BATCH)
  const raw: number[] = []
  const rawReserved: number[] = []
  const kept: number[] = []
  for (let turn = 0; turn <= turns; turn++) {
    for (const [samples, write] of [
      [raw, () => growing.write(bytes)],
      [rawReserved, () => reserved.write(bytes)],
      [kept, () => written(stream, bytes)],
    ] as const) {
      for (let i = 0; i < batches; i++) {
        const start = performance.now()
        await write()
        if (turn > 0) samples.push(performance.now() - start)
      }
    }
  }
  growing.close()
  reserved.close()
  await stream.close()
  const name = `fdatasync per ${BATCH} events`
  const perEvent = (samples: readonly number[]) => samples.map((ms) => (ms * 1e6) / BATCH)
  const what = `header and ${BATCH} records by writev, then fdatasync`
  const reference = null
  subject.figure(
    { name: `raw disk, ${name}`, unit: 'ns', includes: `per event; ${what}; the file grows` },
    perEvent(raw),
  )
  subject.figure(
    { name: `raw disk, ${name}, reserved`, unit: 'ns', includes: `per event; ${what}; file of zeros` },
    perEvent(rawReserved),
  )
  const includes = `per event; writeBatch and await durable(), durability 'power-loss'; without a pause, in which files would be reserved`
  const mean = (samples: readonly number[]) => [spreadOf(perEvent(samples)).mean]
  subject.against(
    { name: `journal, ${name}`, unit: 'ns', includes, goal: 1 / PART_OF_DISK, limitKind: 'times floor' },
    perEvent(kept),
    { name: `raw disk, ${name}`, samples: perEvent(raw), reference },
  )
  subject.against(
    { name: `journal, ${name}: mean`, unit: 'ns', includes, goal: 1 / PART_OF_DISK, limitKind: 'times floor' },
    mean(kept),
    { name: `raw disk, ${name}: mean`, samples: mean(raw), reference },
  )
  const p99 = (samples: readonly number[]) => [
    quantile(
      samples.toSorted((a, b) => a - b),
      0.99,
    ),
  ]
  subject.against({ name: `journal, ${name}: p99`, unit: 'ms', includes: 'of a batch', goal: SYNC_P99_MS }, p99(kept), {
    name: `raw disk, ${name}: p99`,
    samples: p99(raw),
    reference: RAW_P99_MS,
  })
}

async function written(stream: DurableExperienceStream, bytes: Uint8Array): Promise<void> {
  stream.writeBatch(bytes)
  await stream.durable()
}

/** Writes events in turns of the event loop, as a program does that has other things to do; ns per event. */
async function turns(stream: ExperienceStream, count: number): Promise<number> {
  const { writer } = stream
  const start = performance.now()
  for (let turn = 0; turn < count; turn++) {
    for (let i = 0; i < BATCH; i++) {
      stage(writer, i)
      writer.timestamp = i
      writer.commit()
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return ((performance.now() - start) * 1e6) / (count * BATCH)
}

async function sameThread(subject: Subject, folder: string): Promise<void> {
  const { capacity, job } = subject
  const rounds = job.quick ? 2 : ROUNDS
  const count = job.quick ? 4 : ROUND_TURNS
  const plain = fullStream(capacity)
  const levels: readonly Durability[] = ['process-crash', 'power-loss', 'none']
  const streams = await Promise.all(
    levels.map((durability) => {
      // What nobody follows goes at once: a bench should not fill the disk.
      const retention = { maxBytes: 1 }
      return openExperienceStream({
        directory: join(folder, durability),
        capacity,
        durability,
        retention,
        prefault: true,
      })
    }),
  )
  for (const stream of streams) fill(stream, capacity)
  const without: number[] = []
  const costs = levels.map((): number[] => [])
  for (let round = -2; round < rounds; round++) {
    const bare = await turns(plain, count)
    if (round >= 0) without.push(bare)
    for (const [i, stream] of streams.entries()) {
      const cost = (await turns(stream, count)) - bare
      if (round >= 0) costs[i]?.push(cost)
      await stream.durable()
    }
  }
  for (const stream of streams) await stream.close()
  const includes = `per event; turns of ${BATCH} events by the writer`
  subject.figure({ name: 'writer, without a journal', unit: 'ns', includes }, without)
  for (const [i, durability] of levels.entries()) {
    const goal = durability === 'process-crash' ? { goal: SAME_THREAD_NS } : {}
    const name = `cost of the journal in the same thread, ${durability}`
    subject.figure(
      { name, unit: 'ns', includes: `${includes}; difference, writing out included`, ...goal },
      costs[i] ?? [],
    )
  }
}

/** Opens a directory in a process that does nothing else; ms. */
function openedAnew(directory: string): number {
  const program = `
    import { openExperienceStream } from 'experience-stream/node'
    const start = performance.now()
    const stream = await openExperienceStream({ directory: process.argv[1] })
    process.stdout.write(String(performance.now() - start))
    await stream.close()`
  const cwd = fileURLToPath(new URL('../../..', import.meta.url))
  const told = execFileSync(process.execPath, ['--input-type=module', '-e', program, directory], { cwd })
  return Number(told.toString())
}

async function recovery(subject: Subject, folder: string): Promise<void> {
  const { capacity, job } = subject
  const directory = join(folder, 'stream')
  const stream = await openExperienceStream({ directory, capacity })
  fill(stream, capacity)
  await stream.close()
  const count = job.quick ? 1 : OPENINGS
  const warm: number[] = []
  const cold: number[] = []
  for (let i = 0; i <= count; i++) {
    const again = await openExperienceStream({ directory, prefault: true })
    if (i > 0) warm.push((again.recovery.elapsedMs * 1e6) / capacity)
    await again.close()
    if (i > 0) cold.push((openedAnew(directory) * 1e6) / capacity)
  }
  const files = `a full ring of ${capacity} events from files in the page cache, all checksums checked`
  const goal = (perSecond: number) => 1e9 / perSecond
  const prefaulted = `per event; ${files}; the ring's memory touched before, untimed`
  subject.figure(
    { name: 'recovery into prefaulted memory', unit: 'ns', includes: prefaulted, goal: goal(RECOVERED.prefaulted) },
    warm,
  )
  const fresh = `per event; ${files}; in a fresh process, all of openExperienceStream, memory never touched`
  subject.figure({ name: 'recovery, cold', unit: 'ns', includes: fresh, goal: goal(RECOVERED.cold) }, cold)
}

const VARIANTS: Record<string, (subject: Subject, folder: string) => Promise<void>> = {
  syncs,
  'same thread': sameThread,
  recovery,
}

runSubject(async (subject) => {
  const run = VARIANTS[subject.job.variant ?? '']
  if (run === undefined) throw new Error(`there is no variant ${subject.job.variant}`)
  const folder = mkdtempSync(join(tmpdir(), 'bench-journal-'))
  try {
    await run(subject, folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
