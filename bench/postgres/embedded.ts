/**
 * What PGlite reaches, PostgreSQL in this process with one connection and no syncs: reported, not judged.
 *
 * @module
 */

import { join } from 'node:path'
import { PostgresBackend } from 'experience-stream/postgres'
import type { Subject } from '../harness/subject.js'
import { journaled } from './journaled.js'

const EVENTS = 200_000
const QUICK_EVENTS = 2000
const RANGE = 10_000
const ROUNDS = 15

/** Rows for a database in memory and for one in a folder. */
export async function embedded(subject: Subject, folder: string): Promise<void> {
  const { quick } = subject.job
  const count = quick ? QUICK_EVENTS : EVENTS
  const stream = await journaled(folder, { count, ids: 'v7' })
  const places = [
    ['in memory', 'memory://'],
    ['in a folder', `file://${join(folder, 'pglite')}`],
  ] as const
  for (const [where, url] of quick ? places.slice(0, 1) : places) {
    const begun = performance.now()
    const backend = await PostgresBackend.connect(url)
    const opened = performance.now() - begun
    subject.figure({ name: `PGlite ${where}, start`, unit: 'ms', includes: 'with all migrations' }, [opened])
    const start = performance.now()
    await stream.follow(backend, { name: where }).flush()
    const ns = ((performance.now() - start) * 1e6) / count
    const includes = `per event; ${count} events from the journal's files to the commit, profile ingest, no syncs`
    subject.figure({ name: `PGlite ${where}, following`, unit: 'ns', includes }, [ns])
    const range = Math.min(RANGE, count / 2)
    const samples: number[] = []
    for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
      const startSeq = (round * 7919) % (count - range)
      const asked = performance.now()
      await backend.queryEvents({ startSeq, endSeq: startSeq + range, orderBy: 'sequence' }).collect()
      samples.push(performance.now() - asked)
    }
    const name = `PGlite ${where}, range by numbers, ${range} events`
    subject.figure({ name, unit: 'ms', includes: 'one batch of records' }, samples)
    stream.unfollow(where)
    await backend.close()
  }
  await stream.close()
}
