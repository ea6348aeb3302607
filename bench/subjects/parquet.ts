/**
 * Subject: event files in Parquet: how fast they are written, how large they are, column by column, and how fast a part
 * of a day is found in them.
 *
 * The events are those of `generators/agents.ts`, a million in a day; of real trajectories, where they are beside the
 * checkout, the sizes as well.
 *
 * @module
 */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ParquetFormat, type StoredEvents } from 'experience-stream/node'
import { parquetMetadata, parquetRead } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { Packr } from 'msgpackr'
import { agentEvents, DAY_START_US } from '../generators/agents.js'
import { trajectoryEvents } from '../generators/trajectories.js'
import { consume } from '../harness/measure.js'
import type { Subject } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'

const BATCH = 10_000
const RANGE = 10_000
const ROUNDS = 9
/** What the issue of durable memory asks for. */
const EVENTS_PER_SECOND = 700_000
const MOST_BYTES = { v7: 58, v4: 62 } as const
const MOST_RANGE_MS = 20
const NEXT_TO_NOTHING = 0.01
const TRAJECTORIES = fileURLToPath(new URL('../../../../shared/data/cartpole-expert.npz', import.meta.url))

const format = new ParquetFormat()

function timestampAt({ bytes }: StoredEvents, i: number): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(i * 128 + 16, true))
}

/** Ms of each round of `run`, after one that is not counted. */
async function rounds(n: number, run: (round: number) => Promise<number>): Promise<number[]> {
  const samples: number[] = []
  for (let round = 0; round <= n; round++) {
    const start = performance.now()
    const value = await run(round)
    if (round > 0) samples.push(performance.now() - start)
    consume(value)
  }
  return samples
}

/** Bytes per event of each family of columns that is not next to nothing, of the others, and of what is no column. */
function bytesPerColumn(file: Uint8Array, n: number): Map<string, number> {
  const sizes = new Map<string, number>()
  const metadata = parquetMetadata(file.slice().buffer)
  let left = file.length
  for (const { columns } of metadata.row_groups) {
    for (const { meta_data: column } of columns) {
      if (!column) continue
      const name = (column.path_in_schema[0] ?? '').replace(/_l\d$/u, '_l1 to _l8')
      const bytes = Number(column.total_compressed_size)
      sizes.set(name, (sizes.get(name) ?? 0) + bytes / n)
      left -= bytes
    }
  }
  sizes.set('footer, statistics, checksums', left / n)
  let small = 0
  for (const [name, bytes] of sizes) {
    if (bytes >= NEXT_TO_NOTHING) continue
    small += bytes
    sizes.delete(name)
  }
  return sizes.set('all other columns', small)
}

function sizes(subject: Subject, title: string, file: Uint8Array, n: number, most?: number): void {
  const includes = `per event, of ${n.toLocaleString('en-US')} events; the whole file`
  subject.figure({ name: `${title}: bytes`, unit: 'B', includes, goal: most, limitKind: 'exact' }, [file.length / n])
  for (const [name, bytes] of bytesPerColumn(file, n)) {
    subject.figure({ name: `${title}: bytes of ${name}`, unit: 'B', includes: 'per event, compressed' }, [bytes])
  }
}

async function encoding(subject: Subject, n: number, count: number): Promise<void> {
  const part = Math.min(n, 100_000)
  for (const ids of ['v7', 'v4'] as const) {
    const events = agentEvents(part, ids)
    let file = new Uint8Array(0)
    const ms = await rounds(count, async () => {
      file = new Uint8Array(await format.encode(events))
      return file.length
    })
    const ns = ms.map((value) => (value * 1e6) / part)
    const includes = 'per event; packed records to the bytes of a file: columns, encodings, zstd, checksums; no disk'
    const goal = 1e9 / EVENTS_PER_SECOND
    subject.figure({ name: `encode, ids ${ids}`, unit: 'ns', includes, goal }, ns)
    sizes(subject, `ids ${ids}`, file, part, MOST_BYTES[ids])
  }
  if (!existsSync(TRAJECTORIES)) return
  const real = await trajectoryEvents(TRAJECTORIES)
  sizes(subject, 'recorded CartPole trajectories, ids v7', new Uint8Array(await format.encode(real)), real.length)
}

