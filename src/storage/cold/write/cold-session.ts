/**
 * A store between `open` and `close`: what it holds back, and the steps that change what is committed. One step at a
 * time; `cold-store.ts` sees to it.
 *
 * @module
 */

import { InvalidArgumentError } from '../../../errors.js'
import { CorruptSegmentError } from '../../errors.js'
import type { Checkpoint, ColdBatch } from '../cold-storage.js'
import { correct, entriesFor } from '../correction-lists.js'
import type { Manifest } from '../manifest/manifest.js'
import type { CorrectionFileEntry, EventFileEntry, ManifestState } from '../manifest/state.js'
import { splitByDay } from '../partition.js'
import type { PartitionReader, Snapshot } from '../read/partition-reader.js'
import type { Committer } from './committer.js'
import { type CompactionGroup, type CompactionProgress, folded, groupsOf, NOTHING_DONE } from './compaction.js'
import type { ResolvedColdOptions } from './options.js'
import { Pending } from './pending.js'
import { dropOf } from './retention.js'

/** Metadata that are this large are not held back, however few the events are, in bytes. */
const LARGE_METADATA = 16 * 1024 * 1024

/** A compaction under way. */
interface Compaction {
  readonly groups: readonly CompactionGroup[]
  readonly corrections: readonly CorrectionFileEntry[]
  /** Entries of each correction file that were for an event. */
  readonly applied: Map<string, number>
  /** Files that could not be rewritten, and so still need their corrections. */
  readonly left: EventFileEntry[]
  progress: CompactionProgress
}

/** See the module. */
export class ColdSession {
  pending: Pending
  private readonly manifest: Manifest
  private readonly committer: Committer
  private readonly reader: PartitionReader
  private readonly options: ResolvedColdOptions
  private compaction: Compaction | undefined

  constructor(manifest: Manifest, committer: Committer, reader: PartitionReader, options: ResolvedColdOptions) {
    this.manifest = manifest
    this.committer = committer
    this.reader = reader
    this.options = options
    this.pending = this.nothingPending()
  }

  /** What reads work on. */
  get snapshot(): Snapshot {
    return { state: this.manifest.state, pending: this.pending }
  }

  /** Lets go of what is not committed. */
  drop(): void {
    this.pending = this.nothingPending()
  }

  /** Accepts a batch, and commits if there is enough for it. After an error nothing of the batch is there. */
  async write(batch: ColdBatch, to: Checkpoint, signal: AbortSignal | undefined): Promise<void> {
    const before = this.pending
    this.pending = before.accept(batch, to, this.options.flaggedOnly)
    const { length, correctionCount, gaps, metadataBytes } = this.pending
    const most = Math.max(length, correctionCount, gaps.length)
    if (most < this.options.batchSize && metadataBytes < LARGE_METADATA) return
    try {
      await this.flush(signal)
    } catch (error) {
      this.pending = before
      throw error
    }
  }

  /** Commits what was accepted. After an error all of it is still held back. */
  async flush(signal: AbortSignal | undefined): Promise<void> {
    const { pending, manifest } = this
    if (pending.isEmpty) return
    const { identity, files, corrections: correctionFiles } = manifest.state
    const events = pending.copyEvents()
    const applied = correct(events, pending.corrections, identity.requiredMask)
    const corrections = entriesFor(pending.corrections, files)
    const removed: string[] = []
    await this.committer.commit(async (making) => {
      for (const [day, part] of splitByDay(events)) {
        signal?.throwIfAborted()
        await making.addEvents(part, day)
      }
      signal?.throwIfAborted()
      if (corrections.length > 0) {
        // A compaction counts on the files that it began with.
        const old = this.compaction === undefined ? correctionFiles : []
        const { list, taken } = await this.reader.corrections.takingIn(corrections, old)
        await making.addCorrections(list)
        removed.push(...taken.map(({ path }) => path))
      }
      const passedOver = pending.corrections.length - applied - corrections.length
      return { checkpoint: pending.to, removed, gaps: pending.gaps, counts: { skipped: pending.skipped, passedOver } }
    })
    this.reader.forget(removed)
    this.drop()
  }

