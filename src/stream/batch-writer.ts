/**
 * Whole batches: lists of objects, packed records, columns. A batch is checked before its first event is written; if
 * any event is refused, nothing is.
 *
 * A batch larger than the ring is taken in whole: all its events get sequence numbers, the last `capacity` of them stay.
 *
 * @module
 */

import { InvalidArgumentError } from '../errors.js'
import type { ClockFunction } from '../event/clock.js'
import type { EventEncoder } from '../event/encode.js'
import type { IdPool } from '../event/id.js'
import { type CheckedFields, refusalError } from '../event/refusal.js'
import type { EventColumns, EventInput } from '../event/types.js'
import type { Ring } from '../kernel/ring.js'
import * as L from '../layout.js'
import { COLUMNS, columnLength } from './columns.js'
import type { SeqRange } from './types.js'
import { show } from './validate.js'

/** Writes batches to one ring. */
export class BatchWriter {
  private readonly ring: Ring
  private readonly encoder: EventEncoder
  private readonly ids: IdPool
  private readonly clock: ClockFunction
  private readonly idMode: number

  constructor(ring: Ring, encoder: EventEncoder, ids: IdPool, clock: ClockFunction, idMode: number) {
    this.ring = ring
    this.encoder = encoder
    this.ids = ids
    this.clock = clock
    this.idMode = idMode
  }

  write(events: readonly EventInput[] | Uint8Array | EventColumns): SeqRange {
    this.ring.assertOpen()
    const start = this.ring.next
    if (events instanceof Uint8Array) this.packed(events)
    else if (Array.isArray(events)) this.objects(events as readonly EventInput[])
    else if (typeof events === 'object' && events !== null) this.columns(events as EventColumns)
    else {
      throw new InvalidArgumentError(`events must be a list of events, packed records or columns, got ${show(events)}`, { events })
    }
    return { start, end: this.ring.next }
  }

  private packed(bytes: Uint8Array): void {
    const count = bytes.length / L.RECORD_BYTES
    if (!Number.isInteger(count)) {
      throw new InvalidArgumentError(`packed records must be a multiple of ${L.RECORD_BYTES} bytes, got ${bytes.length}`, {
        bytes: bytes.length,
      })
    }
    this.ring.assertRoom(count)
    if (count <= L.CHUNK && count <= this.ring.capacity) {
      this.check(bytes, 0, count)
      this.ring.kernel.core.appendRecords(count)
      this.ring.wrote(count)
      return
    }
    for (let from = 0; from < count; from += L.CHUNK) this.check(bytes, from, Math.min(L.CHUNK, count - from))
    this.appendChecked(bytes, count)
  }

