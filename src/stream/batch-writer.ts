/**
 * Whole batches: lists of objects, packed records, columns. A batch is checked before its first event is written; if
 * any event is refused, nothing is.
 *
 * A batch larger than the ring is taken in whole: all its events get sequence numbers, the last `capacity` of them stay.
 *
 * @module
 */

import { invalid } from '../errors.js'
import type { ClockFunction } from '../event/clock.js'
import type { EventEncoder } from '../event/encode.js'
import type { IdPool } from '../event/id.js'
import type { Lanes } from '../event/lanes.js'
import { REWARD_FIELDS, refusalError } from '../event/refusal.js'
import type { EventColumns, EventInput } from '../event/types.js'
import type { KernelExports } from '../kernel/exports.js'
import * as L from '../layout.js'
import { COLUMNS, columnLength } from './columns.js'
import type { SeqRange } from './types.js'

/** A ring that takes checked batches. */
export interface BatchTarget {
  readonly kernel: Lanes & { readonly core: BatchExports }
  readonly capacity: number
  assertOpen(): void
  /** Makes sure that `count` more events can be written. */
  assertRoom(count: number): void
  /** Follows the module, which has written `count` events. */
  wrote(count: number): void
}

type BatchExports = Pick<KernelExports, 'checkRecords' | 'appendRecords' | 'checkColumns' | 'appendColumns'>

/** Checks batches and hands them to one ring. */
export abstract class BatchWriter<Target extends BatchTarget> {
  protected readonly ring: Target
  private readonly encoder: EventEncoder
  private readonly ids: IdPool
  private readonly clock: ClockFunction
  private readonly idMode: number

  constructor(ring: Target, encoder: EventEncoder, ids: IdPool, clock: ClockFunction, idMode: number) {
    this.ring = ring
    this.encoder = encoder
    this.ids = ids
    this.clock = clock
    this.idMode = idMode
  }

  write(events: readonly EventInput[] | Uint8Array | EventColumns): SeqRange {
    this.ring.assertOpen()
    // The checks gather the flags of the batch there: without FULLY_APPRAISED its masks need no look at the records.
    this.ring.kernel.u32[(L.HEADER + L.H_BATCH_FLAGS) >>> 2] = 0
    if (events instanceof Uint8Array) return this.written(this.packed(events))
    if (Array.isArray(events)) return this.written(this.objects(events as readonly EventInput[]))
    if (typeof events === 'object' && events !== null) return this.written(this.columns(events as EventColumns))
    throw invalid('events', 'be a list of events, packed records or columns', events)
  }

  /** Takes the sequence numbers of `count` checked events and returns how many of the first ones to pass over. */
  protected abstract take(count: number): number

  /** Writes checked records whose numbers are taken. */
  protected abstract append(bytes: Uint8Array, count: number): void

  /** The numbers of the `count` events that were written last. */
  protected abstract written(count: number): SeqRange

  private packed(bytes: Uint8Array): number {
    const count = bytes.length / L.RECORD_BYTES
    if (!Number.isInteger(count)) {
      throw invalid('packed records', `be a multiple of ${L.RECORD_BYTES} bytes`, bytes.length)
    }
    this.ring.assertRoom(count)
    if (count <= L.CHUNK && count <= this.ring.capacity) {
      this.check(bytes, 0, count)
      return this.appendStaged(count)
    }
    for (let from = 0; from < count; from += L.CHUNK) this.check(bytes, from, Math.min(L.CHUNK, count - from))
    this.append(bytes, count)
    return count
  }

  /** Writes the checked records of a batch that fits into memory whole. */
  private appendStaged(count: number): number {
    this.take(count)
    this.ring.kernel.core.appendRecords(count)
    this.ring.wrote(count)
    return count
  }

