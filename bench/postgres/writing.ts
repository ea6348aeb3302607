/**
 * What happens while a backend follows: rewards that come when the rows are already there, and what the program that writes
 * the stream notices.
 *
 * @module
 */

import { setTimeout as pause } from 'node:timers/promises'
import { openExperienceStream } from 'experience-stream/node'
import { PostgresBackend } from 'experience-stream/postgres'
import { quantile } from '../harness/spread.js'
import type { Subject } from '../harness/subject.js'
import { journaled } from './journaled.js'
import type { BenchServer } from './server.js'

/** Events a second whose four rewards come after the copy. */
const CORRECTED = 50_000
const CORRECTED_EVENTS = 200_000
const ROUNDS = 3
const ENQUEUE_P99_MS = 1
/** Events that the program writes every ms, and for how many. */
const PER_MS = 20
const WRITING_MS = 10_000
const APPRAISERS = [0, 1, 2, 3] as const

/** Four rewards for each event that the database has. */
export async function corrections(subject: Subject, server: BenchServer, folder: string): Promise<void> {
  const { quick } = subject.job
  const count = quick ? 2000 : CORRECTED_EVENTS
  for (const profile of ['ingest', 'analytics'] as const) {
    const stream = await journaled(`${folder}-${profile}`, { count, ids: 'v7' })
    const url = await server.database({ profile })
    const backend = await PostgresBackend.connect(url)
    const follower = stream.follow(backend)
    await follower.flush()
    const seqs = Float64Array.from({ length: count }, (_, seq) => seq)
    const samples: number[] = []
    for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
      await server.settle()
      for (const appraiser of APPRAISERS) {
        const rewards = Float32Array.from(seqs, (seq) => ((seq * 31 + round * 7 + appraiser) % 1000) / 1000 - 0.5)
        stream.setAppraiserRewards(seqs, appraiser, rewards)
      }
      const start = performance.now()
      await follower.flush()
      samples.push(((performance.now() - start) * 1e6) / count)
    }
    await stream.close()
    await backend.close()
    await server.drop(url)
    const includes = `per event; four new rewards for each of ${count} rows, from the ring to the commit`
    const goal = profile === 'ingest' ? 1e9 / CORRECTED : undefined
    subject.figure({ name: `corrections, ${profile}`, unit: 'ns', includes, goal }, samples)
  }
}

/** What a call of `writeEvent` takes, and how late the program's timers are, with a backend and without one. */
export async function enqueue(subject: Subject, server: BenchServer, folder: string): Promise<void> {
  const { quick, capacity } = { ...subject.job, capacity: subject.capacity }
  const ms = quick ? 100 : WRITING_MS
  const url = await server.database({ profile: 'ingest' })
  for (const follows of [false, true]) {
    const stream = await openExperienceStream({ directory: `${folder}-${follows}`, capacity, ids: 'v7' })
    const backend = follows ? await PostgresBackend.connect(url) : undefined
    const follower = backend && stream.follow(backend)
    const calls: number[] = []
    const lates: number[] = []
    const event = { eventType: 1, state: [0.5, 0.25], action: [1], rewardGoal: 0.5 }
    const start = performance.now()
    for (let turn = 0; turn < ms; turn++) {
      const due = start + turn
      while (performance.now() < due) await pause(Math.max(0, due - performance.now()))
      lates.push(performance.now() - due)
      for (let i = 0; i < PER_MS; i++) {
        const before = performance.now()
        stream.writeEvent(event)
        calls.push(performance.now() - before)
      }
    }
    const written = stream.totalWritten
    const behind = follower === undefined ? 0 : written - follower.checkpoint.seq
    await stream.close()
    await backend?.close()
    const beside = follows ? 'while a backend follows' : 'without a backend'
    const at = `${PER_MS * 1000} events a second for ${ms / 1000} s`
    const goal = follows ? ENQUEUE_P99_MS : undefined
    subject.figure({ name: `writeEvent ${beside}, p99`, unit: 'ms', includes: at, goal }, [p99(calls)])
    const late = 'how late a turn of one ms begins: the event loop was busy'
    subject.figure({ name: `turn ${beside}, p99`, unit: 'ms', includes: late }, [p99(lates)])
    if (!follows) continue
    const includes = `when the writing ends, at ${at}; most of them are not settled: nobody has scored them for 5 s yet`
    subject.figure({ name: 'events that the backend is behind', unit: 'count', includes }, [behind])
  }
}

function p99(samples: readonly number[]): number {
  return quantile(
    samples.toSorted((a, b) => a - b),
    0.99,
  )
}
