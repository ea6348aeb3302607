/**
 * The settle watermark: the longest prefix of the journal's events of which each is complete (everybody who scores has
 * scored it), or was written out longer than `settleMs` ago, or is about to leave the ring. Followers take events up to
 * it, so that most rewards go into a store with their event, and only what comes later goes as a correction.
 *
 * All followers of a stream share one. It looks at every block once, at no records whose time alone says that they are
 * settled, and keeps a byte for each event that is not settled, at most one for each event of the ring. Times are kept by
 * runs of `settleMs / 16`, of which each counts as written with its last block: an event waits that much longer at most.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { Checkpoint } from '../cold/cold-storage.js'
import * as F from '../journal/format.js'
import type { BlockInfo, JournalSource } from '../journal/source.js'

/** Part of the ring whose events count as about to leave it. */
const LEAVING = 1 / 8
const RUNS = 16

/** Events before `end` and behind the run before it; written out between the two times. */
interface Run {
  startUs: number
  endUs: number
  end: number
}

/** After how many further events one is about to leave a ring. */
export function settleEventsOf(capacity: number): number {
  return Math.max(1, capacity - Math.ceil(capacity * LEAVING))
}

/** How far events are settled. */
export class SettleWatermark {
  /** Events before it are settled. Never goes back. */
  seq = 0
  private end = 0
  private position = 0
  private readonly settleUs: number
  private readonly required: number
  /** The mask of event `seq` at `seq % keep`. */
  private readonly masks: Uint8Array
  private readonly runs: Run[] = []

  /** @param capacity events that the ring holds; the journal may have begun with another ring. */
  constructor(source: JournalSource, capacity: number, settleMs: number) {
    const { requiredMask } = source.identity
    this.settleUs = settleMs * 1000
    this.required = requiredMask
    this.masks = new Uint8Array(settleEventsOf(capacity))
    this.settle(source.startSeq)
  }

  /** When the next events will be settled if nobody scores them, in Unix µs; undefined if all are settled. */
  get dueUs(): number | undefined {
    const first = this.runs[0]
    return first === undefined || this.seq === this.end ? undefined : first.endUs + this.settleUs
  }

  /** Looks at the blocks that `horizon` has come to include, and at the time. O(new blocks + newly settled events). */
  update(source: JournalSource, horizon: Checkpoint, nowUs: number): void {
    const leaving = horizon.seq - this.masks.length
    if (leaving > this.end) {
      this.settle(leaving)
      this.position = Math.max(this.position, source.positionOf(leaving))
    }
    for (const block of source.blocks(this.position, horizon.position)) {
      this.look(source, block, leaving, nowUs)
      this.position = block.position + 1
    }
    this.settle(leaving)
    this.pass(nowUs)
    while (this.seq < this.end && this.isComplete(this.seq)) this.seq++
  }

  private look(source: JournalSource, block: BlockInfo, leaving: number, nowUs: number): void {
    if (block.kind === F.CORRECTIONS) {
      if (block.seq + block.span > this.seq) this.correct(source.payload(block), block)
      return
    }
    if (block.kind !== F.RECORDS && block.kind !== F.GAP) return
    const end = block.seq + block.span
    if (end <= this.end) return
    if (end <= leaving || block.writtenUs + this.settleUs <= nowUs) {
      this.settle(end)
      return
    }
    // Not more than there are bytes for, also if the horizon is behind the block.
    this.settle(Math.max(leaving, end - this.masks.length))
    const start = Math.max(block.seq, this.end, this.seq)
    this.end = end
    if (block.kind === F.GAP) this.fill(start, end)
    else this.takeMasks(source.payload(block), block, start)
    this.extend(end, Math.min(block.writtenUs, nowUs))
  }

  /** Everything before `seq` is settled, whatever became of it. */
  private settle(seq: number): void {
    this.seq = Math.max(this.seq, seq)
    this.end = Math.max(this.end, this.seq)
  }

  /** Settles what was written long enough ago. */
  private pass(nowUs: number): void {
    for (let run = this.runs[0]; run !== undefined; run = this.runs[0]) {
      // A clock that was set back would otherwise hold events until it is again where it was.
      run.startUs = Math.min(run.startUs, nowUs)
      run.endUs = Math.min(run.endUs, nowUs)
      if (run.end > this.seq && run.endUs + this.settleUs > nowUs) return
      this.settle(run.end)
      this.runs.shift()
    }
  }

  private extend(end: number, writtenUs: number): void {
    const last = this.runs.at(-1)
    if (last !== undefined && writtenUs - last.startUs <= this.settleUs / RUNS) {
      last.end = end
      last.endUs = Math.max(last.endUs, writtenUs)
    } else {
      this.runs.push({ startUs: writtenUs, endUs: writtenUs, end })
    }
  }

  private isComplete(seq: number): boolean {
    return ((this.masks[seq % this.masks.length] as number) & this.required) === this.required
  }

  private fill(start: number, end: number): void {
    for (let seq = start; seq < end; seq++) this.masks[seq % this.masks.length] = this.required
  }

  private takeMasks(payload: Uint8Array, block: BlockInfo, start: number): void {
    const masks = block.count * L.RECORD_BYTES
    for (let seq = start; seq < block.seq + block.count; seq++) {
      const i = seq - block.seq
      const appraised = ((payload[i * L.RECORD_BYTES + L.FLAGS] as number) & L.FULLY_APPRAISED) !== 0
      const mask = block.flags & F.HAS_MASKS ? (payload[masks + i] as number) : appraised ? this.required : 0
      this.masks[seq % this.masks.length] = mask
    }
  }

  private correct(payload: Uint8Array, block: BlockInfo): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
    for (let i = 0, at = 0; i < block.count; i++, at += F.CORRECTION_BYTES) {
      const seq = block.seq + view.getUint32(at + F.C_SEQ, true)
      if (seq < this.seq) continue
      const slot = seq % this.masks.length
      this.masks[slot] = (this.masks[slot] as number) | view.getUint8(at + F.C_MASK)
    }
  }
}