  /** Drops the days that retention lets go of. */
  async retain(): Promise<void> {
    const change = dropOf(this.manifest.state, this.options.retention, Date.now())
    if (change === undefined) return
    await this.committer.commit(async () => change)
    this.reader.forget(change.removed ?? [])
  }

  /** Decides what a compaction does. @throws {InvalidArgumentError} if one is under way. */
  async beginCompaction(): Promise<void> {
    if (this.compaction !== undefined) {
      throw new InvalidArgumentError('a store takes one compaction at a time, one is under way')
    }
    const { state } = this.manifest
    const groups = await groupsOf(state, this.reader.corrections, this.options.fileEvents)
    const { corrections } = state
    const progress = { ...NOTHING_DONE, of: groups.length }
    this.compaction = { groups, corrections, applied: new Map(), left: [], progress }
  }

  /** Does the next group; undefined when all are done and the corrections are no longer needed. */
  async compactNext(signal: AbortSignal | undefined): Promise<CompactionProgress | undefined> {
    const compaction = this.compaction as Compaction
    const group = compaction.groups[compaction.progress.done]
    if (group === undefined) return undefined
    const listed = new Set(this.manifest.state.files)
    const done = compaction.progress.done + 1
    compaction.progress = { ...compaction.progress, done }
    // Retention may have dropped the day since.
    if (group.files.every((file) => listed.has(file))) await this.compactGroup(compaction, group, signal)
    return compaction.progress
  }

  /** Lets go of the corrections that are folded in, and tells what was done. */
  async finishCompaction(): Promise<CompactionProgress> {
    const { corrections, applied, left, progress } = this.compaction as Compaction
    const folded = corrections.filter(({ path, firstSeq, lastSeq }) => {
      const isNeeded = left.some((file) => file.firstSeq <= lastSeq && file.lastSeq >= firstSeq)
      return !isNeeded && this.manifest.state.corrections.some((entry) => entry.path === path)
    })
    if (folded.length === 0) return progress
    const passedOver = folded.reduce((sum, { path, count }) => sum + count - (applied.get(path) ?? 0), 0)
    const removed = folded.map(({ path }) => path)
    await this.committer.commit(async () => ({ removed, counts: { passedOver } }))
    this.reader.forget(removed)
    return progress
  }

  /** Ends a compaction, finished or not. */
  endCompaction(): void {
    this.compaction = undefined
  }

  private async compactGroup(
    compaction: Compaction,
    group: CompactionGroup,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { progress } = compaction
    const removed = group.files.map(({ path }) => path)
    try {
      const { events, applied } = await folded(this.reader, group, this.manifest.state, compaction.corrections, signal)
      let written = 0
      await this.committer.commit(async (making) => {
        await making.addEvents(events, group.day)
        written = making.events[0]?.bytes ?? 0
        return { removed }
      })
      for (const [path, count] of applied) compaction.applied.set(path, (compaction.applied.get(path) ?? 0) + count)
      compaction.progress = {
        ...progress,
        filesRead: progress.filesRead + group.files.length,
        filesWritten: progress.filesWritten + 1,
        events: progress.events + events.length,
        bytesRead: progress.bytesRead + group.files.reduce((sum, { bytes }) => sum + bytes, 0),
        bytesWritten: progress.bytesWritten + written,
        corrections: progress.corrections + [...applied.values()].reduce((sum, count) => sum + count, 0),
      }
      this.reader.forget(removed)
    } catch (error) {
      if (!(error instanceof CorruptSegmentError)) throw error
      compaction.left.push(...group.files)
      compaction.progress = { ...progress, damaged: [...progress.damaged, ...removed] }
    }
  }

  private nothingPending(): Pending {
    const { checkpoint, identity }: ManifestState = this.manifest.state
    return new Pending(checkpoint ?? { seq: identity.firstSeq, position: 0 })
  }
}
