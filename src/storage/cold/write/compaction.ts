/**
 * Compaction: folds corrections into the events that they are for and joins the small files of a day. It reads files,
 * writes new ones, and one entry of the manifest puts those in their place; what was read goes afterwards.
 *
 * It goes on in groups, each at most one new file and committed by itself, so that it can be stopped anywhere and the
 * store can take events in between. Corrections stay listed until every file that they may be for has been done: to
 * apply one twice is harmless.
 *
 * @module
 */

import type { StoredEvents } from '../cold-storage.js'
import { entriesFor, within } from '../correction-lists.js'
import { EventsBuilder } from '../events.js'
import type { CorrectionFileEntry, EventFileEntry, ManifestState } from '../manifest/state.js'
import type { CorrectionFiles } from '../read/correction-files.js'
import { merged } from '../read/merge.js'
import type { PartitionReader } from '../read/partition-reader.js'

/** What files have together that are made one, at most; large metadata count here. */
const MOST_BYTES = 64 * 1024 * 1024
/** Events that are moved at once. */
const BATCH = 8192

/** What a compaction has done so far. */
export interface CompactionProgress {
  /** Groups of files done, and of how many. */
  readonly done: number
  readonly of: number
  /** Event files that were read, and those that stand for them. */
  readonly filesRead: number
  readonly filesWritten: number
  readonly events: number
  /** Bytes of event files before and after. */
  readonly bytesRead: number
  readonly bytesWritten: number
  /** Corrections that are folded in. */
  readonly corrections: number
  /** Files that were left alone, since a part of them cannot be read: rewriting would make the loss final. */
  readonly damaged: readonly string[]
}

/** Before anything is done. */
export const NOTHING_DONE: CompactionProgress = {
  done: 0,
  of: 0,
  filesRead: 0,
  filesWritten: 0,
  events: 0,
  bytesRead: 0,
  bytesWritten: 0,
  corrections: 0,
  damaged: [],
}

/** Files of one day, ascending, of which one is made. */
export interface CompactionGroup {
  readonly day: number
  readonly files: readonly EventFileEntry[]
}

/** The groups that are worth rewriting: several files that make one of at most `mostEvents`, or one with corrections. */
export async function groupsOf(
  state: ManifestState,
  corrections: CorrectionFiles,
  mostEvents: number,
): Promise<CompactionGroup[]> {
  const corrected = await correctedFiles(state, corrections)
  const groups: { day: number; files: EventFileEntry[]; count: number; bytes: number }[] = []
  const open = new Map<number, (typeof groups)[number]>()
  for (const file of state.files) {
    let group = open.get(file.day)
    if (group === undefined || group.count + file.count > mostEvents || group.bytes + file.bytes > MOST_BYTES) {
      group = { day: file.day, files: [], count: 0, bytes: 0 }
      open.set(file.day, group)
      groups.push(group)
    }
    group.files.push(file)
    group.count += file.count
    group.bytes += file.bytes
  }
  return groups
    .filter(({ files }) => files.length > 1 || files.some((file) => corrected.has(file)))
    .map(({ day, files }) => ({ day, files }))
}

/** The events of a group with the given corrections in them, and how many of each file of corrections those were. */
export async function folded(
  reader: PartitionReader,
  group: CompactionGroup,
  state: ManifestState,
  corrections: readonly CorrectionFileEntry[],
  signal: AbortSignal | undefined,
): Promise<{ events: StoredEvents; applied: ReadonlyMap<string, number> }> {
  const rows = new EventsBuilder(group.files.reduce((sum, { count }) => sum + count, 0))
  const sources = group.files.map((file) => {
    return { firstSeq: file.firstSeq, most: file.count, rows: () => reader.wholeFile(file, signal) }
  })
  for await (const events of merged(sources, BATCH)) rows.append(events, 0, events.length)
  const events = rows.finish()
  const applied = new Map<string, number>()
  for (const entry of corrections) {
    applied.set(entry.path, await reader.corrections.correct(events, [entry], state.identity.requiredMask))
  }
  return { events, applied }
}

async function correctedFiles(state: ManifestState, corrections: CorrectionFiles): Promise<Set<EventFileEntry>> {
  const corrected = new Set<EventFileEntry>()
  for (const entry of state.corrections) {
    const list = await corrections.load(entry)
    for (const file of state.files) {
      const part = within(list, file.firstSeq, file.lastSeq + 1)
      if (part.length > 0 && entriesFor(part, [file]).length > 0) corrected.add(file)
    }
  }
  return corrected
}
