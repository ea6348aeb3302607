/**
 * Which files of the journal may go, and how many bytes of it somebody is behind.
 *
 * A file goes once nobody needs it: the ring's window, which recovery reads; the followers, attached or not; the cursors
 * of named subscriptions, up to `maxCursorBytes`. What nobody needs stays as long as `retention` says. Without followers
 * and without a retention nothing goes: the journal is then the only place that has the events.
 *
 * @module
 */

import type { Checkpoint } from '../cold/cold-storage.js'
import type { JournalHost } from '../durable/host.js'
import type { JournalRetention } from '../durable/types.js'
import * as F from '../journal/format.js'
import type { JournalPosition, JournalSource, SegmentInfo } from '../journal/source.js'
import type { FollowerLag } from './options.js'

/** Who needs what of the journal. */
export interface Needs {
  /** Events from here on are in the ring. */
  readonly windowSeq: number
  readonly followers: readonly Checkpoint[]
  readonly cursors: readonly number[]
}

/**
 * The position before which files may go; 0 if none may. The file that is being written never goes.
 *
 * @param metadataEnd the number behind the last event whose metadata stands in a file: metadata stands before its
 *   records, possibly in a file before theirs. Asked only of files that nothing else keeps.
 */
export function removableBefore(
  segments: readonly SegmentInfo[],
  needs: Needs,
  retention: JournalRetention | undefined,
  nowUs: number,
  metadataEnd: (segment: SegmentInfo) => number,
): JournalPosition {
  const { maxBytes, maxAgeMs } = retention ?? {}
  const isLimited = maxBytes !== undefined || maxAgeMs !== undefined
  if (!isLimited && needs.followers.length === 0) return 0
  const needed = firstNeeded(segments, needs, retention)
  let bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0)
  let removed = 0
  for (; removed < needed.segment; removed++) {
    const segment = segments[removed] as SegmentInfo
    const { createdUs: endedUs } = segments[removed + 1] as SegmentInfo
    const isLarge = maxBytes !== undefined && bytes > maxBytes
    const isOld = maxAgeMs !== undefined && nowUs - endedUs > maxAgeMs * 1000
    if (isLimited && !isLarge && !isOld) break
    if (metadataEnd(segment) > needed.seq) break
    bytes -= segment.bytes
  }
  return removed === 0 ? 0 : (segments[removed] as SegmentInfo).startPosition
}

/** The first file that somebody needs, and the first event. */
function firstNeeded(
  segments: readonly SegmentInfo[],
  needs: Needs,
  retention: JournalRetention | undefined,
): { readonly segment: number; readonly seq: number } {
  const cursorBytes = retention?.maxCursorBytes ?? Number.POSITIVE_INFINITY
  let first = holding(segments, needs.windowSeq, Number.POSITIVE_INFINITY)
  let firstSeq = needs.windowSeq
  for (const { seq, position } of needs.followers) {
    first = Math.min(first, holding(segments, seq, position))
    firstSeq = Math.min(firstSeq, seq)
  }
  for (const seq of needs.cursors) {
    const segment = holding(segments, seq, Number.POSITIVE_INFINITY)
    const bytes = segments.slice(segment).reduce((sum, { bytes }) => sum + bytes, 0)
    if (bytes > cursorBytes) continue
    first = Math.min(first, segment)
    firstSeq = Math.min(firstSeq, seq)
  }
  return { segment: first, seq: firstSeq }
}

/** Index of the last file that begins with or before both; 0 if there is none. */
function holding(segments: readonly SegmentInfo[], seq: number, position: JournalPosition): number {
  const behind = segments.findIndex((segment) => segment.startSeq > seq || segment.startPosition > position)
  return Math.max(0, (behind === -1 ? segments.length : behind) - 1)
}

/** The number behind the last event whose metadata stands in a full file; 0 without any. O(blocks), kept for next time. */
export class MetadataEnds {
  private readonly source: JournalSource
  private readonly ends = new Map<number, number>()

  constructor(source: JournalSource) {
    this.source = source
  }

  /** Of a file of the journal that is not the last one. */
  of(segment: SegmentInfo): number {
    let end = this.ends.get(segment.number)
    if (end === undefined) {
      end = 0
      for (const block of this.source.blocks(segment.startPosition)) {
        if (block.file !== segment.file) break
        if (block.kind === F.METADATA) end = Math.max(end, block.seq + block.span)
      }
      this.ends.set(segment.number, end)
    }
    return end
  }

  /** Forgets files that are gone. */
  forget(segments: readonly SegmentInfo[]): void {
    const oldest = segments[0]?.number ?? 0
    for (const number of this.ends.keys()) if (number < oldest) this.ends.delete(number)
  }
}

/** Bytes of the journal, as of its last `refresh`, from the first block on that a checkpoint still needs. O(files). */
export function bytesBehind(source: JournalSource, at: Checkpoint): number {
  const from = Math.min(at.position, source.positionOf(at.seq))
  const segments = source.segments()
  for (const block of source.blocks(from)) {
    const index = segments.findIndex(({ file }) => file === block.file)
    return segments.slice(index).reduce((sum, { bytes }) => sum + bytes, 0) - block.offset
  }
  return 0
}

/** How far a checkpoint is behind what is written out; once the journal is closed no bytes are told. */
export function lagOf(
  { source, progress, closed }: JournalHost,
  committed: Checkpoint,
  needed: Checkpoint,
): FollowerLag {
  const events = Math.max(0, progress.writtenSeq - committed.seq)
  if (closed) return { events, bytes: 0 }
  source.refresh()
  return { events, bytes: bytesBehind(source, needed) }
}
