/**
 * Comparing what the journal and the files of a directory say about the same events.
 *
 * @module
 */

import { isDeepStrictEqual } from 'node:util'
import { EventFlags } from '../index.js'
import { FLAGS, RECORD_BYTES, REWARD_SLOTS, REWARDS } from '../layout.js'
import type { Checkpoint, EventMetadata, StoredEvents } from '../storage/cold/cold-storage.js'
import type { ColdReader } from '../storage/cold/read/cold-reader.js'
import { type CorrectionList, CorrectionMerger } from '../storage/journal/corrections.js'
import { CORRECTIONS } from '../storage/journal/format.js'
import { unpackMetadata } from '../storage/journal/metadata.js'
import type { BlockInfo, Gap, JournalEvents } from '../storage/journal/source.js'
import type { StreamDirectory } from './directory.js'
import type { Finding } from './verification.js'

/** What was found about some numbers. */
export interface Comparison {
  equal: number
  onlyInFiles: number
  pending: number
  corrected: number
  gaps: Gap[]
  faults: Finding[]
}

/** Compares the numbers [start, end), which the journal may have in part. */
export async function compareEvents(
  { journal, cold }: StreamDirectory,
  start: number,
  end: number,
  checkpoint: Checkpoint | undefined,
): Promise<Comparison> {
  const found = nothing()
  journal.refresh()
  const first = Math.min(end, Math.max(start, journal.startSeq))
  if (first > start && cold !== undefined) {
    found.onlyInFiles = await cold.count(start, first)
    found.gaps.push(...(await cold.gaps(start, first)))
  }
  const settled = Math.max(first, Math.min(end, checkpoint?.seq ?? first))
  const pending = journal.events(settled, end, 0)
  found.pending = pending.length
  found.gaps.push(...journal.gaps(first, end))
  const untyped = end - settled - pending.length - numbersOf(found.gaps, settled, end)
  if (untyped !== 0)
    fault(found, 'untyped', `${untyped} of the numbers ${settled} to ${end - 1} are neither events nor gaps`)
  if (settled === first || cold === undefined || checkpoint === undefined) return found
  const events = journal.events(first, settled, checkpoint.position)
  const metadata = journal.metadata(first, settled)
  const pair = new Pair(found, events, metadata, checkpoint, await droppable(cold))
  for await (const rows of cold.query({ startSeq: first, endSeq: settled })) pair.meet(rows)
  pair.end(first, settled, await cold.gaps(first, settled))
  return found
}

/** Late rewards that the journal has of events before `end`, which it no longer has. */
export class LateRewards {
  readonly #directory: StreamDirectory
  readonly #end: number
  #blocks: BlockInfo[] | undefined

  constructor(directory: StreamDirectory, end: number) {
    this.#directory = directory
    this.#end = end
  }

  /** Compares those of the numbers [from, to) that are before the checkpoint with the events in the files. */
  async compare(from: number, to: number, checkpoint: Checkpoint | undefined): Promise<Comparison> {
    const { journal, cold } = this.#directory
    const found = nothing()
    if (journal.refresh()) this.#blocks = undefined
    this.#blocks ??= [...journal.blocks(journal.startPosition)].filter(
      ({ kind, seq }) => kind === CORRECTIONS && seq < this.#end,
    )
    const merger = new CorrectionMerger()
    for (const block of this.#blocks) {
      if (block.seq >= to || block.seq + block.span <= from || block.position >= (checkpoint?.position ?? 0)) continue
      merger.addPayload(journal.payload(block), block.seq, block.count, from, to)
    }
    if (merger.size === 0 || cold === undefined) return found
    const list = merger.list()
    for await (const rows of cold.query({ startSeq: from, endSeq: to })) compareRewards(found, list, rows)
    return found
  }
}

/** Events of the journal beside those of the files, as the files give them. */
class Pair {
  readonly #found: Comparison
  readonly #events: JournalEvents
  readonly #metadata: ReadonlyMap<number, Uint8Array>
  readonly #checkpoint: Checkpoint
  readonly #droppable: { unflagged: boolean; any: boolean }
  #at = 0
  #before = -1
  #left = 0
  #unknown = 0

  constructor(
    found: Comparison,
    events: JournalEvents,
    metadata: ReadonlyMap<number, Uint8Array>,
    checkpoint: Checkpoint,
    droppable: { unflagged: boolean; any: boolean },
  ) {
    this.#found = found
    this.#events = events
    this.#metadata = metadata
    this.#checkpoint = checkpoint
    this.#droppable = droppable
  }

