/**
 * A journal made anew from what a store has of the stream: the newest events with rewards, masks and metadata, so that
 * recovery finds what it would have found in the journal that is gone.
 *
 * The journal keeps the stream's id and numbers. Its first block has the position of the store's checkpoint: what the
 * events had become by then is in their records, and every block behind concerns the store only if it is a correction,
 * or an event that the store does not have. So the store goes on following with neither loss nor double.
 *
 * @module
 */

import { RECORD_BYTES } from '../../layout.js'
import type { StoredEvents } from '../cold/cold-storage.js'
import { StorageError, StoreMismatchError } from '../errors.js'
import { LONGEST_PAYLOAD } from '../journal/format.js'
import { continuedJournal, type JournalFolder } from '../journal/journal-end.js'
import { packMetadata } from '../journal/metadata.js'
import type { MetadataEntry } from '../journal/payloads.js'
import type { Gap } from '../journal/source.js'
import { BLOCK_RECORDS, JournalWriter } from '../journal/writer.js'
import type { RestorableStore, RestoreReport, StoredIdentity } from './restorable-store.js'

/** How the journal is written. */
export interface RebuildOptions {
  /** Events that the ring holds. */
  readonly capacity: number
  readonly segmentBytes: number
}

/**
 * Writes a journal into an empty folder and syncs it. Memory: one batch of the store.
 *
 * @throws {StorageError} if the disk refuses, or if the store's checkpoint moved meanwhile.
 * @throws {StoreMismatchError} if the store gives events that are not in order.
 */
export async function rebuildJournal(
  folder: JournalFolder,
  store: RestorableStore,
  { identity, checkpoint }: StoredIdentity,
  { capacity, segmentBytes }: RebuildOptions,
): Promise<RestoreReport> {
  const began = performance.now()
  const endSeq = checkpoint.seq
  const startSeq = Math.max(identity.firstSeq, endSeq - capacity)
  const gaps = (await store.gaps?.(startSeq, endSeq)) ?? []
  const end = continuedJournal({ ...identity, capacity }, { seq: startSeq, position: checkpoint.position })
  const writer = new JournalWriter(folder, end, { segmentBytes })
  let events = 0
  try {
    for await (const batch of store.query({ startSeq, endSeq, batchSize: BLOCK_RECORDS })) {
      assertInOrder(store, batch, writer.endSeq, endSeq)
      writeBatch(writer, batch, gaps)
      events += batch.length
    }
    writeGaps(writer, endSeq, gaps)
    await assertUnmoved(store, checkpoint)
    writer.sync()
  } finally {
    writer.close()
  }
  return { store: store.name, startSeq, endSeq, events, elapsedMs: performance.now() - began }
}

/** Writes runs of consecutive numbers, and gaps between them. */
function writeBatch(
  writer: JournalWriter,
  { length, seqs, bytes, masks, metadata }: StoredEvents,
  gaps: readonly Gap[],
) {
  for (let from = 0; from < length; ) {
    const seq = seqs[from] as number
    let to = from + 1
    while (to < length && to - from < BLOCK_RECORDS && seqs[to] === seq + to - from) to++
    writeGaps(writer, seq, gaps)
    const entries: MetadataEntry[] = []
    for (let i = seq; metadata.size > 0 && i < seq + to - from; i++) {
      const entry = metadata.get(i)
      if (entry !== undefined) entries.push([i, packMetadata(entry, LONGEST_PAYLOAD)])
    }
    writer.writeMetadata(entries)
    const records = bytes.subarray(from * RECORD_BYTES, to * RECORD_BYTES)
    writer.writeRecords(seq, to - from, [records], [masks.subarray(from, to)])
    from = to
  }
}

/** Writes that there is no event from the journal's end to `until`, with the reasons that are known. */
function writeGaps(writer: JournalWriter, until: number, gaps: readonly Gap[]): void {
  for (const gap of gaps) {
    const start = Math.max(gap.start, writer.endSeq)
    const end = Math.min(gap.end, until)
    if (start >= end) continue
    if (start > writer.endSeq) writer.writeGap(writer.endSeq, start, 'damaged')
    writer.writeGap(start, end, gap.reason)
  }
  if (writer.endSeq < until) writer.writeGap(writer.endSeq, until, 'damaged')
}

function assertInOrder({ name }: RestorableStore, { length, seqs }: StoredEvents, startSeq: number, endSeq: number) {
  for (let i = 0, least = startSeq; i < length; i++) {
    const seq = seqs[i] as number
    if (!(seq >= least && seq < endSeq)) {
      throw new StoreMismatchError(name, `it gave event ${seq} where one of [${least}, ${endSeq}) was expected`, {
        seq,
        least,
        endSeq,
      })
    }
    least = seq + 1
  }
}

async function assertUnmoved(store: RestorableStore, { seq, position }: StoredIdentity['checkpoint']): Promise<void> {
  const now = (await store.stored())?.checkpoint
  if (now?.seq === seq && now.position === position) return
  throw new StorageError(
    `the store '${store.name}' was at event ${seq} and is at ${now?.seq}: somebody else still writes its stream`,
    { store: store.name, seq, position, now },
  )
}
