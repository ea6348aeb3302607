/**
 * Looks at a journal as recovery does, changing nothing: checks the segments that its end and the newest window of
 * events lie in, and tells what does not follow.
 *
 * @module
 */

import { RECORD_BYTES } from '../../layout.js'
import * as F from './format.js'
import type { JournalFolder } from './journal-end.js'
import { emptyScan, type Hole, type SegmentScan, scanSegment } from './scan.js'
import { readSegmentFiles, type SegmentFile, type UnbornFile } from './segment-files.js'
import type { SegmentHeader } from './segment-header.js'

/** What was found. */
export interface JournalFindings {
  readonly segments: readonly SegmentFile[]
  /** Files at the end that were begun and hold no block. */
  readonly unborn: readonly UnbornFile[]
  /** What the segments from `firstScanned` on hold. */
  readonly scans: readonly SegmentScan[]
  readonly firstScanned: number
  /** Ascending by position. */
  readonly holes: readonly Hole[]
  /** Every block before this position survived a sync, as far as the blocks tell. */
  readonly synced: number
  readonly bytesRead: number
}

/** How far to look. */
export interface InspectOptions {
  /** Events of the window; default: those of the ring that the journal was written for. `Infinity` looks at everything. */
  readonly capacity?: number | undefined
  /** Whether blocks may have been lost that were written, but not synced. */
  readonly powerLoss: boolean
}

/** Inspects the newest part of a journal. @throws {CorruptSegmentError} if nothing tells which stream it is of. */
export function inspectJournal(folder: JournalFolder, options: InspectOptions): JournalFindings {
  const { segments, unborn } = readSegmentFiles(folder)
  const scans: SegmentScan[] = []
  const capacity = options.capacity ?? segments.at(-1)?.header.identity.capacity ?? 0
  let synced = 0
  let place = segments.length
  while (place > 0 && !isEnough(place)) {
    const wantedSeq = scans.length === 0 ? 0 : leastEnd() - capacity
    const scan = scanOf(folder, segments[--place] as SegmentFile, wantedSeq)
    synced = Math.max(synced, scan.synced)
    scans.unshift(scan)
  }
  return {
    segments,
    unborn,
    scans,
    firstScanned: place,
    holes: holesOf(segments, scans, place),
    synced,
    bytesRead: scans.reduce((sum, scan) => sum + scan.bytesRead, 0),
  }

  /** The number that the journal ends with at least, whatever is cut. */
  function leastEnd(): number {
    const end = (scans.at(-1) as SegmentScan).endSeq
    if (!options.powerLoss) return end
    // The journal may be cut where the promises end.
    return segments.findLast(({ header }) => header.position <= synced)?.header.nextSeq ?? 0
  }

  /** Whether what was lost and what the window needs cannot lie before `place`. */
  function isEnough(from: number): boolean {
    const oldest = segments[from]
    if (oldest === undefined || oldest.fault !== undefined) return false
    const isPromised = !options.powerLoss || oldest.header.position <= synced
    return isPromised && oldest.header.nextSeq <= leastEnd() - capacity
  }
}

function scanOf(folder: JournalFolder, { header, fault }: SegmentFile, wantedSeq: number): SegmentScan {
  return fault?.kind === 'file' ? emptyScan(header) : scanSegment(folder, header, wantedSeq)
}

/** The holes of the segments that were scanned, and those between them. */
function holesOf(segments: readonly SegmentFile[], scans: readonly SegmentScan[], first: number): Hole[] {
  return scans.flatMap((scan, i) => {
    const { header, fault } = segments[first + i] as SegmentFile
    const next = segments[first + i + 1]?.header
    const holes: Hole[] = fault === undefined ? [] : [beginningHole(header, fault)]
    holes.push(...scan.holes)
    const last = scan.holes.at(-1)
    const isFollowed = next === undefined || scan.endPosition === next.position
    if (isFollowed && last !== undefined && last.nextSeq === undefined) {
      last.nextSeq = next?.nextSeq ?? Math.max(scan.endSeq, mostSeqBehind(last))
    } else if (next !== undefined && (!isFollowed || scan.endSeq !== next.nextSeq)) {
      if (last !== undefined) last.nextSeq ??= scan.endSeq
      holes.push(endHole(scan, next))
    }
    return holes
  })
}

/** With the numbers of all events that a hole may have held: none that was promised is given out again. */
function mostSeqBehind({ seq, bytes, position, nextPosition = position }: Hole): number {
  const headers = (nextPosition - position) * F.BLOCK_HEADER_BYTES
  return seq + Math.max(0, Math.floor((bytes - headers) / RECORD_BYTES))
}

function beginningHole(header: SegmentHeader, { kind, what }: NonNullable<SegmentFile['fault']>): Hole {
  const { position, nextSeq: seq } = header
  const bytes = kind === 'file' ? 0 : F.SEGMENT_HEADER_BYTES
  const file = F.segmentName(header.number)
  return {
    kind,
    header,
    file,
    offset: 0,
    bytes,
    isAtEnd: false,
    what,
    position,
    seq,
    nextPosition: position,
    nextSeq: seq,
  }
}

function endHole(scan: SegmentScan, next: SegmentHeader): Hole {
  const { header, endOffset: offset, endPosition: position, endSeq: seq } = scan
  const bytes = Math.max(0, scan.size - offset)
  const what = bytes === 0 ? 'the file ends before its last block' : 'no block begins here'
  const file = F.segmentName(header.number)
  const { position: nextPosition, nextSeq } = next
  return { kind: 'blocks', header, file, offset, bytes, isAtEnd: true, what, position, seq, nextPosition, nextSeq }
}