  /** Stages the records [from, from + count) and checks them. */
  private check(bytes: Uint8Array, from: number, count: number): void {
    const { core, u8, u32 } = this.ring.kernel
    const to = (from + count) * L.RECORD_BYTES
    u8.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from * L.RECORD_BYTES, to), L.BATCH)
    const refused = core.checkRecords(count)
    if (refused === 0) return
    const index = u32[(L.HEADER + L.H_REFUSED_INDEX) >>> 2] as number
    throw refusalError(refused, this.staged(index), `events[${from + index}].`)
  }

  /** The fields of a staged record that its check looks at. */
  private staged(index: number): EventInput {
    const { f32, u32 } = this.ring.kernel
    const word = (L.BATCH + index * L.RECORD_BYTES) >>> 2
    const floats = (offset: number, length: number): Float32Array =>
      f32.slice(word + offset / 4, word + offset / 4 + length)
    const time = word + L.TIMESTAMP / 4
    return {
      timestamp: (u32[time + 1] as number) * 4294967296 + (u32[time] as number),
      state: floats(L.STATE, L.VECTOR_LENGTH),
      action: floats(L.ACTION, L.VECTOR_LENGTH),
      ...rewardsOf(floats(L.REWARDS, L.REWARD_SLOTS)),
    }
  }

  private objects(events: readonly EventInput[]): number {
    const count = events.length
    this.ring.assertRoom(count)
    if (count <= L.CHUNK && count <= this.ring.capacity) {
      this.pack(events, 0, count)
      return this.appendStaged(count)
    }
    const bytes = new Uint8Array(count * L.RECORD_BYTES)
    for (let from = 0; from < count; from += L.CHUNK) {
      const piece = Math.min(L.CHUNK, count - from)
      this.pack(events, from, piece)
      bytes.set(this.ring.kernel.u8.subarray(L.BATCH, L.BATCH + piece * L.RECORD_BYTES), from * L.RECORD_BYTES)
    }
    this.append(bytes, count)
    return count
  }

  private pack(events: readonly EventInput[], from: number, count: number): void {
    for (let i = 0; i < count; i++) this.encoder.pack(events[from + i] as EventInput, i, `events[${from + i}].`)
  }

  private columns(columns: EventColumns): number {
    const count = columnLength(columns)
    this.ring.assertRoom(count)
    const now = columns.timestamps === undefined ? this.clock() : 0
    for (let from = 0; from < count; from += L.CHUNK) this.stageColumns(columns, from, Math.min(L.CHUNK, count - from))
    // One chunk is staged still.
    const staged = count <= L.CHUNK
    for (let from = this.take(count); from < count; ) {
      const piece = Math.min(L.CHUNK, this.ring.capacity, count - from)
      this.ring.assertRoom(piece)
      const has = staged ? this.has(columns) : this.stageColumns(columns, from, piece)
      if (columns.eventIds === undefined) this.ids.reserve(piece)
      this.ring.kernel.core.appendColumns(staged ? from : 0, piece, has, this.idMode, now)
      if (columns.eventIds === undefined) this.ids.left -= piece
      this.ring.wrote(piece)
      from += piece
    }
    return count
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

/** The fields of row `i` that a check looks at. */
function rowOf(columns: EventColumns, i: number): EventInput {
  const vector = (values: Float32Array | undefined): Float32Array | undefined => {
    return values?.subarray(i * L.VECTOR_LENGTH, (i + 1) * L.VECTOR_LENGTH)
  }
  const { rewardsHomeostasis, rewardsCuriosity, rewardsEfficiency, rewardsGoal } = columns
  return {
    timestamp: columns.timestamps?.[i],
    episodeId: columns.episodeIds?.[i],
    state: vector(columns.states),
    action: vector(columns.actions),
    ...rewardsOf(
      [rewardsHomeostasis, rewardsCuriosity, rewardsEfficiency, rewardsGoal].map((rewards) => rewards?.[i] ?? 0),
    ),
  }
}

function rewardsOf(rewards: ArrayLike<number>): EventInput {
  return Object.fromEntries(REWARD_FIELDS.map((field, slot) => [field, rewards[slot]]))
}