  meet(rows: StoredEvents): void {
    for (let i = 0; i < rows.length; i++) {
      const seq = rows.seqs[i] as number
      if (seq <= this.#before) fault(this.#found, 'different', `event ${seq} is in the files more than once`)
      this.#before = seq
      while (this.#at < this.#events.length && (this.#events.seqs[this.#at] as number) < seq) this.#leftOut()
      if (this.#events.seqs[this.#at] !== seq) this.#unknown++
      else this.#same(rows, i, seq)
    }
  }

  end(start: number, end: number, stored: readonly Gap[]): void {
    while (this.#at < this.#events.length) this.#leftOut()
    const { gaps } = this.#found
    this.#found.onlyInFiles += this.#unknown
    const inJournal = numbersOf(gaps, start, end)
    const more = stored.filter((gap) => gap.reason === 'missed')
    this.#found.gaps.push(...more)
    // What the files have and the journal lost is typed there as damaged.
    const untyped = end - start - this.#events.length - inJournal
    if (untyped > 0)
      fault(this.#found, 'untyped', `${untyped} of the numbers ${start} to ${end - 1} are neither events nor gaps`)
    if (this.#unknown > inJournal) {
      fault(this.#found, 'unknown', `the files have events among ${start} to ${end - 1} that the journal does not know`)
    }
    const missed = numbersOf(more, start, end)
    const lost = this.#left - missed
    if (lost > 0 && !this.#droppable.any) {
      fault(
        this.#found,
        'missing',
        `${lost} of the events ${start} to ${end - 1} are before the checkpoint and not in the files`,
      )
    }
  }

  #same(rows: StoredEvents, i: number, seq: number): void {
    const at = this.#at++
    const { bytes, masks } = this.#events
    const ours = Buffer.from(bytes.buffer, bytes.byteOffset + at * RECORD_BYTES, RECORD_BYTES)
    const theirs = rows.bytes.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES)
    const packed = this.#metadata.get(seq)
    const metadata = packed === undefined ? undefined : unpackMetadata(packed)
    const what =
      ours.compare(theirs) !== 0
        ? 'bytes'
        : masks[at] !== rows.masks[i]
          ? 'masks of appraisers'
          : sameMetadata(metadata, rows.metadata.get(seq))
            ? undefined
            : 'metadata'
    if (what === undefined) this.#found.equal++
    else
      fault(
        this.#found,
        'different',
        `event ${seq} has other ${what} in the files than in the journal before block ${this.#checkpoint.position}`,
      )
  }

  /** An event of the journal that the files do not have. */
  #leftOut(): void {
    const { bytes } = this.#events
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const isFlagged = (view.getUint16(this.#at++ * RECORD_BYTES + FLAGS, true) & EventFlags.PERSIST) !== 0
    if (isFlagged || !this.#droppable.unflagged) this.#left++
  }
}

/** Which events the files may lack, by their own account. */
async function droppable(cold: ColdReader): Promise<{ unflagged: boolean; any: boolean }> {
  const { skipped, dropped } = cold.coverage()
  return { unflagged: skipped > 0, any: dropped > 0 }
}

function compareRewards(found: Comparison, list: CorrectionList, rows: StoredEvents): void {
  const view = new DataView(rows.bytes.buffer, rows.bytes.byteOffset, rows.length * RECORD_BYTES)
  for (let i = 0, c = 0; i < rows.length && c < list.length; ) {
    const seq = rows.seqs[i] as number
    const order = seq - (list.seqs[c] as number)
    if (order === 0) {
      const flags = list.flags[c] as number
      const mask = list.masks[c] as number
      let isSame = (view.getUint16(i * RECORD_BYTES + FLAGS, true) & flags) === flags
      isSame &&= ((rows.masks[i] as number) & mask) === mask
      for (let slot = 0; slot < REWARD_SLOTS; slot++) {
        if ((((list.slots[c] as number) >> slot) & 1) === 0) continue
        const reward = view.getFloat32(i * RECORD_BYTES + REWARDS + slot * 4, true)
        isSame &&= Object.is(reward, list.rewards[c * REWARD_SLOTS + slot])
      }
      found.corrected++
      if (!isSame) fault(found, 'different', `event ${seq} lacks in the files a late reward that the journal has`)
    }
    if (order <= 0) i++
    if (order >= 0) c++
  }
}

function sameMetadata(a: EventMetadata | undefined, b: EventMetadata | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && isDeepStrictEqual(plain(a), plain(b)))
}

/** Without what JSON does not have, such as members that are undefined. */
function plain(metadata: EventMetadata): unknown {
  return JSON.parse(JSON.stringify(metadata))
}

/** How many of the numbers [start, end) lie in gaps. */
function numbersOf(gaps: readonly Gap[], start: number, end: number): number {
  return gaps.reduce((sum, gap) => sum + Math.max(0, Math.min(end, gap.end) - Math.max(start, gap.start)), 0)
}

function fault(found: Comparison, kind: Finding['kind'], what: string): void {
  found.faults.push({ kind, what })
}

function nothing(): Comparison {
  return { equal: 0, onlyInFiles: 0, pending: 0, corrected: 0, gaps: [], faults: [] }
}
