/**
 * A world of tiers in memory: a ring, a journal and stores that events move through as they do in a durable stream, and
 * the truth about every event beside them.
 *
 * @module
 */

import * as L from '../../../src/layout.js'
import type { EventMetadata } from '../../../src/storage/cold/cold-storage.js'
import { History } from '../../../src/storage/history/history.js'
import type { HistoryLimits } from '../../../src/storage/history/limits.js'
import { Rows } from '../../../src/storage/history/rows.js'
import type { HistoryRing } from '../../../src/storage/history/tier.js'
import * as F from '../../../src/storage/journal/format.js'
import { packMetadata } from '../../../src/storage/journal/metadata.js'
import { MemoryJournal, type State } from './memory-journal.js'
import { MemoryStore } from './memory-store.js'

/** What became of an event, and when. */
export interface Version {
  time: number
  rewards: readonly number[]
  mask: number
  flags: number
}

export interface Truth {
  seq: number
  timestamp: number
  episode: bigint
  type: number
  metadata: EventMetadata | undefined
  versions: Version[]
}

export interface Fields {
  timestamp?: number
  episode?: bigint
  type?: number
  flags?: number
  metadata?: EventMetadata | undefined
}

/** Small, so that a few events make many chunks. */
export const SMALL: HistoryLimits = { width: 3, kept: 2, corrections: 2, few: 2, storeBatch: 4 }
const REQUIRED = 15

export class World {
  readonly journal: MemoryJournal
  readonly stores: MemoryStore[]
  readonly truth = new Map<number, Truth>()
  readonly history: History
  readonly firstSeq: number
  readonly capacity: number
  next: number
  time = 0
  flushes = 0
  private written: number
  private readonly dirty = new Set<number>()
  private readonly late: State[] = []
  private readonly unpacked: number[] = []

  constructor({ capacity = 4, stores = 1, firstSeq = 0, keepsType = -1, limits = SMALL, ring = true } = {}) {
    this.capacity = capacity
    this.firstSeq = firstSeq
    this.next = firstSeq
    this.written = firstSeq
    this.journal = new MemoryJournal(capacity, firstSeq, REQUIRED)
    const keeps = (bytes: Uint8Array) => keepsType === -1 || typeOf(bytes) === keepsType
    this.stores = Array.from({ length: stores }, (_, i) => {
      // The first store keeps some events only, so that a later one has to fill in.
      return new MemoryStore(`store-${i}`, this.journal, i === 0 ? keeps : undefined)
    })
    const parts = { source: this.journal, stores: () => this.stores, flush: async () => this.flush() }
    this.history = new History(ring ? { ...parts, ring: this.ring() } : parts, limits)
  }

  get oldest(): number {
    return Math.max(this.firstSeq, this.next - this.capacity)
  }

  write({ timestamp = 0, episode = 0n, type = 0, flags = 0, metadata }: Fields = {}): number {
    const seq = this.claim()
    const versions = [{ time: this.time, rewards: [0, 0, 0, 0], mask: 0, flags }]
    this.truth.set(seq, { seq, timestamp, episode, type, metadata, versions })
    if (metadata !== undefined) this.unpacked.push(seq)
    return seq
  }

  /** A number that no event ever gets. */
  abort(): void {
    this.claim()
  }

  reward(seq: number, slot: number, reward: number): void {
    const event = this.truth.get(seq)
    if (event === undefined) return
    const before = newest(event)
    const rewards = before.rewards.map((value, i) => (i === slot ? Math.fround(reward) : value))
    const mask = before.mask | (1 << slot)
    const flags = before.flags | (mask === REQUIRED ? L.FULLY_APPRAISED : 0)
    event.versions.push({ time: ++this.time, rewards, mask, flags })
    if (seq >= this.oldest) {
      if (seq < this.written) this.dirty.add(seq)
    } else {
      const partial = [0, 0, 0, 0].map((_, i) => (i === slot ? reward : 0))
      this.late.push({ seq, flags: 0, mask: 1 << slot, slots: 1 << slot, rewards: partial })
    }
  }

