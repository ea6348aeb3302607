/**
 * A stream in a database and the truth about it: events in memory, and what a query must find, by filter and sort.
 *
 * @module
 */

import type { EventInput, ExperienceEvent } from '../../../src/event/types.js'
import { COPY_COLUMNS } from '../../../src/postgres/codec/columns.js'
import { eventCopy } from '../../../src/postgres/codec/encode-events.js'
import { METADATA_COPY_COLUMNS, metadataCopy } from '../../../src/postgres/codec/metadata.js'
import type { MetadataQuery } from '../../../src/postgres/contract.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { eventBatch } from '../../../src/postgres/events/batches.js'
import type { QueryLimits } from '../../../src/postgres/events/limits.js'
import { EventQueries } from '../../../src/postgres/events/queries.js'
import { Streams } from '../../../src/postgres/store/streams.js'
import type { EventMetadata, StoredEvents } from '../../../src/storage/cold/cold-storage.js'
import { ExperienceStream } from '../../../src/stream/stream.js'
import { MemoryArchive } from './memory-archive.js'

export const DAY_US = 86_400_000_000
/** 2026-11-21T00:00:00Z in µs. */
export const TODAY = 1_795_219_200_000_000

export interface Told {
  readonly event: EventInput & { readonly timestamp: number }
  readonly metadata?: EventMetadata | undefined
}

export interface Truth {
  readonly event: ExperienceEvent
  readonly metadata: EventMetadata | undefined
}

export class World {
  readonly truth: Truth[] = []
  readonly queries: EventQueries
  readonly archive: MemoryArchive
  readonly driver: SqlDriver
  readonly streamId: string
  readonly key: number

  private constructor(driver: SqlDriver, streamId: string, key: number) {
    this.driver = driver
    this.streamId = streamId
    this.key = key
    this.archive = new MemoryArchive(driver)
    this.queries = new EventQueries(driver, new Streams(driver, streamId), this.archive)
  }

  /** A stream of its own in the database. */
  static async create(driver: SqlDriver): Promise<World> {
    const streamId = crypto.randomUUID()
    const streams = new Streams(driver, streamId)
    await streams.add({ streamId, capacity: 1000, requiredMask: 15, firstSeq: 0 }, 'journal')
    const { key } = await streams.require()
    return new World(driver, streamId, key)
  }

  /** The same queries with other limits. */
  queriesWith(limits: QueryLimits): EventQueries {
    return new EventQueries(this.driver, new Streams(this.driver, this.streamId), this.archive, limits)
  }

  /** Adds events behind those that are there; `gap` numbers are left out before them. */
  async add(told: readonly Told[], gap = 0): Promise<void> {
    const start = (this.truth.at(-1)?.event.seq ?? -1) + 1 + gap
    const events = await stored(told, start)
    const days = [...new Set(told.map(({ event }) => Math.floor(event.timestamp / DAY_US)))]
    await this.driver.transaction(async (session) => {
      for (const day of days) {
        await session.query("SELECT experience_ensure_day(DATE '1970-01-01' + $1::INTEGER)", [day])
      }
      await session.copyIn(
        `COPY experience_events (${COPY_COLUMNS}) FROM STDIN (FORMAT binary)`,
        eventCopy(events, this.key),
      )
      await session.copyIn(
        `COPY action_metadata (${METADATA_COPY_COLUMNS}) FROM STDIN (FORMAT binary)`,
        metadataCopy(events, this.key),
      )
      await session.query(
        `INSERT INTO experience_days
           SELECT DATE '1970-01-01' + (timestamp / ${DAY_US})::INTEGER, stream, min(sequence_number), max(sequence_number),
             min(timestamp), max(timestamp), min(episode_id), max(episode_id), count(*)
             FROM experience_events WHERE stream = $1 AND sequence_number >= $2 GROUP BY 1, 2
         ON CONFLICT (day, stream) DO UPDATE SET
           min_seq = LEAST(experience_days.min_seq, EXCLUDED.min_seq),
           max_seq = GREATEST(experience_days.max_seq, EXCLUDED.max_seq),
           min_timestamp = LEAST(experience_days.min_timestamp, EXCLUDED.min_timestamp),
           max_timestamp = GREATEST(experience_days.max_timestamp, EXCLUDED.max_timestamp),
           min_episode = LEAST(experience_days.min_episode, EXCLUDED.min_episode),
           max_episode = GREATEST(experience_days.max_episode, EXCLUDED.max_episode),
           events = experience_days.events + EXCLUDED.events`,
        [this.key, start],
      )
    })
    eventBatch(events)
      .toArray()
      .forEach((event, i) => void this.truth.push({ event, metadata: told[i]?.metadata }))
  }

  /** What a query must find. */
  expected(query: MetadataQuery): Truth[] {
    const sign = query.direction === 'descending' ? -1 : 1
    const valueAt = ({ event }: Truth): number => {
      if (query.orderBy === 'sequence') return event.seq
      return query.orderBy === 'reward' ? event.totalReward : event.timestamp
    }
    return this.truth
      .filter((truth) => meets(truth, query))
      .sort((a, b) => sign * (valueAt(a) - valueAt(b) || a.event.seq - b.event.seq))
      .slice(0, query.limit)
  }
}

function meets({ event, metadata }: Truth, query: MetadataQuery): boolean {
  const { from, to, startSeq, endSeq, types, episodeId, minReward, flags = 0, adnaVersionHash } = query
  const { intentType, executorId } = query
  return (
    event.timestamp >= (from ?? 0) &&
    event.timestamp <= (to ?? Number.POSITIVE_INFINITY) &&
    event.seq >= (startSeq ?? 0) &&
    event.seq < (endSeq ?? Number.POSITIVE_INFINITY) &&
    (types === undefined || types.includes(event.eventType)) &&
    (episodeId === undefined || event.episodeId === BigInt(episodeId)) &&
    (minReward === undefined || event.totalReward >= minReward) &&
    (event.flags & flags) === flags &&
    (adnaVersionHash === undefined || event.adnaVersionHash === adnaVersionHash) &&
    (intentType === undefined || metadata?.intentType === intentType) &&
    (executorId === undefined || metadata?.executorId === executorId)
  )
}

async function stored(told: readonly Told[], start: number): Promise<StoredEvents> {
  const stream = await ExperienceStream.create({ capacity: Math.max(1, told.length) })
  if (told.length > 0) stream.writeBatch(told.map(({ event }) => event))
  const { bytes } = stream.queryRange(0, told.length)
  await stream.close()
  const metadata = told.flatMap(({ metadata }, i) => (metadata === undefined ? [] : [[start + i, metadata] as const]))
  return {
    length: told.length,
    seqs: Float64Array.from(told, (_, i) => start + i),
    bytes: bytes.slice(),
    masks: new Uint8Array(told.length),
    metadata: new Map(metadata),
  }
}