  /** Stages the records [from, from + count) and checks them. */
  private check(bytes: Uint8Array, from: number, count: number): void {
    const { core, u8, u32 } = this.ring.kernel
    const to = (from + count) * L.RECORD_BYTES
    u8.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from * L.RECORD_BYTES, to), L.BATCH)
    const refused = core.checkRecords(count)
    if (refused === 0) return
    const index = u32[(L.HEADER + L.H_REFUSED_INDEX) >>> 2] as number
    throw refusalError(refused, this.stagedFields(index), `events[${from + index}].`)
  }

  private stagedFields(index: number): CheckedFields {
    const { f32, u64 } = this.ring.kernel
    const record = L.BATCH + index * L.RECORD_BYTES
    const floats = (offset: number, length: number): Float32Array => f32.slice((record + offset) / 4, (record + offset) / 4 + length)
    return {
      timestamp: u64[(record + L.TIMESTAMP) / 8],
      episodeId: undefined,
      stepNumber: undefined,
      eventType: undefined,
      flags: undefined,
      adnaVersionHash: undefined,
      state: floats(L.STATE, L.VECTOR_LENGTH),
      action: floats(L.ACTION, L.VECTOR_LENGTH),
      rewards: floats(L.REWARDS, L.REWARD_SLOTS),
    }
  }

  /** Copies checked records straight to the head, in pieces that do not wrap. @internal for benches as well. */
  appendChecked(bytes: Uint8Array, count: number): void {
    const { ring } = this
    const skipped = this.skip(count)
    for (let from = skipped; from < count; ) {
      const piece = Math.min(count - from, ring.capacity - ring.head)
      const records = bytes.subarray(from * L.RECORD_BYTES, (from + piece) * L.RECORD_BYTES)
      ring.kernel.u8.set(records, L.RECORDS + ring.head * L.RECORD_BYTES)
      ring.kernel.core.publishRecords(piece)
      ring.wrote(piece)
      from += piece
    }
  }

  /** Gives numbers to those of `count` events that later ones of the same batch overwrite; returns how many. */
  private skip(count: number): number {
    const skipped = Math.max(0, count - this.ring.capacity)
    if (skipped > 0) {
      this.ring.kernel.core.skipEvents(skipped)
      this.ring.wrote(skipped)
    }
    return skipped
  }

  private objects(events: readonly EventInput[]): void {
    const count = events.length
    this.ring.assertRoom(count)
    if (count <= L.CHUNK && count <= this.ring.capacity) {
      this.pack(events, 0, count)
      this.ring.kernel.core.appendRecords(count)
      this.ring.wrote(count)
      return
    }
    const bytes = new Uint8Array(count * L.RECORD_BYTES)
    for (let from = 0; from < count; from += L.CHUNK) {
      const piece = Math.min(L.CHUNK, count - from)
      this.pack(events, from, piece)
      bytes.set(this.ring.kernel.u8.subarray(L.BATCH, L.BATCH + piece * L.RECORD_BYTES), from * L.RECORD_BYTES)
    }
    this.appendChecked(bytes, count)
  }

  private pack(events: readonly EventInput[], from: number, count: number): void {
    for (let i = 0; i < count; i++) this.encoder.pack(events[from + i] as EventInput, i, `events[${from + i}]`)
  }

  private columns(columns: EventColumns): void {
    const count = columnLength(columns)
    this.ring.assertRoom(count)
    const now = columns.timestamps === undefined ? this.clock() : 0
    for (let from = 0; from < count; from += L.CHUNK) this.stageColumns(columns, from, Math.min(L.CHUNK, count - from))
    // One chunk is staged still.
    const staged = count <= L.CHUNK
    for (let from = this.skip(count); from < count; ) {
      const piece = Math.min(L.CHUNK, this.ring.capacity, count - from)
      const has = staged ? this.has(columns) : this.stageColumns(columns, from, piece)
      if (columns.eventIds === undefined) this.ids.reserve(piece)
      this.ring.kernel.core.appendColumns(staged ? from : 0, piece, has, this.idMode, now)
      if (columns.eventIds === undefined) this.ids.left -= piece
      this.ring.wrote(piece)
      from += piece
    }
  }

  private has(columns: EventColumns): number {
    let has = columns.episodeIds instanceof BigUint64Array ? L.EPISODES_ARE_U64 : 0
    for (const { name, bit } of COLUMNS) if (columns[name] !== undefined) has |= bit
    return has
  }

  /** Stages the rows [from, from + count), checks them and returns which columns there are. */
  private stageColumns(columns: EventColumns, from: number, count: number): number {
    const { core, u8, u32 } = this.ring.kernel
    for (const { name, width, offset } of COLUMNS) {
      const column = columns[name]
      if (column === undefined) continue
      const rowBytes = width * column.BYTES_PER_ELEMENT
      u8.set(new Uint8Array(column.buffer, column.byteOffset + from * rowBytes, count * rowBytes), L.BATCH + offset)
    }
    const has = this.has(columns)
    const refused = core.checkColumns(count, has)
    if (refused === 0) return has
    const index = u32[(L.HEADER + L.H_REFUSED_INDEX) >>> 2] as number
    throw refusalError(refused, rowOf(columns, from + index), `events[${from + index}].`)
  }
}

function rowOf(columns: EventColumns, i: number): CheckedFields {
  const vector = (values: Float32Array | undefined): ArrayLike<number> => {
    return values?.subarray(i * L.VECTOR_LENGTH, (i + 1) * L.VECTOR_LENGTH) ?? []
  }
  const { rewardsHomeostasis, rewardsCuriosity, rewardsEfficiency, rewardsGoal } = columns
  return {
    timestamp: columns.timestamps?.[i],
    episodeId: columns.episodeIds?.[i],
    stepNumber: columns.stepNumbers?.[i],
    eventType: columns.eventTypes?.[i],
    flags: columns.flags?.[i],
    adnaVersionHash: columns.adnaVersionHashes?.[i],
    state: vector(columns.states),
    action: vector(columns.actions),
    rewards: [rewardsHomeostasis, rewardsCuriosity, rewardsEfficiency, rewardsGoal].map((rewards) => rewards?.[i] ?? 0),
  }
}
