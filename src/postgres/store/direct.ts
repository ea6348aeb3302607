/**
 * Events that are written to a database without a journal: checked and encoded by the stream layer, given their numbers
 * under the lock of the stream's row, all or none, by the same step as a follower's.
 *
 * When the connection is lost while a commit is under way nobody knows whether the events are there: an id that the
 * caller gives finds out.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { InvalidArgumentError } from '../../errors.js'
import type { EventColumns, EventInput } from '../../event/types.js'
import * as L from '../../layout.js'
import type { EventMetadata, StoredEvents } from '../../storage/cold/cold-storage.js'
import { NO_CORRECTIONS } from '../../storage/cold/correction-lists.js'
import { recordsOf } from '../../storage/cold/events.js'
import { packMetadata, unpackMetadata } from '../../storage/journal/metadata.js'
import { columnLength } from '../../stream/columns.js'
import { ExperienceStream } from '../../stream/stream.js'
import type { SqlDriver } from '../driver/driver.js'
import { STREAMS_LOCK } from '../sql/locks.js'
import { type DayBounds, type Slice, slicesOf } from './days.js'
import { JournalOwnedError } from './errors.js'
import { applyStep, claim, type StepTools } from './step.js'
import type { StreamRow } from './streams.js'

const ALL_APPRAISERS = 0b1111
/** Events of a ring that is kept for the next call. */
const SMALL_RING = 1024
const MOST_EVENTS = 2 ** 18
/** Days of the events of one call, which are one transaction. */
const MOST_DAYS = 256
const MOST_METADATA_BYTES = 65_536

/** What can be written in one call. */
export type DirectEvents = readonly EventInput[] | Uint8Array | EventColumns

/** See the module. */
export class DirectWriter {
  private readonly driver: SqlDriver
  private readonly tools: StepTools
  private ring: ExperienceStream | undefined

  constructor(driver: SqlDriver, tools: StepTools) {
    this.driver = driver
    this.tools = tools
  }

  /**
   * Writes events, the metadata to the first of them. @returns their sequence numbers [start, end).
   * @throws {InvalidArgumentError} for an event that the stream would refuse, for more than 262,144 events, or for events
   * of more than 256 days. @throws {JournalOwnedError} if the stream has a journal.
   */
  async write(
    input: DirectEvents,
    metadata: EventMetadata | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ start: number; end: number }> {
    signal?.throwIfAborted()
    const packed = metadata && unpackMetadata(packMetadata(metadata, MOST_METADATA_BYTES))
    const bytes = await this.encode(input)
    const stream = await this.stream()
    const [slice, more] = slicesOf(numbered(bytes, 0, undefined), MOST_DAYS)
    if (slice === undefined || more !== undefined) {
      throw new InvalidArgumentError(`events of one call must be of at most ${MOST_DAYS} days`, { mostDays: MOST_DAYS })
    }
    const { streams, partitions } = this.tools
    const transaction = (): Promise<{ start: number; end: number }> => {
      return this.driver.transaction(
        async (session) => {
          const row = await claim(session, streams, stream.identity.streamId, undefined)
          const start = row.checkpoint.seq
          const to = { seq: start + slice.to, position: row.checkpoint.position }
          const events = numbered(bytes, start, packed)
          const step = { ...NOTHING_ELSE, events, slice: shifted(slice, start), to }
          if (slice.to > 0) await applyStep(session, row, step, this.tools)
          return { start, end: to.seq }
        },
        { signal },
      )
    }
    return partitions.with(
      slice.days.map(({ day }) => day),
      transaction,
      signal,
    )
  }

  /** The stream, which is made if there is none. @throws {UnknownStreamError} @throws {JournalOwnedError} */
  private async stream(): Promise<StreamRow> {
    const { streams } = this.tools
    const found = (await streams.find()) ?? (await this.add())
    if (found.origin === 'journal') throw new JournalOwnedError(found.identity.streamId)
    streams.choose(found.identity.streamId)
    return found
  }

  private add(): Promise<StreamRow> {
    const { streams } = this.tools
    return this.driver.transaction(async (session) => {
      await session.query('SELECT count(pg_advisory_xact_lock($1, 0))', [STREAMS_LOCK])
      const found = await streams.find(session)
      if (found !== undefined) return found
      const streamId = streams.streamId ?? randomUUID()
      const identity = { streamId, capacity: 0, requiredMask: ALL_APPRAISERS, firstSeq: 0 }
      await streams.add(identity, 'direct', session)
      return (await streams.byId(streamId, session)) as StreamRow
    })
  }

  /** The records, as a stream would hold them. @throws {InvalidArgumentError} */
  private async encode(input: DirectEvents): Promise<Uint8Array> {
    const count = countOf(input)
    if (count > MOST_EVENTS) {
      throw new InvalidArgumentError(`events must be at most ${MOST_EVENTS} in one call, got ${count}`, { count })
    }
    if (count > SMALL_RING) return recordsThrough(await ringOf(count), input)
    this.ring ??= await ringOf(SMALL_RING)
    return recordsThrough(this.ring, input)
  }
}

const NOTHING_ELSE = { gaps: [], corrections: NO_CORRECTIONS, corrected: [], archived: undefined }

function ringOf(capacity: number): Promise<ExperienceStream> {
  return ExperienceStream.create({ capacity, ids: 'v7' })
}

function recordsThrough(ring: ExperienceStream, input: DirectEvents): Uint8Array {
  const { start, end } = ring.writeBatch(input as EventColumns)
  return ring.queryRange(start, end).bytes
}

/** How many events there are, as far as it can be told; what is none of them is refused by the ring. */
function countOf(input: DirectEvents): number {
  if (input instanceof Uint8Array) return Math.floor(input.length / L.RECORD_BYTES)
  if (Array.isArray(input)) return input.length
  return typeof input === 'object' && input !== null ? columnLength(input as EventColumns) : 0
}

/** Records as events from number `start` on. One that is marked as fully appraised has all bits. */
function numbered(bytes: Uint8Array, start: number, first: EventMetadata | undefined): StoredEvents {
  const length = bytes.length / L.RECORD_BYTES
  const records = recordsOf({ length, bytes })
  const isComplete = (i: number): boolean => {
    return (records.getUint16(i * L.RECORD_BYTES + L.FLAGS, true) & L.FULLY_APPRAISED) !== 0
  }
  return {
    length,
    seqs: Float64Array.from({ length }, (_, i) => start + i),
    bytes,
    masks: Uint8Array.from({ length }, (_, i) => (isComplete(i) ? ALL_APPRAISERS : 0)),
    metadata: new Map(first === undefined ? [] : [[start, first]]),
  }
}

function shifted({ from, to, days }: Slice, by: number): Slice {
  const move = (bounds: DayBounds): DayBounds => ({
    ...bounds,
    minSeq: bounds.minSeq + by,
    maxSeq: bounds.maxSeq + by,
  })
  return { from, to, days: days.map(move) }
}
