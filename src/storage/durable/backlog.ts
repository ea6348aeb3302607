/**
 * What a stream has accepted and its journal does not have yet: metadata, events, what became of events that the journal
 * has, names. `writeOut` writes all of it, in that order, straight from the ring's memory.
 *
 * The order is what recovery relies on: an event that is found has its metadata; a correction has its event; a cursor has
 * the rewards of what it says is done.
 *
 * A write that fails leaves in the backlog what was not written; the next `writeOut` goes on from there.
 *
 * @module
 */

import type { Ring } from '../../kernel/ring.js'
import * as L from '../../layout.js'
import { pieces } from '../../stream/ranges.js'
import { CorrectionMerger } from '../journal/corrections.js'
import { BLOCK_RECORDS, type JournalWriter } from '../journal/writer.js'
import { DirtyMarks } from './dirty-marks.js'
import type { MetadataStore } from './metadata-store.js'
import type { KeptNames } from './names.js'

/** Corrections that are put together at a time. */
const CORRECTED = 2048
/** Events beyond the ring that wait for their correction at most. */
const MOST_EVICTED = 4096
const NO_REWARDS = [0, 0, 0, 0]
const ALL_SLOTS = 2 ** L.REWARD_SLOTS - 1

/** Everything that waits to be written out. */
export class Backlog {
  /** Events before it are written out. */
  written: number
  /** Corrections that were written, one an event and time. */
  corrections = 0
  /** Whether masks of events that are not written out differ from what their flags say. */
  hasMasks = false
  private readonly ring: Ring
  private readonly writer: JournalWriter
  private readonly metadata: MetadataStore
  private readonly names: KeptNames
  private readonly marks: DirtyMarks
  private evicted = new CorrectionMerger()
  private readonly slots = new Uint32Array(CORRECTED)
  private readonly seqs = new Float64Array(CORRECTED)
  private readonly flags = new Uint16Array(CORRECTED)
  private readonly masks = new Uint8Array(CORRECTED)
  private readonly allSlots = new Uint8Array(CORRECTED).fill(ALL_SLOTS)
  private readonly rewards = new Float32Array(CORRECTED * L.REWARD_SLOTS)

  constructor(ring: Ring, writer: JournalWriter, metadata: MetadataStore, names: KeptNames) {
    this.ring = ring
    this.writer = writer
    this.metadata = metadata
    this.names = names
    this.written = writer.endSeq
    this.marks = new DirtyMarks(ring.capacity)
  }

  /** Events that are not written out. */
  get events(): number {
    return this.ring.next - this.written
  }

  /** Events whose correction is not written out, those beyond the ring included. */
  get corrected(): number {
    return this.marks.count + this.evicted.size
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.events === 0 && this.corrected === 0 && !this.names.changed
  }

  /** Marks a live event that is written out and has changed. */
  mark(seq: number): void {
    this.marks.mark(this.ring.slotOf(seq))
  }

  /** How many evicted events can get a correction before the backlog has to be written out. */
  get roomForEvicted(): number {
    return MOST_EVICTED - this.evicted.size
  }

  /** Keeps what became of an event that has left the ring. @param slot of the reward, or -1 for bits alone. */
  correct(seq: number, slot: number, reward: number, mask: number): void {
    if (slot === -1) return this.evicted.add(seq, 0, mask, 0, NO_REWARDS)
    const rewards = [...NO_REWARDS]
    rewards[slot] = reward
    this.evicted.add(seq, 0, mask, 1 << slot, rewards)
  }

  /** Writes everything out. @throws {StorageError} */
  writeOut(): void {
    while (this.metadata.unwritten.length > 0) this.writeDescribed()
    if (this.events > 0) this.writeEvents(this.events)
    if (this.evicted.size > 0) this.writeEvicted()
    while (this.marks.count > 0) this.writeMarked()
    if (this.names.changed) {
      this.writer.writeState(this.names.text())
      this.names.changed = false
    }
  }

  /** Writes the next block of events behind the metadata that they have. */
  private writeDescribed(): void {
    const { metadata, writer } = this
    const count = Math.min(this.events, BLOCK_RECORDS)
    const end = this.written + count
    const entries = metadata.unwritten.filter(([seq]) => seq < end)
    if (entries.length > 0) writer.writeMetadata(entries)
    metadata.written(entries.length)
    if (count > 0) this.writeEvents(count)
  }

  private writeEvents(count: number): void {
    const { ring, writer, written } = this
    try {
      const masks = this.hasMasks ? this.maskPieces(count) : undefined
      writer.writeRecords(written, count, pieces(ring, written, written + count), masks)
    } finally {
      this.written = writer.endSeq
    }
    if (this.events === 0) this.hasMasks = false
  }

  /** The masks of the next events that are not written out, where they stand. */
  private maskPieces(count: number): Uint8Array[] {
    const { ring } = this
    const { u8, map } = ring.kernel
    const slot = ring.slotOf(this.written)
    const first = Math.min(count, ring.capacity - slot)
    const from = map.masks + slot
    return [u8.subarray(from, from + first), u8.subarray(map.masks, map.masks + count - first)]
  }

  private writeEvicted(): void {
    const { size } = this.evicted
    this.writer.writeCorrections(this.evicted.list())
    this.evicted = new CorrectionMerger()
    this.corrections += size
  }

  /** Writes the state of the first marked events. */
  private writeMarked(): void {
    const { ring, marks, slots } = this
    const length = marks.list(ring.slotOf(ring.oldest), slots)
    for (let i = 0; i < length; i++) this.stage(i, slots[i] as number)
    this.writer.writeCorrections({
      length,
      seqs: this.seqs,
      flags: this.flags,
      masks: this.masks,
      slots: this.allSlots,
      rewards: this.rewards,
    })
    for (let i = 0; i < length; i++) marks.unmark(slots[i] as number)
    this.corrections += length
  }

  private stage(i: number, slot: number): void {
    const { ring } = this
    const { f32, u16, u8, map } = ring.kernel
    const back = ring.head - slot
    const record = L.RECORDS + slot * L.RECORD_BYTES
    this.seqs[i] = ring.next - (back > 0 ? back : back + ring.capacity)
    this.flags[i] = u16[(record + L.FLAGS) >>> 1] as number
    this.masks[i] = u8[map.masks + slot] as number
    const reward = (record + L.REWARDS) >>> 2
    for (let k = 0; k < L.REWARD_SLOTS; k++) this.rewards[i * L.REWARD_SLOTS + k] = f32[reward + k] as number
  }
}
