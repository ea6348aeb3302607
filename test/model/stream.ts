/**
 * The oracle: what a stream has to do, in the plainest TypeScript, slow and obvious.
 *
 * Events are objects in a `Map` by sequence number. Nothing is shared with the package but its types. Each method
 * either does what the contract says or throws {@link Refused} and changes nothing.
 *
 * @module
 */

import type { AppraiserType, EventColumns, EventFilter, EventInput, FindOptions } from '../../src/index.js'
import { checkedColumns } from './columns.js'
import {
  checkEpisode,
  checkedRecord,
  checkInteger,
  checkReward,
  decodeChecked,
  encode,
  type ModelEvent,
  type ModelRecord,
  RECORD_SIZE,
  Refused,
  totalOf,
} from './record.js'

const FULLY_APPRAISED = 0x10
const SEQ_LIMIT = 2 ** 53

/** The options of the stream that the model knows. */
export interface ModelOptions {
  capacity: number
  firstSeq?: number
  appraisers?: readonly AppraiserType[]
  priority?: 'reward' | 'explicit'
  /** Whether what comes late for an evicted event is a correction, as with a journal. */
  journaled?: boolean
}

/** The naive stream. */
export class ModelStream {
  readonly capacity: number
  readonly firstSeq: number
  readonly explicit: boolean
  readonly events = new Map<number, ModelEvent>()
  /** What the caller's clock says. */
  now = 0
  nextSeq: number
  applied = 0
  lateUpdates = 0
  fullyAppraised = 0
  private readonly required: number
  private readonly journaled: boolean

  constructor({
    capacity,
    firstSeq = 0,
    appraisers = [0, 1, 2, 3],
    priority = 'reward',
    journaled = false,
  }: ModelOptions) {
    this.journaled = journaled
    this.capacity = capacity
    this.firstSeq = firstSeq
    this.nextSeq = firstSeq
    this.explicit = priority === 'explicit'
    this.required = appraisers.reduce<number>((mask, appraiser) => mask | (1 << appraiser), 0)
  }

  get size(): number {
    return this.events.size
  }

  get oldestSeq(): number {
    return this.nextSeq - this.size
  }

  /** Live events, oldest first. */
  live(): ModelEvent[] {
    return [...this.events.values()]
  }

  writeEvent(input: EventInput): number {
    return this.append([checkedRecord(input, this.now)]).start
  }

  writeBatch(batch: readonly EventInput[] | Uint8Array | EventColumns): { start: number; end: number } {
    if (batch instanceof Uint8Array) {
      if (batch.length % RECORD_SIZE !== 0) throw new Refused('INVALID_ARGUMENT')
      const count = batch.length / RECORD_SIZE
      return this.append(Array.from({ length: count }, (_, i) => decodeChecked(batch, i * RECORD_SIZE)))
    }
    if (isInputs(batch)) return this.append(batch.map((input) => checkedRecord(input, this.now)))
    return this.append(checkedColumns(batch, this.now))
  }

  private append(records: ModelRecord[]): { start: number; end: number } {
    const start = this.nextSeq
    if (records.length > SEQ_LIMIT - start) throw new Refused('SEQUENCE_EXHAUSTED')
    for (const record of records) {
      if (this.size === this.capacity) this.events.delete(this.oldestSeq)
      const priorities = this.explicit ? this.live().map((event) => event.priority) : []
      const priority = priorities.length > 0 ? Math.max(...priorities) : 1
      const mask = record.flags & FULLY_APPRAISED ? this.required : 0
      this.events.set(this.nextSeq, { ...record, seq: this.nextSeq, mask, priority })
      this.nextSeq++
    }
    return { start, end: this.nextSeq }
  }

  /** The event that an update names: refused for a future number, undefined for an evicted one. */
  private target(seq: number): ModelEvent | undefined {
    checkInteger(seq, 2 ** 53)
    if (seq >= this.nextSeq) throw new Refused('SEQUENCE_NOT_WRITTEN')
    return this.events.get(seq)
  }

  /** A single write to an event that is gone. */
  private late(seq: number): void {
    if (!this.journaled || seq < this.firstSeq) throw new Refused('SEQUENCE_EVICTED')
  }

  private mark(event: ModelEvent, bits: number): void {
    event.mask |= bits
    const complete = (event.mask & this.required) === this.required
    if (!complete || event.flags & FULLY_APPRAISED) return
    event.flags |= FULLY_APPRAISED
    this.fullyAppraised++
  }

