/**
 * Metadata of events as the journal's files hold it.
 *
 * @module
 */

import type { EventMetadata } from '../cold/cold-storage.js'
import { unpackMetadata } from '../journal/metadata.js'
import type { JournalSource } from '../journal/source.js'
import type { Rows } from './rows.js'

/** Adds what the journal holds to rows that lie close together; what they have already is newer and stays. */
export function addMetadata(rows: Rows, source: JournalSource): void {
  if (rows.length === 0) return
  source.refresh()
  const packed = source.metadata(rows.seqs[0] as number, (rows.seqs[rows.length - 1] as number) + 1)
  if (packed.size === 0) return
  const all = new Map<number, EventMetadata>()
  for (let i = 0; i < rows.length; i++) {
    const seq = rows.seqs[i] as number
    const bytes = packed.get(seq)
    const beside = rows.metadata.get(seq) ?? (bytes && unpackMetadata(bytes))
    if (beside !== undefined) all.set(seq, beside)
  }
  rows.metadata = all
}
