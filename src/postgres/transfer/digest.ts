/**
 * A checksum over the content of events: numbers, records, masks, metadata. It depends on nothing else, neither on how
 * events were batched nor on what they are stored as.
 *
 * @module
 */

import { createHash, type Hash } from 'node:crypto'
import { RECORD_BYTES } from '../../layout.js'
import type { StoredEvents } from '../../storage/cold/cold-storage.js'

/** Numbers of one digest: a difference is found to this much. */
export const DIGEST_NUMBERS = 65_536

/** The events whose numbers begin at `start`. */
export interface PieceDigest {
  readonly start: number
  readonly events: number
  readonly metadata: number
  readonly digest: Buffer
}

/** Digests of ascending events, one for each DIGEST_NUMBERS numbers that have any. Memory: one batch. */
export async function* digestsOf(batches: AsyncIterable<StoredEvents>): AsyncGenerator<PieceDigest> {
  let piece: Piece | undefined
  for await (const batch of batches) {
    for (let from = 0; from < batch.length; ) {
      const start = pieceOf(batch.seqs[from] as number)
      let to = from + 1
      while (to < batch.length && (batch.seqs[to] as number) < start + DIGEST_NUMBERS) to++
      if (piece !== undefined && piece.start !== start) yield piece.finish()
      if (piece?.start !== start) piece = new Piece(start)
      piece.add(batch, from, to)
      from = to
    }
  }
  if (piece !== undefined) yield piece.finish()
}

/** JSON with its keys in order, in which every number that differs in its bits differs. */
export function canonicalJson(value: unknown): string {
  if (Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`).join(',')}}`
}

function pieceOf(seq: number): number {
  return seq - (seq % DIGEST_NUMBERS)
}

/** One digest under way. Columns are digested apart, so that where batches end makes no difference. */
class Piece {
  readonly start: number
  private events = 0
  private described = 0
  private readonly columns: readonly Hash[] = Array.from({ length: 4 }, () => createHash('sha256'))

  constructor(start: number) {
    this.start = start
  }

  add({ seqs, bytes, masks, metadata }: StoredEvents, from: number, to: number): void {
    const [numbers, records, bits, beside] = this.columns as [Hash, Hash, Hash, Hash]
    const own = seqs.subarray(from, to)
    numbers.update(new Uint8Array(own.buffer, own.byteOffset, own.byteLength))
    records.update(bytes.subarray(from * RECORD_BYTES, to * RECORD_BYTES))
    bits.update(masks.subarray(from, to))
    this.events += to - from
    if (metadata.size === 0) return
    for (const seq of own) {
      const entry = metadata.get(seq)
      if (entry === undefined) continue
      beside.update(`${seq} ${canonicalJson(entry)}\n`)
      this.described++
    }
  }

  finish(): PieceDigest {
    const all = createHash('sha256')
    for (const column of this.columns) all.update(column.digest())
    return { start: this.start, events: this.events, metadata: this.described, digest: all.digest() }
  }
}