  /** Writes out everything, as the journal does when the event loop turns. */
  flush(): void {
    this.flushes++
    for (const seq of this.unpacked.splice(0)) {
      this.journal.beside(seq, packMetadata(this.truth.get(seq)!.metadata!, 1000))
    }
    while (this.written < this.next) {
      const start = this.written
      const present = this.truth.has(start)
      while (this.written < this.next && this.truth.has(this.written) === present && this.written - start < 3) {
        this.written++
      }
      if (!present) this.journal.gap(start, this.written, F.GAP_ABORTED)
      else {
        const rows = this.rows(start, this.written)
        this.journal.records(start, rows.bytes, rows.masks)
      }
    }
    const states = [...this.dirty].map((seq) => ({ seq, slots: 15, ...newest(this.truth.get(seq)!) }))
    if (states.length > 0) this.journal.correct(states)
    this.dirty.clear()
    for (const state of this.late.splice(0)) this.journal.correct([state])
  }

  /** Drops what every store has committed and the ring has left behind. */
  dropJournal(): void {
    const checkpoints = this.stores.map(({ checkpoint }) => checkpoint ?? { seq: this.firstSeq, position: 0 })
    const position = Math.min(this.journal.nextPosition, ...checkpoints.map((checkpoint) => checkpoint.position))
    this.journal.drop(position, Math.min(this.oldest, this.written, ...checkpoints.map(({ seq }) => seq)))
  }

  /** The numbers of the events that somebody holds. */
  stored(): number[] {
    return [...this.truth.keys()].filter(
      (seq) =>
        seq >= this.oldest || seq >= this.journal.startSeq || this.stores.some((store) => store.entries.has(seq)),
    )
  }

  newest(seq: number): Version {
    return newest(this.truth.get(seq)!)
  }

  private claim(): number {
    const leaving = this.next - this.capacity
    if (leaving >= this.firstSeq && (leaving >= this.written || this.dirty.has(leaving))) this.flush()
    this.time++
    return this.next++
  }

  private ring(): HistoryRing {
    const world = this
    return {
      get oldest() {
        return world.oldest
      },
      get next() {
        return world.next
      },
      read: (start, end) => ({ start, end, rows: world.rows(start, end) }),
      count: (start, end) => world.rows(start, end).length,
    }
  }

  private rows(start: number, end: number): Rows {
    const rows = Rows.withRoomFor(end - start)
    const view = new DataView(rows.bytes.buffer)
    const metadata = new Map<number, EventMetadata>()
    for (let seq = start; seq < end; seq++) {
      const event = this.truth.get(seq)
      if (event === undefined) continue
      const { rewards, mask, flags } = newest(event)
      const at = rows.length * L.RECORD_BYTES
      view.setBigUint64(at + L.TIMESTAMP, BigInt(event.timestamp), true)
      view.setBigUint64(at + L.EPISODE_ID, event.episode, true)
      view.setUint32(at + L.STEP_NUMBER, seq, true)
      view.setUint16(at + L.EVENT_TYPE, event.type, true)
      view.setUint16(at + L.FLAGS, flags, true)
      rewards.forEach((reward, slot) => {
        view.setFloat32(at + L.REWARDS + slot * 4, reward, true)
      })
      rows.masks[rows.length] = mask
      rows.seqs[rows.length++] = seq
      // Memory keeps the metadata of odd numbers alone: that of the others has to be found in the journal.
      if (event.metadata !== undefined && (seq % 2 === 1 || this.unpacked.includes(seq)))
        metadata.set(seq, event.metadata)
    }
    rows.metadata = metadata
    return rows
  }
}

function newest(event: Truth): Version {
  return event.versions[event.versions.length - 1]!
}

function typeOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint16(L.EVENT_TYPE, true)
}
