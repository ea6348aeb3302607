/**
 * How fast a backend answers, in each profile, from a week of events: whole batches as the caller gets them, beside COPY of
 * the same rows out of the same server, of which nothing is looked at.
 *
 * @module
 */

import { migrate, PostgresBackend, type Profile } from 'experience-stream/postgres'
import pg from 'pg'
import copyStreams from 'pg-copy-streams'
import { RECORD_BYTES } from '../fixtures.js'
import { agentEvents, DAY_START_US } from '../generators/agents.js'
import { consume } from '../harness/measure.js'
import type { Subject } from '../harness/subject.js'
import { follow, journaled } from './journaled.js'
import type { BenchServer } from './server.js'

const DAYS = 7
/** From an event to the next on average, in µs. */
const STEP_US = DAYS * 86_400
const RANGE = 10_000
const TOP = 1000
const ROUNDS = 40
const TOTAL = 'reward_homeostasis + reward_curiosity + reward_efficiency + reward_goal'

/** One question, asked of another place every time. */
interface Question {
  readonly name: string
  readonly includes: string
  /** ms at most, by profile. */
  readonly goals: Partial<Record<Profile, number>>
  /** Returns how many events there were. */
  ask(backend: PostgresBackend, round: number): Promise<number>
  /** The same rows for COPY. */
  sql(round: number): string
}

/** Rows for both profiles, and for the way from one to the other. */
export async function queries(subject: Subject, server: BenchServer, folder: string): Promise<void> {
  const count = subject.capacity
  const stream = await journaled(folder, { count, ids: 'v7', days: DAYS })
  const url = await server.database({ profile: 'ingest' })
  await follow(stream, url)
  await stream.close()
  const asked = questions(count)
  const [first] = asked
  if (first) await answer(subject, server, url, 'ingest', [{ ...first, name: `${first.name}, just written` }])
  await server.ask(url, 'VACUUM (ANALYZE)')
  await answer(subject, server, url, 'ingest', asked)
  const start = performance.now()
  await migrate(url, { profile: 'analytics' })
  const ms = performance.now() - start
  const includes = `${count} events in ${DAYS} days get the indexes of the other profile`
  subject.figure({ name: 'from profile ingest to analytics', unit: 'ms', includes }, [ms])
  await server.ask(url, 'VACUUM (ANALYZE)')
  await answer(subject, server, url, 'analytics', asked)
}

function questions(count: number): Question[] {
  const range = Math.min(RANGE, count / 2)
  const top = Math.min(TOP, count / 2)
  const width = range * STEP_US
  const { bytes } = agentEvents(count, 'v7')
  const view = new DataView(bytes.buffer)
  const place = (round: number) => (round * 7919 * 13) % (count - range)
  const from = (round: number) => DAY_START_US + place(round) * STEP_US
  const episode = (round: number) => view.getBigUint64(place(round) * RECORD_BYTES + 24, true)
  const all = 'SELECT * FROM experience_events WHERE stream = 1'
  return [
    {
      name: `range by time, ${range} events`,
      includes: 'one batch of records in the order of time',
      goals: { ingest: 13, analytics: 13 },
      ask: async (backend, round) => {
        const query = { from: from(round), to: from(round) + width }
        return (await backend.queryEvents(query).collect()).length
      },
      sql: (round) => `${all} AND timestamp BETWEEN ${from(round)} AND ${from(round) + width} ORDER BY timestamp`,
    },
    {
      name: `range by numbers, ${range} events`,
      includes: 'one batch of records in the order of numbers',
      goals: {},
      ask: async (backend, round) => {
        const startSeq = place(round)
        const query = { startSeq, endSeq: startSeq + range, orderBy: 'sequence' } as const
        return (await backend.queryEvents(query).collect()).length
      },
      sql: (round) => `${all} AND sequence_number >= ${place(round)} AND sequence_number < ${place(round) + range}`,
    },
    {
      name: 'one episode',
      includes: '100 to 299 events in the order of time',
      goals: { ingest: 1, analytics: 1 },
      ask: async (backend, round) => (await backend.queryEvents({ episodeId: episode(round) }).collect()).length,
      sql: (round) => `${all} AND episode_id = ${episode(round)} ORDER BY timestamp`,
    },
    {
      name: `latest ${top}`,
      includes: 'the newest first',
      goals: { analytics: 3 },
      ask: async (backend) => (await backend.queryEvents({ direction: 'descending', limit: top }).collect()).length,
      sql: () => `${all} ORDER BY timestamp DESC LIMIT ${top}`,
    },
    {
      name: `top ${top} by reward`,
      includes: 'the best first',
      goals: { analytics: 3 },
      ask: async (backend) => {
        return (await backend.queryEvents({ orderBy: 'reward', direction: 'descending', limit: top }).collect()).length
      },
      sql: () => `${all} ORDER BY (${TOTAL}) DESC LIMIT ${top}`,
    },
    {
      name: 'one event by number',
      includes: 'as an object',
      goals: {},
      ask: async (backend, round) => ((await backend.readEvent(place(round))) === undefined ? 0 : 1),
      sql: (round) => `${all} AND sequence_number = ${place(round)}`,
    },
    {
      name: 'one event by id',
      includes: 'as an object',
      goals: {},
      ask: async (backend, round) => {
        const at = place(round) * RECORD_BYTES
        return (await backend.readEvent(bytes.subarray(at, at + 16))) === undefined ? 0 : 1
      },
      sql: (round) => {
        const at = place(round) * RECORD_BYTES
        return `${all} AND event_id = '${Buffer.from(bytes.subarray(at, at + 16)).toString('hex')}'`
      },
    },
  ]
}

async function answer(
  subject: Subject,
  server: BenchServer,
  url: string,
  profile: Profile,
  asked: readonly Question[],
): Promise<void> {
  const rounds = subject.job.quick ? 2 : ROUNDS
  await server.settle()
  const [stream] = await server.ask(url, 'SELECT stream_id FROM experience_streams')
  // Knows its stream, as a backend that follows does.
  const backend = await PostgresBackend.connect(url, { streamId: stream?.stream_id })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const { name, includes, goals, ask, sql } of asked) {
      const ours: number[] = []
      const raw: number[] = []
      let found = 0
      for (let round = -2; round < rounds; round++) {
        const place = round + 2
        const start = performance.now()
        found = await ask(backend, place)
        const between = performance.now()
        await drain(client, sql(place))
        if (round < 0) continue
        ours.push(between - start)
        raw.push(performance.now() - between)
      }
      if (found === 0) throw new Error(`${name} found nothing`)
      const rawName = `COPY TO STDOUT, ${profile}, ${name}`
      const row = { name: `${profile}, ${name}`, unit: 'ms', includes, goal: goals[profile] } as const
      subject.against(row, ours, { name: rawName, samples: raw, reference: null })
    }
  } finally {
    await client.end()
    await backend.close()
  }
}

async function drain(client: pg.Client, sql: string): Promise<void> {
  let bytes = 0
  for await (const piece of client.query(copyStreams.to(`COPY (${sql}) TO STDOUT (FORMAT binary)`))) {
    bytes += (piece as Uint8Array).length
  }
  consume(bytes)
}
