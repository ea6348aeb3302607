/**
 * A stream with a journal that holds the events of `generators/agents.ts`, and what it takes a backend to follow it.
 *
 * @module
 */

import { join } from 'node:path'
import { type DurableExperienceStream, openExperienceStream } from 'experience-stream/node'
import { PostgresBackend } from 'experience-stream/postgres'
import { RECORD_BYTES } from '../fixtures.js'
import { agentEvents, DAY_START_US } from '../generators/agents.js'

const WRITE_BATCH = 8192

/** How the events of a stream are made. */
export interface JournaledOptions {
  readonly count: number
  readonly ids: 'v7' | 'v4'
  /** Days over which the generator's one is stretched. Default 1. */
  readonly days?: number | undefined
}

/** Opens a stream in `folder` whose ring, and so its journal, has all of the events. */
export async function journaled(folder: string, options: JournaledOptions): Promise<DurableExperienceStream> {
  const { count, ids, days = 1 } = options
  const stream = await openExperienceStream({ directory: join(folder, 'stream'), capacity: count, ids })
  const { bytes } = agentEvents(count, ids)
  if (days > 1) stretch(bytes, days)
  for (let from = 0; from < count; from += WRITE_BATCH) {
    stream.writeBatch(bytes.subarray(from * RECORD_BYTES, Math.min(count, from + WRITE_BATCH) * RECORD_BYTES))
  }
  await stream.durable()
  return stream
}

/** Follows the stream from its beginning until a database has everything. Returns the ms. */
export async function follow(stream: DurableExperienceStream, url: string): Promise<number> {
  const backend = await PostgresBackend.connect(url)
  const name = new URL(url).pathname.slice(1)
  const start = performance.now()
  const follower = stream.follow(backend, { name })
  await follower.flush()
  const ms = performance.now() - start
  stream.unfollow(name)
  await backend.close()
  return ms
}

function stretch(bytes: Uint8Array, days: number): void {
  const view = new DataView(bytes.buffer)
  for (let at = 16; at < bytes.length; at += RECORD_BYTES) {
    const sinceStart = Number(view.getBigUint64(at, true)) - DAY_START_US
    view.setBigUint64(at, BigInt(DAY_START_US + sinceStart * days), true)
  }
}
