/**
 * Recovery: makes the files of a journal one unbroken sequence of whole blocks again, and tells what that took.
 *
 * - A torn tail, which is what stands behind the last whole block, is cut.
 * - A hole with whole blocks behind it is a tail as well if power may have been lost and nothing from there on had been
 *   synced: nobody had been promised it. It is cut with everything behind it.
 * - Any other hole is damage. `'strict'` throws before anything is changed; `'salvage'` lays a gap over it, so that what
 *   was lost stays known, and goes on behind it.
 *
 * Only the segments are looked at that the end, unsynced blocks or the newest window of events can lie in, and the
 * headers of the others; `inspectJournal` with an infinite capacity checks everything. No record is ever accepted that
 * does not fit its checksum.
 *
 * @module
 */

import type { Damage } from '../durable/types.js'
import { CorruptSegmentError } from '../errors.js'
import * as F from './format.js'
import { type InspectOptions, inspectJournal, type JournalFindings } from './inspect.js'
import type { JournalEnd, JournalFolder } from './journal-end.js'
import { cutJournal, fillHole, voidBlock } from './repair.js'
import { restoreWindow } from './restore-window.js'
import type { Hole, SegmentScan } from './scan.js'
import type { JournalWindow, WindowTarget } from './window.js'

const MOST_ROUNDS = 4

/** How to recover. */
export interface RecoverOptions {
  readonly mode: 'strict' | 'salvage'
  /** Events that the ring can take. Default: the capacity of the ring that the journal was written for. */
  readonly capacity?: number | undefined
  /** Whether the machine may have lost its power since the journal was last written. Default true. */
  readonly powerLoss?: boolean | undefined
  /** Unix µs. */
  readonly nowUs?: (() => number) | undefined
}

/** A journal that can be written on. */
export class RecoveredJournal {
  readonly end: JournalEnd
  /** What was cut off. */
  readonly torn: Damage | undefined
  /** What was salvaged. */
  readonly damage: readonly Damage[]
  /** Bytes that were read. */
  bytes: number
  private readonly folder: JournalFolder
  private readonly capacity: number
  private readonly startSeq: number
  private readonly gapEnd: number
  private readonly damageEnd: number

  /** @internal `recoverJournal` makes them. */
  constructor(
    folder: JournalFolder,
    findings: JournalFindings,
    capacity: number | undefined,
    torn: Damage | undefined,
    damage: readonly Damage[],
    bytes: number,
  ) {
    this.folder = folder
    this.end = endOf(findings)
    this.torn = torn
    this.damage = damage
    this.bytes = bytes
    this.capacity = capacity ?? this.end.identity.capacity
    this.startSeq = (findings.segments[0] as JournalFindings['segments'][0]).header.nextSeq
    this.gapEnd = Math.max(...findings.scans.map((scan) => scan.gapEnd))
    this.damageEnd = Math.max(...findings.scans.map((scan) => scan.damageEnd))
  }

  /**
   * The newest events that a ring can take: those behind the last gap, or, with `withAborted`, behind the last damage,
   * so that numbers of them may be without an event.
   */
  window(withAborted = false): JournalWindow {
    const endSeq = this.end.nextSeq
    const gapEnd = withAborted ? this.damageEnd : this.gapEnd
    return { startSeq: Math.max(this.startSeq, endSeq - this.capacity, gapEnd), endSeq }
  }

  /** Gives the events of a window to `target`. */
  restore(window: JournalWindow, target: WindowTarget): void {
    this.bytes += restoreWindow(this.folder, this.end, window, target)
  }
}

/**
 * Recovers a journal; undefined if there is none.
 * @throws {CorruptSegmentError} if there is damage and `mode` is `'strict'`, or if it cannot be salvaged; in the first
 * case nothing has been changed.
 * @throws {StorageError} if the disk refuses.
 */
