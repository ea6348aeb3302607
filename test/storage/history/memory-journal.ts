/**
 * A journal in memory: blocks as the files hold them, written and dropped at will. What it answers is worked out anew
 * from all blocks each time, so that it is beyond suspicion.
 *
 * @module
 */

import * as L from '../../../src/layout.js'
import { applyCorrections, type CorrectionList, CorrectionMerger } from '../../../src/storage/journal/corrections.js'
import * as F from '../../../src/storage/journal/format.js'
import type { BlockInfo, Gap, JournalEvents, JournalSource } from '../../../src/storage/journal/source.js'

interface Block {
  info: BlockInfo
  payload: Uint8Array
  masks: Uint8Array
}

/** What an event is known by in a correction. */
export interface State {
  seq: number
  flags: number
  mask: number
  slots: number
  rewards: readonly number[]
}

export class MemoryJournal implements JournalSource {
  readonly identity: JournalSource['identity']
  startSeq: number
  endSeq: number
  startPosition = 0
  endPosition = 0
  /** How often payloads were looked at. */
  payloads = 0
  private all: Block[] = []
  /** Kept as long as the event, wherever its block stood. */
  private readonly packed = new Map<number, Uint8Array>()
  /** What `refresh` will show. */
  private written: { seq: number; position: number }

  constructor(capacity: number, firstSeq: number, requiredMask = 15) {
    this.identity = { streamId: '00000000-0000-4000-8000-000000000000', capacity, requiredMask, firstSeq }
    this.startSeq = firstSeq
    this.endSeq = firstSeq
    this.written = { seq: firstSeq, position: 0 }
  }

  get nextPosition(): number {
    return this.written.position
  }

  records(seq: number, bytes: Uint8Array, masks: Uint8Array): void {
    const count = masks.length
    this.add({ kind: F.RECORDS, seq, count, span: count, flags: F.HAS_MASKS }, bytes.slice(), masks.slice())
    this.written.seq = seq + count
  }

  gap(start: number, end: number, flags: number): void {
    this.add({ kind: F.GAP, seq: start, count: 0, span: end - start, flags }, new Uint8Array(0))
    this.written.seq = end
  }

  beside(seq: number, bytes: Uint8Array): void {
    this.packed.set(seq, bytes)
    this.add({ kind: F.METADATA, seq, count: 1, span: 1, flags: 0 }, new Uint8Array(0))
  }

  correct(states: readonly State[]): void {
    const sorted = [...states].sort((a, b) => a.seq - b.seq)
    const base = sorted[0]!.seq
    const payload = new Uint8Array(sorted.length * F.CORRECTION_BYTES)
    const view = new DataView(payload.buffer)
    sorted.forEach((state, i) => {
      const at = i * F.CORRECTION_BYTES
      view.setUint32(at + F.C_SEQ, state.seq - base, true)
      view.setUint16(at + F.C_FLAGS, state.flags, true)
      view.setUint8(at + F.C_MASK, state.mask)
      view.setUint8(at + F.C_SLOTS, state.slots)
      state.rewards.forEach((reward, slot) => {
        view.setFloat32(at + F.C_REWARDS + slot * 4, reward, true)
      })
    })
    const span = sorted[sorted.length - 1]!.seq - base + 1
    this.add({ kind: F.CORRECTIONS, seq: base, count: sorted.length, span, flags: 0 }, payload)
  }

  /** Drops the oldest blocks, as far as none is behind `position` and no event at or above `seq` goes with them. */
  drop(position: number, seq: number): void {
    let keep = 0
    for (const [i, { info }] of this.all.entries()) {
      const last = info.kind === F.RECORDS || info.kind === F.GAP ? info.seq + info.span : 0
      if (info.position >= position || last > seq) break
      keep = i + 1
    }
    const dropped = this.all.splice(0, keep)
    for (const { info } of dropped) {
      this.startPosition = info.position + 1
      if (info.kind === F.RECORDS || info.kind === F.GAP) this.startSeq = info.seq + info.span
    }
    this.endPosition = Math.max(this.endPosition, this.startPosition)
    this.endSeq = Math.max(this.endSeq, this.startSeq)
  }

  refresh(): boolean {
    const news = this.endPosition < this.written.position
    this.endPosition = this.written.position
    this.endSeq = this.written.seq
    return news
  }

  *blocks(from: number, to = this.endPosition): Iterable<BlockInfo> {
    for (const { info } of [...this.all]) if (info.position >= from && info.position < to) yield info
  }

  payload(block: BlockInfo): Uint8Array {
    this.payloads++
    return this.all.find(({ info }) => info.position === block.position)!.payload
  }

  events(start: number, end: number, asOf = Number.POSITIVE_INFINITY): JournalEvents {
    const seqs: number[] = []
    const rows: Uint8Array[] = []
    const masks: number[] = []
    for (const block of this.seen(F.RECORDS)) {
      for (let i = 0; i < block.info.count; i++) {
        const seq = block.info.seq + i
        if (seq < start || seq >= end) continue
        seqs.push(seq)
        rows.push(block.payload.subarray(i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES))
        masks.push(block.masks[i]!)
      }
    }
    const bytes = new Uint8Array(seqs.length * L.RECORD_BYTES)
    rows.forEach((row, i) => {
      bytes.set(row, i * L.RECORD_BYTES)
    })
    const events = { length: seqs.length, seqs: Float64Array.from(seqs), bytes, masks: Uint8Array.from(masks) }
    applyCorrections(this.corrections(0, asOf), events, this.identity.requiredMask)
    return events
  }

  corrections(from: number, to: number, belowSeq = Number.POSITIVE_INFINITY): CorrectionList {
    const merger = new CorrectionMerger()
    for (const { info, payload } of this.seen(F.CORRECTIONS)) {
      if (info.position >= from && info.position < to) merger.addPayload(payload, info.seq, info.count, 0, belowSeq)
    }
    return merger.list()
  }

  metadata(start: number, end: number): Map<number, Uint8Array> {
    return new Map([...this.packed].filter(([seq]) => seq >= Math.max(start, this.startSeq) && seq < end))
  }

  gaps(start: number, end: number): Gap[] {
    return this.seen(F.GAP)
      .map(({ info }) => ({
        start: Math.max(start, info.seq),
        end: Math.min(end, info.seq + info.span),
        reason: info.flags === F.GAP_ABORTED ? ('aborted' as const) : ('damaged' as const),
      }))
      .filter((gap) => gap.start < gap.end)
  }

  segments(): [] {
    return []
  }

  positionOf(seq: number): number {
    return this.seen(F.RECORDS).find(({ info }) => info.seq + info.span > seq)?.info.position ?? this.endPosition
  }

  close(): void {}

  private seen(kind: number): Block[] {
    return this.all.filter(({ info }) => info.kind === kind && info.position < this.endPosition)
  }

  private add(
    { kind, seq, count, span, flags }: Pick<BlockInfo, 'kind' | 'seq' | 'count' | 'span' | 'flags'>,
    payload: Uint8Array,
    masks = new Uint8Array(0),
  ): void {
    const position = this.written.position++
    const place = { file: 'memory', offset: position, payloadBytes: payload.length, writtenUs: 0 }
    this.all.push({ info: { kind, flags, position, seq, count, span, ...place }, payload, masks })
  }
}
