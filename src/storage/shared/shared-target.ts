/**
 * What recovery finds, back in a shared ring, before anybody else takes part: records and masks where writers and
 * appraisers would have put them, numbers without an event as aborted ones.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { SharedKernel } from '../../threads/shared-kernel.js'
import type { MetadataStore } from '../durable/metadata-store.js'
import { applyCorrection, type CorrectionList } from '../journal/corrections.js'
import type { JournalWindow, WindowTarget } from '../journal/window.js'

/** A shared ring that has no events yet, as what takes them; `finish` makes them visible. */
export class SharedTarget implements WindowTarget {
  private readonly kernel: SharedKernel
  private readonly window: JournalWindow
  private readonly store: MetadataStore
  private readonly requiredMask: number
  private readonly slots: number
  private readonly events: Uint8Array
  private readonly view: DataView
  /** By number less the first of the window. */
  private readonly masks: Uint8Array
  private readonly gaps: { readonly start: number; readonly end: number }[] = []

  constructor(kernel: SharedKernel, window: JournalWindow, store: MetadataStore) {
    this.kernel = kernel
    this.window = window
    this.store = store
    this.requiredMask = kernel.control(L.S_REQUIRED_MASK)
    this.slots = kernel.control(L.S_CAPACITY)
    const start = kernel.control(L.S_RECORDS)
    this.events = new Uint8Array(kernel.memory.buffer, start, this.slots * L.RECORD_BYTES)
    this.view = new DataView(kernel.memory.buffer, start, this.slots * L.RECORD_BYTES)
    this.masks = new Uint8Array(window.endSeq - window.startSeq)
  }

  records(seq: number, count: number, bytes: Uint8Array, masks: Uint8Array | undefined): void {
    for (let from = 0; from < count; ) {
      const slot = (seq + from) % this.slots
      const piece = Math.min(count - from, this.slots - slot)
      const part = bytes.subarray(from * L.RECORD_BYTES, (from + piece) * L.RECORD_BYTES)
      this.events.set(part, slot * L.RECORD_BYTES)
      from += piece
    }
    if (masks !== undefined) this.masks.set(masks.subarray(0, count), seq - this.window.startSeq)
  }

  corrections(list: CorrectionList): void {
    const { startSeq, endSeq } = this.window
    for (let i = 0; i < list.length; i++) {
      const seq = list.seqs[i] as number
      if (seq < startSeq || seq >= endSeq) continue
      const record = (seq % this.slots) * L.RECORD_BYTES
      applyCorrection(this.view, record, this.masks, seq - startSeq, list, i, this.requiredMask)
    }
  }

  gap(start: number, end: number): void {
    this.gaps.push({ start, end })
  }

  metadata(seq: number, bytes: Uint8Array): void {
    this.store.keep(seq, bytes, this.window.startSeq)
  }

  /** Makes everything that was given events of the ring. */
  finish(): void {
    let seq = this.window.startSeq
    for (const { start, end } of this.gaps.sort((a, b) => a.start - b.start)) {
      this.publish(seq, start)
      this.kernel.core.restoreGap(start, end - start)
      seq = end
    }
    this.publish(seq, this.window.endSeq)
  }

  private publish(start: number, end: number): void {
    const { core, u8 } = this.kernel
    const first = this.window.startSeq
    for (let seq = start; seq < end; seq += L.CHUNK) {
      const count = Math.min(L.CHUNK, end - seq)
      u8.set(this.masks.subarray(seq - first, seq - first + count), L.BATCH)
      core.restoreRecords(seq, count)
    }
  }
}
