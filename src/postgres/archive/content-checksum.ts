/**
 * A checksum of what events are, however they are stored and whatever pieces they come in: their sequence numbers, records,
 * appraisals and metadata.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import * as L from '../../layout.js'
import type { StoredEvents } from '../../storage/cold/cold-storage.js'

/** SHA-256 over events, ascending. Metadata counts as the JSON that it is, whatever the order of its keys. */
export class ContentChecksum {
  /** Events and entries of metadata so far. */
  events = 0
  metadata = 0
  private readonly seqs = createHash('sha256')
  private readonly records = createHash('sha256')
  private readonly masks = createHash('sha256')
  private readonly texts = createHash('sha256')

  /** Takes the next events. */
  add(events: StoredEvents): void {
    const { length, seqs, bytes, masks, metadata } = events
    this.seqs.update(new Uint8Array(seqs.buffer, seqs.byteOffset, length * 8))
    this.records.update(bytes.subarray(0, length * L.RECORD_BYTES))
    this.masks.update(masks.subarray(0, length))
    if (metadata.size > 0) {
      for (let i = 0; i < length; i++) {
        const seq = seqs[i] as number
        const entry = metadata.get(seq)
        if (entry === undefined) continue
        this.texts.update(`${seq}${canonical(entry)}\n`)
        this.metadata++
      }
    }
    this.events += length
  }

  /** The checksum of all of them, 32 bytes. The last call. */
  digest(): Uint8Array {
    const all = createHash('sha256').update(`${this.events} ${this.metadata} `)
    for (const part of [this.seqs, this.records, this.masks, this.texts]) all.update(part.digest())
    return new Uint8Array(all.digest())
  }
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
