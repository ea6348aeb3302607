/**
 * A store in memory that follows a journal step by step: what it has accepted it shows, what it has committed moves its
 * checkpoint.
 *
 * @module
 */

import * as L from '../../../src/layout.js'
import type { Checkpoint, ColdQuery, EventMetadata, StoredEvents } from '../../../src/storage/cold/cold-storage.js'
import { Rows } from '../../../src/storage/history/rows.js'
import type { HistoryStore } from '../../../src/storage/history/tier.js'
import { applyCorrections } from '../../../src/storage/journal/corrections.js'
import { unpackMetadata } from '../../../src/storage/journal/metadata.js'
import type { Gap } from '../../../src/storage/journal/source.js'
import type { MemoryJournal } from './memory-journal.js'

interface Entry {
  bytes: Uint8Array
  mask: number
  metadata: EventMetadata | undefined
}

export class MemoryStore implements HistoryStore {
  readonly name: string
  checkpoint: Checkpoint | undefined
  accepted: Checkpoint
  readonly entries = new Map<number, Entry>()
  /** Queries that were begun and not ended, and all that were begun. */
  open = 0
  queries = 0
  /** Events in a batch, whatever is asked for. */
  batch = 3
  private readonly journal: MemoryJournal
  private readonly keeps: (bytes: Uint8Array) => boolean
  private readonly known: Gap[] = []

  constructor(name: string, journal: MemoryJournal, keeps: (bytes: Uint8Array) => boolean = () => true) {
    this.name = name
    this.journal = journal
    this.keeps = keeps
    this.accepted = { seq: journal.identity.firstSeq, position: 0 }
  }

  /** Takes what the journal has up to `seq` and the corrections of earlier events. */
  follow(seq: number): void {
    const { journal, accepted } = this
    journal.refresh()
    const to = { seq: Math.min(seq, journal.endSeq), position: journal.endPosition }
    if (to.seq < accepted.seq) return
    for (const [number, entry] of this.entries) {
      const row = { length: 1, seqs: Float64Array.of(number), bytes: entry.bytes, masks: Uint8Array.of(entry.mask) }
      applyCorrections(journal.corrections(accepted.position, to.position, accepted.seq), row, 15)
      entry.mask = row.masks[0]!
    }
    const { seqs, bytes, masks } = journal.events(accepted.seq, to.seq, to.position)
    const packed = journal.metadata(accepted.seq, to.seq)
    seqs.forEach((number, i) => {
      const record = bytes.slice(i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES)
      const metadata = packed.get(number)
      if (!this.keeps(record)) return
      this.entries.set(number, { bytes: record, mask: masks[i]!, metadata: metadata && unpackMetadata(metadata) })
    })
    this.known.push(...journal.gaps(accepted.seq, to.seq))
    this.accepted = to
  }

  commit(): void {
    this.checkpoint = this.accepted
  }

  async count(start: number, end: number): Promise<number> {
    return [...this.entries.keys()].filter((seq) => seq >= start && seq < end).length
  }

  async gaps(start: number, end: number): Promise<Gap[]> {
    return this.known
      .map((gap) => ({ ...gap, start: Math.max(gap.start, start), end: Math.min(gap.end, end) }))
      .filter((gap) => gap.start < gap.end)
  }

  /** Shows the events of when it is begun, with the rewards that they have by the time they are read. */
  query(query: ColdQuery): AsyncIterable<StoredEvents> {
    this.queries++
    const found = [...this.entries]
      .filter(([seq, { bytes }]) => meets(query, seq, bytes))
      .sort(([a], [b]) => a - b)
      .map(([seq, entry]) => ({ seq, entry }))
    return this.batches(found)
  }

  private async *batches(found: { seq: number; entry: Entry }[]): AsyncGenerator<StoredEvents> {
    this.open++
    try {
      for (let i = 0; i < found.length; i += this.batch) {
        const part = found.slice(i, i + this.batch)
        const rows = Rows.withRoomFor(part.length)
        part.forEach(({ seq, entry: { bytes, mask } }, k) => {
          rows.set(k, { seqs: Float64Array.of(seq), bytes, masks: Uint8Array.of(mask) } as unknown as StoredEvents, 0)
        })
        rows.length = part.length
        rows.metadata = new Map(part.flatMap(({ seq, entry: { metadata } }) => (metadata ? [[seq, metadata]] : [])))
        await Promise.resolve()
        yield rows
      }
    } finally {
      this.open--
    }
  }
}

function meets({ startSeq, endSeq, from, to, episodeId, types }: ColdQuery, seq: number, bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const time = Number(view.getBigUint64(L.TIMESTAMP, true))
  return (
    seq >= (startSeq ?? 0) &&
    seq < (endSeq ?? Number.POSITIVE_INFINITY) &&
    time >= (from ?? 0) &&
    time < (to ?? Number.POSITIVE_INFINITY) &&
    (episodeId === undefined || view.getBigUint64(L.EPISODE_ID, true) === episodeId) &&
    (types === undefined || types.includes(view.getUint16(L.EVENT_TYPE, true)))
  )
}
