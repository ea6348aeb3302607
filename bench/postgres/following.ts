/**
 * How fast a backend follows a journal: the whole way from the journal's files to the commit, beside COPY of the same
 * rows from files, each into a fresh database of the same profile, in turns.
 *
 * @module
 */

import { join } from 'node:path'
import type { Profile } from 'experience-stream/postgres'
import type { Subject } from '../harness/subject.js'
import { follow, journaled } from './journaled.js'
import { RAW_NAME, RAW_ROWS, RawRows } from './raw-copy.js'
import type { BenchServer } from './server.js'

/** Events a second that the issue of PostgreSQL asks for, and what raw COPY took where the goals were set. */
const GOALS: Record<Profile, Record<'v7' | 'v4', { rate?: number; rawNs: number | null }>> = {
  ingest: { v7: { rate: 300_000, rawNs: 2970 }, v4: { rate: 190_000, rawNs: 4880 } },
  analytics: { v7: { rate: 140_000, rawNs: 6600 }, v4: { rawNs: null } },
}
const INGEST_BYTES = 250
const ROUNDS = 5

/** Rows for both kinds of ids in a profile. */
export async function following(
  subject: Subject,
  server: BenchServer,
  folder: string,
  profile: Profile,
): Promise<void> {
  for (const ids of ['v7', 'v4'] as const) await rows(subject, server, join(folder, ids), profile, ids)
}

async function rows(
  subject: Subject,
  server: BenchServer,
  folder: string,
  profile: Profile,
  ids: 'v7' | 'v4',
): Promise<void> {
  const count = subject.capacity
  const stream = await journaled(folder, { count, ids })
  const empty = await server.database({ profile })
  const ours: number[] = []
  const raw: number[] = []
  let bytes = 0
  let rawRows: RawRows | undefined
  for (let round = 0; round <= (subject.job.quick ? 1 : ROUNDS); round++) {
    // What the first one has written is the raw rows; neither of the two is counted.
    const followed = await server.database({ copyOf: empty })
    await server.settle()
    const ms = await follow(stream, followed)
    rawRows ??= await RawRows.take(followed, count, `${folder}-rows`)
    bytes = await server.eventBytes(followed)
    await server.drop(followed)
    const copied = await server.database({ copyOf: empty })
    await server.settle()
    const rawMs = await rawRows.copyInto(copied)
    await server.drop(copied)
    if (round === 0) continue
    ours.push((ms * 1e6) / count)
    raw.push((rawMs * 1e6) / count)
  }
  await stream.close()
  rawRows?.remove()
  const { rate, rawNs } = GOALS[profile][ids]
  const name = `${profile}, ids ${ids}`
  const rawName = `${RAW_NAME}, ${name}`
  const each = `per event; ${RAW_ROWS} rows a transaction`
  subject.figure({ name: rawName, unit: 'ns', includes: `${each}; the same rows; ${server.about}` }, raw)
  subject.against(
    {
      name: `following, ${name}`,
      unit: 'ns',
      includes: `per event; ${count} events from the journal's files to the commit, options as they are by default`,
      goal: rate && 1e9 / rate,
    },
    ours,
    { name: rawName, samples: raw, reference: rawNs },
  )
  const goal = profile === 'ingest' ? INGEST_BYTES : undefined
  const includes = `per event; partitions of events with all their indexes; ${count} events of a day`
  subject.figure({ name: `bytes, ${name}`, unit: 'B', includes, goal, limitKind: 'exact' }, [bytes / count])
}
