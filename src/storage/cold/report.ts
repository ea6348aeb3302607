/**
 * What a store tells about itself.
 *
 * @module
 */

import type { Checkpoint } from './cold-storage.js'
import type { FileDamage } from './file-format.js'
import type { ManifestState } from './manifest/state.js'
import { dayName } from './partition.js'
import type { PartitionReader, Snapshot } from './read/partition-reader.js'

/**
 * What became of the numbers [startSeq, endSeq) that a store was given, committed or not:
 * `events + gaps + skipped + dropped = endSeq − startSeq`.
 */
export interface ColdCoverage {
  readonly startSeq: number
  readonly endSeq: number
  /** Events that the store holds. */
  readonly events: number
  /** Numbers without an event. */
  readonly gaps: number
  /** Events that were not to be kept, since they have no PERSIST flag. */
  readonly skipped: number
  /** Events that retention has dropped. */
  readonly dropped: number
}

/** Counters of a store. */
export interface ColdStats {
  readonly checkpoint: Checkpoint | undefined
  /** Files of events that count, their bytes, their events, and the UTC days that they are of. */
  readonly files: number
  readonly bytes: number
  readonly events: number
  readonly days: readonly string[]
  /** Files of corrections that count, their bytes and their entries: what a compaction would fold in. */
  readonly correctionFiles: number
  readonly correctionBytes: number
  readonly corrections: number
  /** Events and corrections that are held back in memory. */
  readonly pendingEvents: number
  readonly pendingCorrections: number
  readonly skipped: number
  readonly dropped: { readonly events: number; readonly days: number; readonly bytes: number }
  /** Corrections of events that the store does not hold. */
  readonly passedOver: number
  /** Parts of files that reads had to pass over since the store was opened. */
  readonly damage: readonly FileDamage[]
}

/** What reading everything has found. */
export interface ColdVerification {
  readonly files: number
  readonly events: number
  readonly corrections: number
  /** What is wrong with files, one entry each; nothing if all is well. */
  readonly faults: readonly { readonly file: string; readonly what: string }[]
}

/** See {@link ColdCoverage}. */
export function coverageOf({ state, pending }: Snapshot): ColdCoverage {
  return {
    startSeq: state.identity.firstSeq,
    endSeq: pending.to.seq,
    events: sum(state.files, 'count') + pending.length,
    gaps: [...state.gaps, ...pending.gaps].reduce((total, { start, end }) => total + end - start, 0),
    skipped: state.counts.skipped + pending.skipped,
    dropped: state.counts.droppedEvents,
  }
}

/** See {@link ColdStats}. */
export function statsOf({ state, pending }: Snapshot, damage: readonly FileDamage[]): ColdStats {
  const { skipped, droppedEvents, droppedDays, droppedBytes, passedOver } = state.counts
  return {
    checkpoint: state.checkpoint,
    files: state.files.length,
    bytes: sum(state.files, 'bytes'),
    events: sum(state.files, 'count'),
    days: [...new Set(state.files.map(({ day }) => day))].sort((a, b) => a - b).map(dayName),
    correctionFiles: state.corrections.length,
    correctionBytes: sum(state.corrections, 'bytes'),
    corrections: sum(state.corrections, 'count'),
    pendingEvents: pending.length,
    pendingCorrections: pending.correctionCount,
    skipped: skipped + pending.skipped,
    dropped: { events: droppedEvents, days: droppedDays, bytes: droppedBytes },
    passedOver,
    damage,
  }
}

/** Reads every file that counts and compares it with what the manifest says. */
export async function verified(
  reader: PartitionReader,
  state: ManifestState,
  signal: AbortSignal | undefined,
): Promise<ColdVerification> {
  const faults: { file: string; what: string }[] = []
  let events = 0
  let corrections = 0
  const check = async (file: string, read: () => Promise<void>): Promise<void> => {
    try {
      await read()
    } catch (error) {
      signal?.throwIfAborted()
      faults.push({ file, what: (error as Error).message })
    }
  }
  for (const file of state.files) {
    await check(file.path, async () => {
      for await (const { length } of reader.wholeFile(file, signal)) events += length
    })
  }
  for (const entry of state.corrections) {
    await check(entry.path, async () => {
      corrections += (await reader.corrections.load(entry)).length
    })
  }
  return { files: state.files.length + state.corrections.length, events, corrections, faults }
}

function sum<K extends string>(entries: readonly { readonly [key in K]: number }[], key: K): number {
  return entries.reduce((total, entry) => total + entry[key], 0)
}
