/**
 * What a store is to hold, kept in plain maps, and the steps of a follower that lead there.
 *
 * @module
 */

import { expect } from 'vitest'
import * as L from '../../../src/layout.js'
import type { PostgresStore } from '../../../src/postgres/store/store.js'
import type { Checkpoint, ColdBatch, StoredEvents } from '../../../src/storage/cold/cold-storage.js'
import { applyCorrections } from '../../../src/storage/journal/corrections.js'
import type { Gap } from '../../../src/storage/journal/source.js'

export const IDENTITY = {
  streamId: '0192f0c1-2b3c-7def-8a12-334455667788',
  capacity: 1000,
  requiredMask: 15,
  firstSeq: 0,
}

export interface FollowStep {
  readonly batch: ColdBatch
  readonly to: Checkpoint
}

interface Row {
  readonly bytes: Uint8Array
  mask: number
  readonly metadata: unknown
}

/** The events and gaps after some steps. */
export class Oracle {
  readonly rows = new Map<number, Row>()
  readonly gaps: Gap[] = []

  constructor(steps: readonly FollowStep[]) {
    for (const { batch } of steps) this.take(batch)
  }

  /** Checks that a store has exactly this. */
  async expectIn(store: PostgresStore, end: number): Promise<void> {
    const found: StoredEvents[] = []
    for await (const events of store.query({ batchSize: 100 })) found.push(events)
    expect(found.flatMap(({ seqs }) => [...seqs])).toEqual([...this.rows.keys()].sort((a, b) => a - b))
    for (const { seqs, bytes, masks, metadata } of found) {
      for (const [i, seq] of seqs.entries()) {
        const row = this.rows.get(seq) as Row
        const record = bytes.subarray(i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES)
        if (Buffer.compare(record, row.bytes) !== 0) expect({ seq, record }).toEqual({ seq, record: row.bytes })
        expect([seq, masks[i], metadata.get(seq)]).toEqual([seq, row.mask, row.metadata])
      }
    }
    expect(await store.gaps(0, end)).toEqual(this.gaps)
    expect(await store.count(0, end)).toBe(this.rows.size)
  }

  private take({ events, corrections, gaps }: ColdBatch): void {
    for (const [i, seq] of events.seqs.entries()) {
      const bytes = events.bytes.slice(i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES)
      this.rows.set(seq, { bytes, mask: events.masks[i] as number, metadata: events.metadata.get(seq) })
    }
    for (const seq of corrections.seqs) {
      const row = this.rows.get(seq)
      if (row === undefined) continue
      const one = { length: 1, seqs: Float64Array.of(seq), bytes: row.bytes, masks: Uint8Array.of(row.mask) }
      applyCorrections(corrections, one, IDENTITY.requiredMask)
      row.mask = one.masks[0] as number
    }
    this.gaps.push(...gaps)
  }
}

/** Goes on from what is committed to the end, as a follower does that is told of a failure and opens again. */
export async function follow(store: PostgresStore, steps: readonly FollowStep[]): Promise<number> {
  for (let failures = 0; ; failures++) {
    try {
      const from = await store.open(IDENTITY)
      let at = from ?? { seq: 0, position: 0 }
      for (const step of steps) {
        if (step.to.position <= at.position) continue
        await store.write(rest(step.batch, at.seq), step.to)
        at = step.to
        // Some steps are committed alone, others together.
        if (at.position % 3 === 0) await store.flush()
      }
      await store.flush()
      return failures
    } catch (error) {
      if (!(error as { retryable?: boolean }).retryable || failures > 200) throw error
    }
  }
}

/** What of a batch is left for a store that has the events before `seq`. */
function rest({ events, corrections, gaps }: ColdBatch, seq: number): ColdBatch {
  const from = events.seqs.findIndex((found) => found >= seq)
  const first = from === -1 ? events.length : from
  return {
    events: {
      length: events.length - first,
      seqs: events.seqs.slice(first),
      bytes: events.bytes.slice(first * L.RECORD_BYTES),
      masks: events.masks.slice(first),
      metadata: events.metadata,
    },
    corrections,
    gaps: gaps.filter(({ start }) => start >= seq),
  }
}
