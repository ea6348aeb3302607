/**
 * What a store has accepted and not committed yet. A value: accepting makes a new one, so that a query goes on with what
 * it began with, and a write that fails leaves everything as it was.
 *
 * @module
 */

import { invalid } from '../../../errors.js'
import { EventFlags } from '../../../event/types.js'
import * as L from '../../../layout.js'
import { type CorrectionList, CorrectionMerger } from '../../journal/corrections.js'
import type { Gap } from '../../journal/source.js'
import type { Checkpoint, ColdBatch, StoredEvents } from '../cold-storage.js'
import { copyOf } from '../correction-lists.js'
import { chooseRows, EventsBuilder, NO_EVENTS } from '../events.js'

interface Accepted {
  readonly events: StoredEvents
  readonly corrections: CorrectionList
  readonly gaps: readonly Gap[]
  readonly skipped: number
  readonly metadataBytes: number
}

/** See the module. Memory: what was accepted, which the store keeps to about its `batchSize`. */
export class Pending {
  /** Where the batches so far lead to; what is committed if there are none. */
  readonly to: Checkpoint
  private readonly batches: readonly Accepted[]
  private merged: CorrectionList | undefined

  constructor(to: Checkpoint, batches: readonly Accepted[] = []) {
    this.to = to
    this.batches = batches
  }

  /** Whether nothing was accepted. */
  get isEmpty(): boolean {
    return this.batches.length === 0
  }

  /** Number of events. */
  get length(): number {
    return this.batches.reduce((sum, { events }) => sum + events.length, 0)
  }

  /** Entries of corrections, several of the same event counted each. */
  get correctionCount(): number {
    return this.batches.reduce((sum, { corrections }) => sum + corrections.length, 0)
  }

  /** About how much the metadata of the events take, in bytes. */
  get metadataBytes(): number {
    return this.batches.reduce((sum, { metadataBytes }) => sum + metadataBytes, 0)
  }

  /** Events that were not to be kept. */
  get skipped(): number {
    return this.batches.reduce((sum, { skipped }) => sum + skipped, 0)
  }

  get gaps(): readonly Gap[] {
    return this.batches.flatMap(({ gaps }) => gaps)
  }

  /** The corrections, merged; of the events here and of committed ones. */
  get corrections(): CorrectionList {
    if (this.merged === undefined) {
      const merger = new CorrectionMerger()
      for (const { corrections } of this.batches) merger.addList(corrections)
      this.merged = merger.list()
    }
    return this.merged
  }

  /** The events that were accepted together, in order; they are not to be changed. */
  get events(): readonly StoredEvents[] {
    return this.batches.map(({ events }) => events).filter(({ length }) => length > 0)
  }

  /** A copy of all events. */
  copyEvents(): StoredEvents {
    const rows = new EventsBuilder(this.length)
    for (const events of this.events) rows.append(events, 0, events.length)
    return rows.finish()
  }

  /** With one batch more, which is copied. @throws {InvalidArgumentError} if it does not lead from here to `to`. */
  accept(batch: ColdBatch, to: Checkpoint, flaggedOnly: boolean): Pending {
    assertLeads(batch, this.to, to)
    const kept = flaggedOnly ? chooseRows(batch.events, isFlagged) : batch.events
    const copy = new EventsBuilder(kept.length)
    copy.append(kept, 0, kept.length)
    const events = kept.length === 0 ? NO_EVENTS : copy.finish()
    let metadataBytes = 0
    for (const metadata of events.metadata.values()) metadataBytes += sizeOf(metadata)
    const accepted = {
      events,
      metadataBytes,
      corrections: copyOf(batch.corrections),
      gaps: [...batch.gaps],
      skipped: batch.events.length - kept.length,
    }
    return new Pending({ seq: to.seq, position: to.position }, [...this.batches, accepted])
  }
}

/** About what a JSON value takes: its texts, and a word for everything else. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 8
  let size = 8
  for (const [key, part] of Object.entries(value)) size += key.length + sizeOf(part)
  return size
}

function isFlagged(records: DataView, at: number): boolean {
  return (records.getUint16(at + L.FLAGS, true) & EventFlags.PERSIST) !== 0
}

/** Every number from where the store is to where the batch leads is an event or lies in a gap: nothing is lost silently. */
export function assertLeads({ events, gaps }: ColdBatch, from: Checkpoint, to: Checkpoint): void {
  if (!(Number.isSafeInteger(to.seq) && to.seq >= from.seq)) throw invalid('to.seq', `be at least ${from.seq}`, to.seq)
  if (!(Number.isSafeInteger(to.position) && to.position >= from.position)) {
    throw invalid('to.position', `be at least ${from.position}`, to.position)
  }
  let next = from.seq
  for (let i = 0, g = 0; i < events.length || g < gaps.length; ) {
    const seq = i < events.length ? (events.seqs[i] as number) : Number.POSITIVE_INFINITY
    const gap = gaps[g]
    if (gap !== undefined && gap.start < seq) {
      if (gap.start !== next || gap.end <= gap.start) throw invalid('gaps', `go on at ${next}`, gap.start)
      next = gap.end
      g++
    } else {
      if (seq !== next) throw invalid('events', `go on at ${next}`, seq)
      next++
      i++
    }
  }
  if (next !== to.seq) throw invalid('to.seq', `be ${next}, where the events and gaps end`, to.seq)
}
