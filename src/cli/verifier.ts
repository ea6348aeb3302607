/**
 * The proof that a directory has everything that was journaled: each block fits its checksum, each file holds what the
 * manifest says, and each number is an event in the journal, an event in the files, or a typed gap; where both hold an
 * event, they hold the same bytes and rewards.
 *
 * Reads only. While somebody writes, it looks again at whatever has moved on meanwhile.
 *
 * @module
 */

import { CorruptSegmentError, StorageError } from '../storage/errors.js'
import { CORRECTIONS, segmentName } from '../storage/journal/format.js'
import { inspectJournal } from '../storage/journal/inspect.js'
import type { Gap } from '../storage/journal/source.js'
import { manifestOf } from './cold-files.js'
import { type Comparison, compareEvents, LateRewards } from './comparison.js'
import type { StreamDirectory } from './directory.js'
import { namesOf } from './journal-account.js'
import { count } from './text.js'
import type { Finding, Verification } from './verification.js'

/** Numbers that are compared at once. */
const CHUNK = 8192
/** Numbers that are given up at once where something cannot be read. */
const SMALLEST = 64
/** Numbers whose late rewards are compared at once. */
const WIDTH = 65_536
/** Findings that are told one by one. */
const MOST_LISTED = 100
/** How often to look again because a writer was faster. */
const MOST_ROUNDS = 100

/** Told now and then how far it is: numbers of how many. */
export type VerifyProgress = (done: number, of: number) => void

/** Proves one directory. */
export class Verifier {
  readonly #directory: StreamDirectory
  readonly #signal: AbortSignal
  readonly #onProgress: VerifyProgress
  readonly #found: Verification

