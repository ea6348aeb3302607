/**
 * What a manifest says: which files count, how far they go, and what became of the events that they do not hold. States
 * are values: a change makes a new one, so that who reads keeps a consistent picture for as long as it likes.
 *
 * @module
 */

import type { Gap, StreamIdentity } from '../../journal/source.js'
import type { Checkpoint } from '../cold-storage.js'

/** A file of events. All ranges are inclusive. */
export interface EventFileEntry {
  /** Below the store's folder, with forward slashes. */
  readonly path: string
  readonly bytes: number
  /** UTC day of all its timestamps, counted from 1970-01-01. */
  readonly day: number
  readonly count: number
  readonly firstSeq: number
  readonly lastSeq: number
  readonly fromUs: number
  readonly toUs: number
  /** u64 as digits. */
  readonly leastEpisode: string
  readonly largestEpisode: string
  /** All type codes, if they are few. */
  readonly types?: readonly number[]
  /** Its sequence numbers as ranges [start, end), one behind the other, if they are few. */
  readonly runs?: readonly number[]
}

/** A file of corrections, which hold for every file that was listed when it was. */
export interface CorrectionFileEntry {
  readonly path: string
  readonly bytes: number
  readonly count: number
  readonly firstSeq: number
  readonly lastSeq: number
}

/** Events that were accepted and are in no file, and corrections of such events. */
export interface ColdCounts {
  /** Events without the PERSIST flag, where only flagged ones are kept. */
  readonly skipped: number
  /** Events, days and bytes that retention has dropped. */
  readonly droppedEvents: number
  readonly droppedDays: number
  readonly droppedBytes: number
  /** Corrections of events that the store does not hold. */
  readonly passedOver: number
}

/** See the module. */
export interface ManifestState {
  readonly identity: StreamIdentity
  readonly checkpoint: Checkpoint | undefined
  /** The number that the name of the next file gets; no number is given out twice. */
  readonly ordinal: number
  /** Ascending by first sequence number; ranges of different days may overlap. */
  readonly files: readonly EventFileEntry[]
  /** In the order in which they were made, later ones over earlier ones. */
  readonly corrections: readonly CorrectionFileEntry[]
  readonly gaps: readonly Gap[]
  readonly counts: ColdCounts
}

/** One step from a state to the next. */
export interface ManifestChange {
  readonly checkpoint?: Checkpoint
  readonly ordinal?: number
  readonly files?: readonly EventFileEntry[]
  readonly corrections?: readonly CorrectionFileEntry[]
  /** Paths of files that count no longer. */
  readonly removed?: readonly string[]
  readonly gaps?: readonly Gap[]
  /** What is added to the counts. */
  readonly counts?: Partial<ColdCounts>
}

/** The state of a store that has nothing yet. */
export function emptyState(identity: StreamIdentity): ManifestState {
  const { streamId, capacity, requiredMask, firstSeq } = identity
  const counts = { skipped: 0, droppedEvents: 0, droppedDays: 0, droppedBytes: 0, passedOver: 0 }
  const known = { streamId, capacity, requiredMask, firstSeq }
  return { identity: known, checkpoint: undefined, ordinal: 0, files: [], corrections: [], gaps: [], counts }
}

/** The state after a change. O(files). */
export function changed(state: ManifestState, change: ManifestChange): ManifestState {
  const removed = new Set(change.removed)
  const stays = (entry: { readonly path: string }): boolean => !removed.has(entry.path)
  const files = [...state.files.filter(stays), ...(change.files ?? [])]
  files.sort((a, b) => a.firstSeq - b.firstSeq)
  const { skipped = 0, droppedEvents = 0, droppedDays = 0, droppedBytes = 0, passedOver = 0 } = change.counts ?? {}
  return {
    identity: state.identity,
    checkpoint: change.checkpoint ?? state.checkpoint,
    ordinal: change.ordinal ?? state.ordinal,
    files,
    corrections: [...state.corrections.filter(stays), ...(change.corrections ?? [])],
    gaps: change.gaps === undefined ? state.gaps : joinedGaps([...state.gaps, ...change.gaps]),
    counts: {
      skipped: state.counts.skipped + skipped,
      droppedEvents: state.counts.droppedEvents + droppedEvents,
      droppedDays: state.counts.droppedDays + droppedDays,
      droppedBytes: state.counts.droppedBytes + droppedBytes,
      passedOver: state.counts.passedOver + passedOver,
    },
  }
}

/** Ascending gaps, with those that touch and have the same reason made one. */
function joinedGaps(gaps: readonly Gap[]): Gap[] {
  const joined: Gap[] = []
  for (const gap of gaps) {
    const last = joined.at(-1)
    if (last !== undefined && last.end === gap.start && last.reason === gap.reason) {
      joined[joined.length - 1] = { ...last, end: gap.end }
    } else joined.push(gap)
  }
  return joined
}

/** The parts of gaps that lie in [start, end). */
export function gapsWithin(gaps: readonly Gap[], start: number, end: number): Gap[] {
  return gaps
    .filter((gap) => gap.end > start && gap.start < end)
    .map((gap) => ({ start: Math.max(gap.start, start), end: Math.min(gap.end, end), reason: gap.reason }))
}