export function recoverJournal(folder: JournalFolder, options: RecoverOptions): RecoveredJournal | undefined {
  const { mode, capacity, powerLoss = true, nowUs = () => Date.now() * 1000 } = options
  const look: InspectOptions = { capacity, powerLoss }
  const damage: Damage[] = []
  let torn: Damage | undefined
  let bytes = 0
  for (let round = 0; ; round++) {
    const findings = inspectJournal(folder, look)
    const { holes, synced, segments } = findings
    bytes += findings.bytesRead
    const cut = powerLoss ? holes.findIndex((hole) => hole.position >= synced) : -1
    const toFill = cut < 0 ? holes : holes.slice(0, cut)
    // Every round takes away what it found; more than there are segments would mean that it does not.
    if (toFill.length > 0 && (mode === 'strict' || round > segments.length + MOST_ROUNDS)) throw corrupt(toFill)
    for (const hole of toFill) {
      fillHole(folder, hole, nowUs())
      damage.push(damageOf(hole))
    }
    const hole = holes[cut]
    if (hole !== undefined) {
      torn ??= { ...damageOf(hole), bytes: bytesFrom(findings, hole), gap: undefined }
      cutJournal(folder, findings, hole.header, hole.offset)
    }
    if (holes.length > 0) continue
    const removed = removeUnborn(folder, findings, mode)
    torn ??= removed
    const last = findings.scans.at(-1)
    if (last === undefined) return undefined
    torn ??= tornTail(last)
    if (last.size > last.endOffset) cutJournal(folder, findings, last.header, last.endOffset)
    if (last.blocks === 0 && segments.length > 1) {
      cutJournal(folder, findings, last.header, 0)
      continue
    }
    for (const scan of findings.scans) {
      for (const ahead of scan.ahead) {
        if (ahead.block.seq + ahead.block.span > last.endSeq) voidBlock(folder, ahead, scan.header.salt)
      }
    }
    return new RecoveredJournal(folder, findings, capacity, torn, damage, bytes)
  }
}

function endOf({ segments, scans, synced }: JournalFindings): JournalEnd {
  const last = scans.at(-1) as SegmentScan
  return {
    identity: last.header.identity,
    segments: segments.map(({ header: { number, position, nextSeq } }) => ({ number, position, nextSeq })),
    last: { header: last.header, offset: last.endOffset },
    position: last.endPosition,
    nextSeq: last.endSeq,
    synced,
    state: scans.findLast((scan) => scan.state !== undefined)?.state,
  }
}

/** Removes files that were begun and never used. */
function removeUnborn(
  folder: JournalFolder,
  { unborn, segments }: JournalFindings,
  mode: RecoverOptions['mode'],
): Damage | undefined {
  let torn: Damage | undefined
  for (const { file, usedEnd, what } of unborn) {
    // All that is left of a journal may once have been one.
    if (segments.length === 0 && usedEnd > F.SEGMENT_HEADER_BYTES && mode === 'strict') {
      throw new CorruptSegmentError(file, 0, `${what}, and no block is left`)
    }
    if (usedEnd > 0) torn = { file, offset: 0, bytes: usedEnd, what, gap: undefined }
    folder.disk.remove(file)
  }
  return torn
}

function tornTail({ header, endOffset: offset, usedEnd }: SegmentScan): Damage | undefined {
  if (usedEnd <= offset) return undefined
  const file = F.segmentName(header.number)
  return { file, offset, bytes: usedEnd - offset, what: 'the last block was not written to its end', gap: undefined }
}

function damageOf({ file, offset, bytes, what, seq, nextSeq = seq }: Hole): Damage {
  const gap = nextSeq > seq ? { start: seq, end: nextSeq, reason: 'damaged' as const } : undefined
  return { file, offset, bytes, what, gap }
}

/** Bytes from a hole to the end of the journal. */
function bytesFrom({ scans }: JournalFindings, { header, offset }: Hole): number {
  return scans
    .filter((scan) => scan.header.number >= header.number)
    .reduce((sum, scan) => sum + scan.usedEnd - (scan.header.number === header.number ? offset : 0), 0)
}

function corrupt(holes: readonly Hole[]): CorruptSegmentError {
  const { file, offset, what, bytes, gap } = damageOf(holes[0] as Hole)
  const lost = gap === undefined ? 'no event' : `the events [${gap.start}, ${gap.end})`
  const skipped = `recover: 'salvage' would skip ${bytes} bytes with ${lost}`
  return new CorruptSegmentError(file, offset, `${what}; ${skipped}`, { bytes, gap, damage: holes.map(damageOf) })
}