  constructor(directory: StreamDirectory, signal: AbortSignal, onProgress: VerifyProgress) {
    const { journal, path } = directory
    const { streamId, firstSeq } = journal.identity
    this.#directory = directory
    this.#signal = signal
    this.#onProgress = onProgress
    this.#found = {
      directory: path,
      streamId,
      firstSeq,
      endSeq: journal.endSeq,
      journal: { startSeq: 0, endSeq: 0, segments: 0, blocks: 0, bytes: 0, torn: null },
      files: null,
      equal: 0,
      onlyInFiles: 0,
      corrected: 0,
      pending: 0,
      pendingCorrections: 0,
      gapNumbers: { aborted: 0, damaged: 0, missed: 0 },
      unread: 0,
      elsewhere: 0,
      findings: [],
      moreFindings: 0,
    }
  }

  /** Looks at everything. An abort rejects with the signal's reason. */
  async run(): Promise<Verification> {
    const { cold } = this.#directory
    await this.#checkJournal()
    this.#signal.throwIfAborted()
    if (cold !== undefined) await this.#checkFiles()
    await this.#compare()
    return this.#found
  }

  async #checkJournal(): Promise<void> {
    const { journal, folder } = this.#directory
    const { segments, scans, holes, bytesRead } = await this.#directory.steadily(() => {
      return inspectJournal(folder, { capacity: Number.POSITIVE_INFINITY, powerLoss: false })
    })
    journal.refresh()
    const last = scans.at(-1)
    for (const { file, offset, bytes, what, seq, nextSeq } of holes) {
      const lost = nextSeq === undefined || nextSeq === seq ? '' : `, the events ${seq} to ${nextSeq - 1} were there`
      this.#find('damaged', `${file} at byte ${offset}: ${what}${lost} (${count(bytes)} bytes)`)
    }
    const torn =
      last !== undefined && last.usedEnd > last.endOffset
        ? {
            file: segmentName(last.header.number),
            offset: last.endOffset,
            bytes: last.usedEnd - last.endOffset,
            what: 'the last block was not written to its end',
            gap: undefined,
          }
        : null
    this.#found.endSeq = Math.max(journal.endSeq, last?.endSeq ?? 0)
    this.#found.journal = {
      startSeq: journal.startSeq,
      endSeq: journal.endSeq,
      segments: segments.length,
      blocks: scans.reduce((sum, { blocks }) => sum + blocks, 0),
      bytes: bytesRead,
      torn,
    }
  }

  async #checkFiles(): Promise<void> {
    const { cold, journal, path } = this.#directory
    if (cold === undefined) return
    const { events, corrections, files, faults } = await cold.verify(this.#signal)
    const { identity, checkpoint, files: listed, corrections: lists } = manifestOf(path)
    const counted = new Set([...listed, ...lists].map((entry) => entry.path))
    for (const { file, what } of faults) {
      // A compaction or retention may have removed it since.
      if (counted.has(file)) this.#find('damaged', `${file}: ${what}`)
    }
    const { startSeq, endSeq, gaps, skipped, dropped, events: expected } = cold.coverage()
    this.#found.files = { checkpoint: checkpoint ?? null, files, events, corrections, skipped, dropped, gaps }
    if (expected + gaps + skipped + dropped !== endSeq - startSeq) {
      const sum = `${expected} events + ${gaps} in gaps + ${skipped} skipped + ${dropped} dropped`
      this.#find(
        'missing',
        `the files account for ${sum}, not for the ${endSeq - startSeq} numbers that they were given`,
      )
    }
    if (identity.streamId !== journal.identity.streamId) {
      this.#find(
        'unknown',
        `the files are of stream ${identity.streamId}, the journal is of ${journal.identity.streamId}`,
      )
    }
    // A writer may have gone on; the files are never ahead of what the journal has by now.
    journal.refresh()
    const known = Math.max(this.#found.endSeq, journal.endSeq)
    if (endSeq > known) {
      this.#find('unknown', `the files have events up to ${endSeq - 1}, the journal ends at ${known - 1}`)
    }
  }

  /** Goes through all numbers. */
  async #compare(): Promise<void> {
    const { journal } = this.#directory
    const found = this.#found
    const { firstSeq, endSeq } = found
    const checkpoint = await this.#checkpoint()
    const held = Math.min(checkpoint?.seq ?? firstSeq, endSeq)
    const first = Math.max(firstSeq, journal.startSeq)
    this.#tellGone(Math.max(held, firstSeq), Math.min(first, endSeq))
    for (let start = first; start < endSeq; ) {
      const end = Math.min(endSeq, start + CHUNK)
      await this.#readable(start, end, (from, to) => {
        return this.#stable((at) => compareEvents(this.#directory, from, to, at))
      })
      this.#onProgress(end - firstSeq, endSeq - firstSeq)
      start = end
      this.#signal.throwIfAborted()
    }
    const { cold } = this.#directory
    if (cold === undefined) return
    found.onlyInFiles += await cold.count(firstSeq, first)
    this.#countGaps(await cold.gaps(firstSeq, first))
    const late = new LateRewards(this.#directory, first)
    for (let start = firstSeq; start < first; start += WIDTH) {
      const end = Math.min(first, start + WIDTH)
      await this.#readable(start, end, (from, to) => this.#stable((at) => late.compare(from, to, at)))
      this.#signal.throwIfAborted()
    }
    for (const block of journal.blocks((await this.#checkpoint())?.position ?? 0)) {
      if (block.kind === CORRECTIONS) found.pendingCorrections += block.count
    }
  }

  /**
   * Takes what `work` finds about the numbers [start, end), around those that cannot be read: what is wrong with them has
   * been found by looking at journal and files one by one, and if not, it is told here.
   */
  async #readable(
    start: number,
    end: number,
    work: (start: number, end: number) => Promise<Comparison>,
  ): Promise<void> {
    try {
      this.#take(await work(start, end))
    } catch (error) {
      if (!(error instanceof StorageError || error instanceof CorruptSegmentError)) throw error
      if (end - start > SMALLEST) {
        const middle = Math.ceil((start + end) / 2)
        await this.#readable(start, middle, work)
        await this.#readable(middle, end, work)
        return
      }
      this.#found.unread += end - start
      if (this.#found.findings.length === 0) this.#find('damaged', error.message)
    }
  }

  /** Numbers that the journal has removed and the files have not got. */
  #tellGone(start: number, end: number): void {
    if (start >= end) return
    const others = [...namesOf(this.#directory.journal).followers()].filter(([, { seq }]) => seq >= end)
    const hasOthers = others.some(
      ([, { seq }]) => this.#found.files === null || seq > (this.#found.files.checkpoint?.seq ?? 0),
    )
    if (hasOthers) this.#found.elsewhere += end - start
    else this.#find('missing', `the events ${start} to ${end - 1} are neither in the journal nor in the files`)
  }

  #take({ equal, onlyInFiles, pending, corrected, gaps, faults }: Comparison): void {
    const found = this.#found
    found.equal += equal
    found.onlyInFiles += onlyInFiles
    found.pending += pending
    found.corrected += corrected
    this.#countGaps(gaps)
    for (const { kind, what } of faults) this.#find(kind, what)
  }

  #countGaps(gaps: readonly Gap[]): void {
    for (const { start, end, reason } of gaps) this.#found.gapNumbers[reason] += end - start
  }

  #find(kind: Finding['kind'], what: string): void {
    if (this.#found.findings.length < MOST_LISTED) this.#found.findings.push({ kind, what })
    else this.#found.moreFindings++
  }

  async #checkpoint() {
    const { cold } = this.#directory
    await cold?.refresh()
    return cold?.checkpoint
  }

  /** Does `work` with a checkpoint that is the same before and after. */
  async #stable<T>(work: (checkpoint: { seq: number; position: number } | undefined) => Promise<T>): Promise<T> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const before = await this.#checkpoint()
      const result = await this.#directory.steadily(() => work(before))
      const after = await this.#checkpoint()
      if (after?.seq === before?.seq && after?.position === before?.position) return result
    }
    throw new StorageError('the directory changes faster than it can be looked at')
  }
}
