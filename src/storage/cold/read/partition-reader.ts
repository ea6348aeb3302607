/**
 * Reads of what a manifest lists and a store holds pending, as one: ascending, each event once, newest rewards.
 *
 * A read works on a snapshot and does not stop compaction or retention, which remove files that count no longer. When it
 * comes to a file that is gone, it takes a new snapshot and goes on behind the last event that it gave out.
 *
 * Memory: a batch, one row group or frame of each file whose numbers overlap at the place of the read (of a file with few
 * events all of it), and the corrections of that place.
 *
 * @module
 */

import { CorruptSegmentError } from '../../errors.js'
import type { Gap } from '../../journal/source.js'
import type { StoredEvents } from '../cold-storage.js'
import { correct } from '../correction-lists.js'
import { lowerBound, matchingRows, RowMatcher } from '../events.js'
import type { FileDamage } from '../file-format.js'
import type { ColdFiles } from '../files.js'
import { type EventFileEntry, gapsWithin, type ManifestState } from '../manifest/state.js'
import type { FormatOf } from '../platform.js'
import type { Pending } from '../write/pending.js'
import { CorrectionFiles } from './correction-files.js'
import { countInFiles, fileSources, type ReadFile } from './file-sources.js'
import { type EventSource, merged } from './merge.js'
import { OpenFiles } from './open-files.js'
import type { ResolvedQuery } from './query.js'

/** What a read works on. */
export interface Snapshot {
  readonly state: ManifestState
  readonly pending: Pending
}

/** See the module. */
export class PartitionReader {
  readonly corrections: CorrectionFiles
  private readonly open: OpenFiles

  constructor(files: ColdFiles, formatOf: FormatOf) {
    this.corrections = new CorrectionFiles(files, formatOf)
    this.open = new OpenFiles(files, formatOf)
  }

  /** What reads have passed over so far. */
  get damage(): readonly FileDamage[] {
    return this.open.damage
  }

  /** The events that meet a query; `latest` gives a newer snapshot when a file of the first one is gone. */
  async *query(
    first: Snapshot,
    query: ResolvedQuery,
    latest: () => Promise<Snapshot>,
  ): AsyncGenerator<StoredEvents, void, undefined> {
    let snapshot = first
    let { filter } = query
    for (;;) {
      try {
        for await (const events of this.batches(snapshot, { ...query, filter })) {
          yield events
          filter = { ...filter, startSeq: (events.seqs[events.length - 1] as number) + 1 }
        }
        return
      } catch (error) {
        const next = await latest()
        if (!isGone(snapshot, next)) throw error
        snapshot = next
      }
    }
  }

  /** How many events of [start, end) there are. Reads files only where the manifest does not list their numbers. */
  async count(first: Snapshot, start: number, end: number, latest: () => Promise<Snapshot>): Promise<number> {
    for (let snapshot = first; ; ) {
      try {
        return await this.counted(snapshot, start, end)
      } catch (error) {
        const next = await latest()
        if (!isGone(snapshot, next)) throw error
        snapshot = next
      }
    }
  }

  /** The gaps in [start, end), ascending. */
  gaps({ state, pending }: Snapshot, start: number, end: number): Gap[] {
    return gapsWithin([...state.gaps, ...pending.gaps], start, end)
  }

  /** The events of one file as they were written, without corrections. @throws {CorruptSegmentError} if some are lost. */
  async *wholeFile(file: EventFileEntry, signal?: AbortSignal): AsyncGenerator<StoredEvents, void, undefined> {
    let count = 0
    for await (const events of this.open.reading(file.path, (opened) => opened.rows({}, signal))) {
      count += events.length
      yield events
    }
    if (count === file.count) return
    const place = this.damage.find((damage) => damage.file.endsWith(file.path))
    const what = `it has ${count} events that can be read, the manifest says ${file.count}`
    throw new CorruptSegmentError(place?.file ?? file.path, place?.offset ?? 0, what, { count, expected: file.count })
  }

  /** Lets go of files that count no longer. */
  forget(paths: readonly string[]): void {
    this.open.forget(paths)
    this.corrections.forget(paths)
  }

  async close(): Promise<void> {
    await this.open.close()
  }

  private async *batches(
    { state, pending }: Snapshot,
    { filter, batchSize, signal }: ResolvedQuery,
  ): AsyncGenerator<StoredEvents, void, undefined> {
    const { requiredMask } = state.identity
    const files = fileSources(state.files, filter, this.reading(signal))
    const matcher = new RowMatcher(filter)
    const held = pending.events.map((events): EventSource => {
      const rows = async function* () {
        yield matchingRows(events, matcher)
      }
      return { firstSeq: events.seqs[0] as number, most: events.length, rows }
    })
    signal?.throwIfAborted()
    for await (const events of merged([...files, ...held], batchSize)) {
      await this.corrections.correct(events, state.corrections, requiredMask)
      correct(events, pending.corrections, requiredMask)
      signal?.throwIfAborted()
      yield events
    }
  }

  private async counted({ state, pending }: Snapshot, start: number, end: number): Promise<number> {
    if (start >= end) return 0
    let count = 0
    for (const { seqs, length } of pending.events)
      count += lowerBound(seqs, length, end) - lowerBound(seqs, length, start)
    return count + (await countInFiles(state.files, start, end, this.reading()))
  }

  private reading(signal?: AbortSignal): ReadFile<EventFileEntry> {
    return ({ path }, filter) => this.open.reading(path, (opened) => opened.rows(filter, signal))
  }
}

/** Whether files of a snapshot count no longer, so that reading it may have failed for that. */
function isGone(snapshot: Snapshot, next: Snapshot): boolean {
  if (snapshot.state === next.state) return false
  const left = new Set([...next.state.files, ...next.state.corrections].map(({ path }) => path))
  return [...snapshot.state.files, ...snapshot.state.corrections].some(({ path }) => !left.has(path))
}
