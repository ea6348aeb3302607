/**
 * A store in memory that commits atomically, holds events back, fails and crashes when it is told to, and checks that
 * its follower keeps the contract.
 *
 * @module
 */

import { expect } from 'vitest'
import * as L from '../../../../src/layout.js'
import type {
  Checkpoint,
  ColdBatch,
  ColdStorage,
  EventMetadata,
  StoredEvents,
} from '../../../../src/storage/cold/cold-storage.js'
import { StoreMismatchError } from '../../../../src/storage/errors.js'
import { applyCorrections } from '../../../../src/storage/journal/corrections.js'
import type { Gap, StreamIdentity } from '../../../../src/storage/journal/source.js'

export interface Row {
  readonly bytes: Uint8Array
  mask: number
  readonly metadata: EventMetadata | undefined
}

/** What survives a crash. */
export interface Kept {
  streamId: string | undefined
  checkpoint: Checkpoint | undefined
  rows: Map<number, Row>
  gaps: Gap[]
  /** Corrections that reached an event, and commits. */
  corrected: number
  commits: number
}

export type Operation = 'open' | 'write' | 'flush' | 'commit' | 'committed'

export function blank(): Kept {
  return { streamId: undefined, checkpoint: undefined, rows: new Map(), gaps: [], corrected: 0, commits: 0 }
}

export class MemoryStore implements ColdStorage {
  readonly name: string
  /** Events that it holds back at most. */
  holdBack = 50
  /** Called at every step; may wait, and may throw. */
  before: (operation: Operation) => Promise<void> | void = () => {}
  readonly kept: Kept
  /** Batches that were offered, their events, and the largest. */
  writes = 0
  largest = 0
  private buffer: { batch: ColdBatch; to: Checkpoint }[] = []
  private busy = false
  private generation = 0
  private dead = false
  private lost = false

  constructor(name = 'memory', kept: Kept = blank()) {
    this.name = name
    this.kept = kept
  }

  get checkpoint(): Checkpoint | undefined {
    return this.kept.checkpoint
  }

  /** What was accepted, committed or not. */
  get accepted(): Checkpoint | undefined {
    return this.buffer.at(-1)?.to ?? this.kept.checkpoint
  }

  /** The process ends: what was not committed is gone, and nothing happens any more. */
  kill(): void {
    this.dead = true
  }

  /** The store restarts: every call fails until it is opened again, what was not committed is gone. */
  restart(): void {
    this.generation++
    this.buffer = []
    this.lost = true
  }

  async open(identity: StreamIdentity): Promise<Checkpoint | undefined> {
    return this.alone('open', async () => {
      this.buffer = []
      this.lost = false
      this.kept.streamId ??= identity.streamId
      if (this.kept.streamId !== identity.streamId) throw new StoreMismatchError(this.name, 'it is of another stream')
      return this.kept.checkpoint
    })
  }

  async write(batch: ColdBatch, to: Checkpoint): Promise<void> {
    await this.alone('write', async () => {
      this.assertContract(batch, to)
      this.writes++
      this.largest = Math.max(this.largest, batch.events.length)
      this.buffer.push({ batch, to })
      const held = this.buffer.reduce((sum, { batch: { events } }) => sum + events.length, 0)
      if (held >= this.holdBack) await this.commit()
    })
  }

  async flush(): Promise<void> {
    await this.alone('flush', () => this.commit())
  }

  async *query(): AsyncIterable<StoredEvents> {}

  async count(start: number, end: number): Promise<number> {
    return [...this.kept.rows.keys()].filter((seq) => seq >= start && seq < end).length
  }

  async close(): Promise<void> {}

  private async alone<T>(operation: Operation, run: () => Promise<T>): Promise<T> {
    if (!this.dead) expect(this.busy, 'one call at a time').toBe(false)
    this.busy = true
    try {
      await this.step(operation)
      return await run()
    } finally {
      this.busy = false
    }
  }

  /** A place where a crash may come, and with it the end of the call. */
  private async step(operation: Operation): Promise<void> {
    const { generation } = this
    await this.before(operation)
    if (this.dead) await new Promise(() => {})
    if (generation !== this.generation || (this.lost && operation !== 'open')) throw new Error('connection lost')
  }

  private async commit(): Promise<void> {
    await this.step('commit')
    const { kept } = this
    if (this.buffer.length > 0) kept.commits++
    for (const { batch, to } of this.buffer) {
      const { events, corrections, gaps } = batch
      for (let i = 0; i < events.length; i++) {
        const seq = events.seqs[i] as number
        expect(kept.rows.has(seq), `event ${seq} comes once`).toBe(false)
        kept.rows.set(seq, {
          bytes: events.bytes.slice(i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES),
          mask: events.masks[i] as number,
          metadata: events.metadata.get(seq),
        })
      }
      for (const seq of corrections.seqs) {
        const row = kept.rows.get(seq)
        if (row === undefined) continue
        const one = { length: 1, seqs: Float64Array.of(seq), bytes: row.bytes, masks: Uint8Array.of(row.mask) }
        kept.corrected += applyCorrections(corrections, one, 15)
        row.mask = one.masks[0] as number
      }
      kept.gaps.push(...gaps)
      kept.checkpoint = to
    }
    this.buffer = []
    await this.step('committed')
  }

  private assertContract(batch: ColdBatch, to: Checkpoint): void {
    const from = this.accepted ?? { seq: 0, position: 0 }
    const { events, corrections, gaps } = batch
    expect(events.length + corrections.length + gaps.length, 'never an empty batch').toBeGreaterThan(0)
    expect(to.seq).toBeGreaterThanOrEqual(from.seq)
    expect(to.position).toBeGreaterThanOrEqual(from.position)
    for (let i = 0; i < events.length; i++) {
      const seq = events.seqs[i] as number
      expect(seq >= from.seq && seq < to.seq, `event ${seq} in [${from.seq}, ${to.seq})`).toBe(true)
    }
    for (let i = 0; i < corrections.length; i++) expect(corrections.seqs[i]).toBeLessThan(from.seq)
  }
}