  setAppraiserReward(seq: number, appraiser: number, reward: number): void {
    checkInteger(appraiser, 4)
    const rounded = checkReward(reward)
    const event = this.target(seq)
    if (event === undefined) return this.late(seq)
    event.rewards[appraiser] = rounded
    this.applied++
    this.mark(event, 1 << appraiser)
  }

  setAppraiserRewards(seqs: readonly number[], appraiser: number, rewards: readonly number[]) {
    checkInteger(appraiser, 4)
    const change = (event: ModelEvent, reward: number): void => {
      event.rewards[appraiser] = reward
      this.applied++
      this.mark(event, 1 << appraiser)
    }
    return this.bulk(seqs, rewards.map(checkReward), change, this.journaled)
  }

  setPriorities(seqs: readonly number[], priorities: readonly number[]) {
    if (!this.explicit) throw new Refused('INVALID_ARGUMENT')
    const rounded = priorities.map((priority) => {
      const value = Math.fround(priority)
      if (!Number.isFinite(value) || value < 0) throw new Refused('INVALID_ARGUMENT')
      return value
    })
    const change = (event: ModelEvent, priority: number): void => {
      event.priority = priority
    }
    return this.bulk(seqs, rounded, change, false)
  }

  private bulk(
    seqs: readonly number[],
    values: readonly number[],
    change: (event: ModelEvent, value: number) => void,
    corrects: boolean,
  ) {
    if (seqs.length !== values.length) throw new Refused('INVALID_ARGUMENT')
    const targets = seqs.map((seq) => this.target(seq))
    const result = { applied: 0, corrected: 0, evicted: 0 }
    targets.forEach((event, i) => {
      if (event === undefined) {
        if (corrects && seqs[i]! >= this.firstSeq) {
          result.corrected++
          return
        }
        result.evicted++
        this.lateUpdates++
        return
      }
      result.applied++
      change(event, values[i]!)
    })
    return result
  }

  notifyAppraiserDone(seq: number, appraiser: number): void {
    checkInteger(appraiser, 4)
    const event = this.target(seq)
    if (event === undefined) return this.late(seq)
    this.mark(event, 1 << appraiser)
  }

  markFullyAppraised(seq: number): void {
    const event = this.target(seq)
    if (event === undefined) return this.late(seq)
    this.mark(event, this.required)
  }

  /** Sequence numbers of `[start, end)` that are live. */
  range(start: number, end: number): { start: number; end: number } {
    const from = Math.min(Math.max(start, this.oldestSeq), this.nextSeq)
    return { start: from, end: Math.max(from, Math.min(end, this.nextSeq)) }
  }

  /** The records of `[start, end)`, packed. */
  bytes(start: number, end: number): Uint8Array {
    const range = this.range(start, end)
    const packed = new Uint8Array((range.end - range.start) * RECORD_SIZE)
    for (let seq = range.start; seq < range.end; seq++) {
      encode(this.events.get(seq)!, packed, (seq - range.start) * RECORD_SIZE)
    }
    return packed
  }

  find({ order = 'oldest', limit = Infinity, ...filter }: FindOptions = {}): number[] {
    const found = this.live().filter((event) => matches(event, filter))
    if (order === 'newest') found.reverse()
    return found.slice(0, limit).map((event) => event.seq)
  }

  count(filter: EventFilter = {}): number {
    return this.find(filter).length
  }
}

function isInputs(batch: readonly EventInput[] | EventColumns): batch is readonly EventInput[] {
  return Array.isArray(batch)
}

/** Whether one event meets all conditions of a filter. */
export function matches(event: ModelEvent, filter: EventFilter): boolean {
  const total = totalOf(event)
  const types = typeof filter.types === 'number' ? [filter.types] : filter.types
  return (
    (types === undefined || types.includes(event.eventType)) &&
    (filter.flags === undefined || (event.flags & filter.flags) === filter.flags) &&
    (filter.episodeId === undefined || event.episodeId === checkEpisode(filter.episodeId)) &&
    (filter.from === undefined || event.timestamp >= filter.from) &&
    (filter.to === undefined || event.timestamp < filter.to) &&
    (filter.minReward === undefined || total >= filter.minReward) &&
    (filter.maxReward === undefined || total <= filter.maxReward) &&
    (filter.startSeq === undefined || event.seq >= filter.startSeq) &&
    (filter.endSeq === undefined || event.seq < filter.endSeq)
  )
}
