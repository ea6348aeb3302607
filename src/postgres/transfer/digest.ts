/**
 * Checksums over the content of events, piece by piece, so that a difference is found to a few thousand numbers.
 *
 * @module
 */

import { RECORD_BYTES } from '../../layout.js'
import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { ContentChecksum } from '../archive/content-checksum.js'

/** Numbers of one piece. */
export const DIGEST_NUMBERS = 65_536

/** The events whose numbers begin at `start`. */
export interface PieceDigest {
  readonly start: number
  readonly events: number
  /** Events that have metadata. */
  readonly metadata: number
  readonly digest: Uint8Array
}

/** Digests of ascending events, one for each DIGEST_NUMBERS numbers that have any. Memory: one batch. */
export async function* digestsOf(batches: AsyncIterable<StoredEvents>): AsyncGenerator<PieceDigest> {
  let piece: { readonly start: number; readonly checksum: ContentChecksum } | undefined
  for await (const batch of batches) {
    for (let from = 0; from < batch.length; ) {
      const seq = batch.seqs[from] as number
      const start = seq - (seq % DIGEST_NUMBERS)
      let to = from + 1
      while (to < batch.length && (batch.seqs[to] as number) < start + DIGEST_NUMBERS) to++
      if (piece !== undefined && piece.start !== start) yield finished(piece)
      if (piece?.start !== start) piece = { start, checksum: new ContentChecksum() }
      piece.checksum.add(rowsOf(batch, from, to))
      from = to
    }
  }
  if (piece !== undefined) yield finished(piece)
}

function finished({ start, checksum }: { start: number; checksum: ContentChecksum }): PieceDigest {
  const { events, metadata } = checksum
  return { start, events, metadata, digest: checksum.digest() }
}

/** Rows [from, to), where they stand. */
function rowsOf({ seqs, bytes, masks, metadata }: StoredEvents, from: number, to: number): StoredEvents {
  return {
    length: to - from,
    seqs: seqs.subarray(from, to),
    bytes: bytes.subarray(from * RECORD_BYTES, to * RECORD_BYTES),
    masks: masks.subarray(from, to),
    metadata,
  }
}