/** The same events as objects by msgpackr, with its records, which name the fields once. */
async function msgpackr(subject: Subject, n: number, count: number): Promise<void> {
  const { bytes } = agentEvents(n, 'v7')
  const floats = new Float32Array(bytes.buffer)
  const objects = Array.from({ length: n }, (_, i) => ({
    seq: i,
    record: bytes.subarray(i * 128, i * 128 + 40),
    state: Array.from(floats.subarray(i * 32 + 10, i * 32 + 18)),
    action: Array.from(floats.subarray(i * 32 + 18, i * 32 + 26)),
    rewards: Array.from(floats.subarray(i * 32 + 26, i * 32 + 30)),
  }))
  const packr = new Packr({ useRecords: true, useFloat32: 3 })
  let packed = 0
  const ms = await rounds(count, async () => {
    packed = 0
    for (const object of objects) packed += packr.pack(object).length
    return packed
  })
  const includes = 'peer; per event, objects made before: id to flags as bytes, floats as lists'
  subject.figure(
    { name: 'msgpackr', unit: 'ns', includes },
    ms.map((value) => (value * 1e6) / n),
  )
  subject.figure({ name: 'msgpackr: bytes', unit: 'B', includes: 'per event, not compressed' }, [packed / n])
}

/** A day's events in batches as compaction has them; the next is made when it is asked for. */
async function* day(n: number, told: (events: StoredEvents) => void): AsyncGenerator<StoredEvents> {
  const all = agentEvents(n, 'v7')
  for (let from = 0; from < n; from += BATCH) {
    const to = Math.min(n, from + BATCH)
    const events = {
      length: to - from,
      seqs: all.seqs.subarray(from, to),
      bytes: all.bytes.subarray(from * 128, to * 128),
      masks: all.masks.subarray(from, to),
      metadata: all.metadata,
    }
    told(events)
    yield events
  }
}

async function reading(subject: Subject, n: number, count: number, path: string): Promise<void> {
  globalThis.gc?.()
  const starts: number[] = []
  let before = 0
  let peak = 0
  const file = await format.encode(
    day(n, (events) => {
      starts.push(timestampAt(events, 0))
      const { rss } = process.memoryUsage()
      if (starts.length === 1) before = rss
      peak = Math.max(peak, rss)
    }),
  )
  peak = Math.max(peak, process.memoryUsage().rss)
  const megabytes = `${(file.length / 2 ** 20).toFixed(0)} MB`
  const includes = `${n.toLocaleString('en-US')} events in batches of ${BATCH}; the file of ${megabytes} is part of it`
  subject.figure({ name: 'memory while a day is encoded', unit: 'MB', includes }, [(peak - before) / 2 ** 20])
  writeFileSync(path, file)

  const span = Math.min(RANGE, n / 2)
  const last = starts.length - Math.ceil(span / BATCH) - 1
  const width = span * 86_400
  const range = (round: number) => {
    const from = (starts[(round * 37) % Math.max(1, last)] ?? DAY_START_US) + 300_000_000
    return { from, to: from + width }
  }
  const found = `${span.toLocaleString('en-US')} events or so by time out of ${n.toLocaleString('en-US')}, as packed records`
  const read = async (opened: Awaited<ReturnType<ParquetFormat['open']>>, round: number) => {
    let rows = 0
    for await (const events of opened.rows(range(round))) rows += events.length
    return rows
  }
  const cold = await rounds(count * 3, async (round) => {
    const opened = await format.open(path)
    const rows = await read(opened, round)
    await opened.close()
    return rows
  })
  const goal = MOST_RANGE_MS
  subject.figure({ name: 'range by time', unit: 'ms', includes: `${found}; the file opened for it`, goal }, cold)
  const opened = await format.open(path)
  const warm = await rounds(count * 3, (round) => read(opened, round))
  await opened.close()
  subject.figure({ name: 'range by time, file open', unit: 'ms', includes: found, goal }, warm)

  const bytes = file.slice().buffer
  const peer = await rounds(count, async (round) => {
    const metadata = parquetMetadata(bytes)
    let values = 0
    const rowStart = ((round * 37) % Math.max(1, last)) * BATCH
    await parquetRead({
      file: { byteLength: bytes.byteLength, slice: (from, to) => bytes.slice(from, to) },
      metadata,
      compressors,
      rowStart,
      rowEnd: Math.min(n, rowStart + 2 * BATCH),
      onChunk: ({ columnData }) => {
        values += columnData.length
      },
    })
    return values
  })
  const same = 'peer; the two row groups of such a range as columns, from memory, footer read for it'
  subject.figure({ name: 'hyparquet, two row groups', unit: 'ms', includes: same }, peer)
}

runSubject(async (subject) => {
  const { quick } = subject.job
  const count = quick ? 2 : ROUNDS
  const folder = mkdtempSync(join(tmpdir(), 'bench-parquet-'))
  try {
    // First, while the process is as small as it will ever be: this one looks at its memory.
    await reading(subject, quick ? 20_000 : 1_000_000, count, join(folder, 'day.parquet'))
    await encoding(subject, quick ? 5000 : 100_000, count)
    await msgpackr(subject, quick ? 2000 : 100_000, count)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
