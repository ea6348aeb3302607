/**
 * Metadata of live events in memory: packed, within a number of bytes, gone with their event. What is not written out
 * yet is held besides, within the same number.
 *
 * @module
 */

import type { EventMetadata } from '../cold/cold-storage.js'
import { unpackMetadata } from '../journal/metadata.js'

/** Packed metadata by sequence number. */
export class MetadataStore {
  /** Bytes of metadata that the journal does not have yet. */
  pendingBytes = 0
  /** Bytes that are kept for reading. */
  bytes = 0
  /** The events before it may have metadata that only the journal has. */
  droppedBefore = 0
  private readonly most: number
  private readonly kept = new Map<number, Uint8Array>()
  private pending: [number, Uint8Array][] = []

  constructor(most: number) {
    this.most = most
  }

  /** Events whose metadata is in memory. */
  get size(): number {
    return this.kept.size
  }

  /** What is to be written out, ascending. */
  get unwritten(): readonly (readonly [number, Uint8Array])[] {
    return this.pending
  }

  /** Whether so much waits to be written out that `bytes` more have no place. */
  isFull(bytes: number): boolean {
    return this.pending.length > 0 && this.pendingBytes + bytes > this.most
  }

  /** Adds what a new event has. */
  add(seq: number, packed: Uint8Array, oldest: number): void {
    this.pending.push([seq, packed])
    this.pendingBytes += packed.length
    this.keep(seq, packed, oldest)
  }

  /** Adds what the journal has of a restored event. */
  keep(seq: number, packed: Uint8Array, oldest: number): void {
    this.kept.set(seq, packed)
    this.bytes += packed.length
    for (const [first, bytes] of this.kept) {
      if (first >= oldest && this.bytes <= this.most) break
      if (first >= oldest) this.droppedBefore = first + 1
      this.kept.delete(first)
      this.bytes -= bytes.length
    }
  }

  /** The journal has the first `count` of what is to be written out. */
  written(count: number): void {
    for (const [, packed] of this.pending.splice(0, count)) this.pendingBytes -= packed.length
  }

  get(seq: number): EventMetadata | undefined {
    const packed = this.kept.get(seq)
    return packed === undefined ? undefined : unpackMetadata(packed)
  }
}
