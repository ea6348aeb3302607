/**
 * One step of a follower: which events and corrections come next, and reading them.
 *
 * A checkpoint `{ seq, position }` says that the store has all events before `seq` as the corrections before `position`
 * have made them. A step leads from one to a later one: the events between the two, merged with every correction before
 * the new position, and the corrections of the blocks between the two positions for events before the old `seq`.
 *
 * An event goes into a store with what had become of it when it was settled: a follower with a long way to go reads
 * corrections ahead of its events by the time to settle, as one that keeps up has them, and to the end of the journal
 * once it has reached the watermark. What that brings for events further on is kept until they are taken. So the way is
 * linear in its length: every block is read once, as records or as corrections.
 *
 * @module
 */

import type { Checkpoint, ColdBatch, EventMetadata } from '../cold/cold-storage.js'
import { applyCorrections, CorrectionMerger } from '../journal/corrections.js'
import * as F from '../journal/format.js'
import { unpackMetadata } from '../journal/metadata.js'
import type { Gap, JournalPosition, JournalSource } from '../journal/source.js'
import { PendingCorrections } from './pending.js'

/** Corrections that one step reads at most, unless a single block has more. */
const MOST_CORRECTIONS = 65_536
/** Bytes of metadata that one step reads at most, as far as blocks can be parted. */
const MOST_METADATA = 16 * 1024 * 1024

/** How far a step leads. */
export interface Stride {
  /** Events that it takes at most. */
  readonly batchSize: number
  /** After how long events are settled, whatever happens, in µs; and after how many further events. */
  readonly settleUs: number
  readonly settleEvents: number
}

/**
 * Where the next step leads: not past `settled`, to no position past `horizon`. The same as `at` if there is nothing to
 * do. Where there are many corrections to read, a step brings these only. Looks at no payload.
 */
export function planStep(
  source: JournalSource,
  at: Checkpoint,
  settled: number,
  horizon: Checkpoint,
  stride: Stride,
): Checkpoint {
  const end = boundMetadata(source, at, Math.max(at.seq, Math.min(settled, at.seq + stride.batchSize)))
  const position = end < settled ? ahead(source, at, end, horizon, stride) : Math.max(at.position, horizon.position)
  let entries = 0
  for (const block of source.blocks(at.position, position)) {
    if (block.kind !== F.CORRECTIONS) continue
    entries += block.count
    if (entries > MOST_CORRECTIONS && block.position > at.position) return { seq: at.seq, position: block.position }
  }
  return { seq: end, position }
}

/** The position up to which corrections were there when the last event before `end` was settled. */
function ahead(
  source: JournalSource,
  at: Checkpoint,
  end: number,
  horizon: Checkpoint,
  { settleUs, settleEvents }: Stride,
): JournalPosition {
  const last = source.positionOf(end - 1)
  let untilUs = Number.POSITIVE_INFINITY
  for (const block of source.blocks(last, last + 1)) untilUs = block.writtenUs + settleUs
  for (const block of source.blocks(Math.max(at.position, last + 1), horizon.position)) {
    const isRecords = block.kind === F.RECORDS
    if (block.writtenUs > untilUs || (isRecords && block.seq + block.span >= end + settleEvents)) return block.position
  }
  return Math.max(at.position, horizon.position)
}

/** An end of the step, not past `end`, up to which there is not too much metadata. */
function boundMetadata(source: JournalSource, at: Checkpoint, end: number): number {
  if (end === at.seq) return end
  let bytes = 0
  for (const block of source.blocks(source.positionOf(at.seq), source.positionOf(end - 1))) {
    if (block.kind !== F.METADATA) continue
    bytes += block.payloadBytes
    if (bytes > MOST_METADATA && block.seq > at.seq) return Math.min(end, block.seq)
  }
  return end
}

/** Reads steps one behind the other. */
export class StepReader {
  /** Where the next step begins. */
  at: Checkpoint
  private readonly source: JournalSource
  private readonly pending = new PendingCorrections()
  private missed: Gap | undefined

  /** @param missed Numbers directly before the checkpoint that the store will not get; told with the first step. */
  constructor(source: JournalSource, at: Checkpoint, missed?: Gap) {
    this.source = source
    this.at = at
    this.missed = missed
    this.recall()
  }

  /** Whether a step to here leads nowhere. */
  isIdle(to: Checkpoint): boolean {
    return !this.owes && to.seq === this.at.seq && to.position === this.at.position
  }

  /** Whether the store has yet to be told what it will not get. */
  get owes(): boolean {
    return this.missed !== undefined
  }

  /** Reads the step to a checkpoint of `planStep` and moves there. */
  read(to: Checkpoint): ColdBatch {
    const { source, at, pending } = this
    const past = new CorrectionMerger()
    this.readCorrections(at.position, to.position, past)
    const { length, seqs, bytes, masks } = source.events(at.seq, to.seq, 0)
    const events = { length, seqs, bytes, masks, metadata: this.metadata(at.seq, to.seq) }
    applyCorrections(pending.take(at.seq, to.seq), events, source.identity.requiredMask)
    const gaps = to.seq > at.seq ? source.gaps(at.seq, to.seq) : []
    if (this.missed !== undefined) gaps.unshift(this.missed)
    this.missed = undefined
    this.at = to
    return { events, corrections: past.list(), gaps }
  }

  /** What an earlier follower of this checkpoint had read ahead. */
  private recall(): void {
    const { source, at } = this
    this.readCorrections(source.positionOf(at.seq), at.position)
  }

  /** Reads corrections of blocks [from, to): keeps those of events ahead, merges those of events that are past. */
  private readCorrections(from: JournalPosition, to: JournalPosition, past?: CorrectionMerger): void {
    const { source, at, pending } = this
    for (const block of source.blocks(from, to)) {
      if (block.kind !== F.CORRECTIONS) continue
      const payload = source.payload(block)
      past?.addPayload(payload, block.seq, block.count, 0, at.seq)
      if (block.seq + block.span <= at.seq) continue
      const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
      for (let entry = 0; entry < block.count * F.CORRECTION_BYTES; entry += F.CORRECTION_BYTES) {
        const seq = block.seq + view.getUint32(entry + F.C_SEQ, true)
        if (seq >= at.seq) pending.add(seq, view, entry)
      }
    }
  }

  private metadata(start: number, end: number): Map<number, EventMetadata> {
    const unpacked = new Map<number, EventMetadata>()
    if (end === start) return unpacked
    for (const [seq, packed] of this.source.metadata(start, end)) unpacked.set(seq, unpackMetadata(packed))
    return unpacked
  }
}

/** Whether a store has nothing to do for a batch. */
export function isEmpty(batch: ColdBatch): boolean {
  return batch.events.length === 0 && batch.corrections.length === 0 && batch.gaps.length === 0
}
