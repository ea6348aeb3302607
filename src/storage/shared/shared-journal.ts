/**
 * The journal of a shared ring, as the thread that writes it keeps it: assembly/shared/journal.ts says in which order,
 * and why nothing is lost. Records go to the disk from where they stand in the ring.
 *
 * A write that fails leaves everything as it was: what was taken from the ring and not written is kept and written first
 * when it is tried again, and the gate does not move meanwhile.
 *
 * Nor does it move while a thread is in the middle of a late write to an event that is closed by now. What others post to
 * such an event is written out all the same, before the last state of the event, which knows nothing of it: so it is
 * remembered until then, and laid over that state.
 *
 * @module
 */

import { SEQ_LIMIT } from '../../kernel/ring.js'
import * as L from '../../layout.js'
import * as W from '../../threads/journal-words.js'
import type { SharedKernel } from '../../threads/shared-kernel.js'
import type { Durability } from '../durable/types.js'
import { type CorrectionList, CorrectionMerger } from '../journal/corrections.js'
import { BLOCK_RECORDS, type JournalWriter } from '../journal/writer.js'
import { laidOver, postsOf, statesOf } from './late-changes.js'

const CLOSING = L.CONTROL + L.S_CLOSING
const POSTED = L.CONTROL + L.S_POSTED
const TAKEN = L.CONTROL + L.S_TAKEN
/** Looks at who writes late before the gate waits for the next turn. */
const MOST_LOOKS = 10_000

/** Moves what has settled from the ring to the journal. */
export class SharedJournal {
  readonly words: W.JournalWords
  private readonly kernel: SharedKernel
  private readonly writer: JournalWriter
  private readonly durability: Durability
  private readonly window: number
  /** Events that may be claimed before they are written out. */
  readonly backlog: number
  private readonly slots: number
  private readonly records: Uint8Array
  /** The first event that is open for late writes. */
  private open: number
  /** What was posted to events that are closed while somebody may be writing late to them. */
  private early = new CorrectionMerger()
  /** How many posts there are in all, once they have ended. */
  private posts: number | undefined
  private unwritten: CorrectionList | undefined
  private state: string | undefined
  private readonly metadata = new Map<number, Uint8Array>()
  private corrections = 0
  private flushes = 0

  constructor(kernel: SharedKernel, writer: JournalWriter, durability: Durability) {
    this.kernel = kernel
    this.writer = writer
    this.durability = durability
    this.words = new W.JournalWords(kernel)
    this.slots = kernel.control(L.S_CAPACITY)
    this.window = kernel.control(L.S_WINDOW)
    this.backlog = this.slots - this.window
    const bytes = this.slots * L.RECORD_BYTES
    this.records = new Uint8Array(kernel.memory.buffer, kernel.control(L.S_RECORDS), bytes)
    this.open = Math.max(0, writer.endSeq - this.window)
    this.tell()
  }

  /** The first number that is not in the journal. */
  get end(): number {
    return this.writer.endSeq
  }

  /** Number of the last segment, which changes when one is full. */
  get segment(): number {
    return this.writer.segments.at(-1)?.number ?? -1
  }

  /** Why nothing can be written any more. */
  get failure(): Error | undefined {
    return this.writer.failure
  }

  /** Whether what is in the journal is yet to be synced. */
  get isUnsynced(): boolean {
    return this.durability === 'power-loss' && this.writer.syncedPosition < this.writer.position
  }

  /** Keeps metadata until its event is written. */
  addMetadata(seq: number, bytes: Uint8Array): void {
    this.metadata.set(seq, bytes)
  }

  forget(seq: number): void {
    this.metadata.delete(seq)
  }

  /** Has the names written with the next flush. */
  setState(text: string): void {
    this.state = text
  }

  removeBefore(position: number): void {
    this.writer.removeSegmentsBefore(position)
    this.tell()
  }

  /**
   * Writes out what has settled, at most a lap, and moves the gate. Returns how many numbers.
   * @param receive takes in messages: metadata is sent before its event is published.
   * @throws {StorageError}
   */
  writeSettled(receive: () => void): number {
    const { core } = this.kernel
    const start = this.writer.endSeq
    this.moveGate()
    while (this.writer.endSeq - start < this.slots) {
      const seq = this.writer.endSeq
      const run = core.publishedRun(seq, BLOCK_RECORDS)
      const gap = run > 0 ? 0 : core.abortedRun(seq, BLOCK_RECORDS)
      if (run + gap === 0) break
      receive()
      if (run > 0) this.writeRecords(seq, run)
      else this.writer.writeGap(seq, seq + gap, 'aborted')
      for (const known of this.metadata.keys()) if (known < this.writer.endSeq) this.metadata.delete(known)
      this.moveGate()
    }
    if (this.writer.endSeq > start) this.tell()
    return this.writer.endSeq - start
  }

  /** How many posts have begun that were not taken. */
  get waitingPosts(): number {
    return (this.posts ?? this.kernel.counter(POSTED)) - this.kernel.counter(TAKEN)
  }

  /** Whether a thread is in the middle of a late write to an event. */
  get isWrittenLate(): boolean {
    const { core } = this.kernel
    return core.writesLateBelow(core.claimed()) >= 0
  }

  /** Refuses all late writes that have not begun. The ring is closed: nothing is claimed any more. */
  endLateWrites(): void {
    const { core } = this.kernel
    this.posts ??= core.endPosts()
    core.closeBelow(core.claimed())
  }

  /**
   * Writes out every late write that has returned, and the names. Returns whether that was possible: a post that is under
   * way holds up those behind it.
   * @throws {StorageError}
   */
  flush(): boolean {
    const before = this.writer.position
    this.writeMarks(this.open, this.writer.endSeq)
    const isWhole = this.writePosts()
    // Behind the rewards of what a cursor says is done.
    if (isWhole && this.state !== undefined) {
      this.writer.writeState(this.state)
      this.state = undefined
    }
    if (this.writer.position > before) this.tell()
    return isWhole
  }

  /** Returns once everything that was written survives a loss of power. @throws {StorageError} */
  sync(): void {
    this.writer.sync()
    this.tell()
  }

  /** Closes the files. */
  close(): void {
    this.writer.close()
    this.tell()
  }

  private writeRecords(seq: number, count: number): void {
    const described = [...this.metadata].filter(([known]) => known < seq + count).sort(([a], [b]) => a - b)
    if (described.length > 0) this.writer.writeMetadata(described)
    const slot = seq % this.slots
    const first = Math.min(count, this.slots - slot)
    const piece = (from: number, length: number): Uint8Array => {
      return this.records.subarray(from * L.RECORD_BYTES, (from + length) * L.RECORD_BYTES)
    }
    const pieces = first === count ? [piece(slot, count)] : [piece(slot, first), piece(0, count - first)]
    this.writer.writeRecords(seq, count, pieces)
    this.flushes++
  }

  /** Closes the events that have left the window, has the journal keep their last states, and opens their slots. */
  private moveGate(): void {
    const { core } = this.kernel
    const end = this.writer.endSeq
    const open = end - this.window
    if (open > this.open) {
      core.closeBelow(open)
      // A thread is in the middle of a late write for some instructions only, unless it was stopped or has died there.
      for (let looks = 0; core.writesLateBelow(open) >= 0; looks++) if (looks === MOST_LOOKS) return
      this.writeMarks(this.open, open)
      this.open = open
      this.early = new CorrectionMerger()
    }
    core.openGate(Math.min(end + this.backlog, SEQ_LIMIT))
  }

  /** Writes the states of the events of [from, end) that are marked. */
  private writeMarks(from: number, end: number): void {
    const { kernel } = this
    this.writeTaken()
    kernel.core.startMarks(from, end)
    for (let count = kernel.core.takeMarks(from, end); count > 0; count = kernel.core.takeMarks(from, end)) {
      this.unwritten = laidOver(statesOf(kernel, count), this.early)
      this.writeTaken()
    }
  }

  /** Writes what has been posted before the call. False if a post of these is under way. */
  private writePosts(): boolean {
    const { kernel } = this
    const posted = this.posts ?? kernel.counter(POSTED)
    while (kernel.counter(TAKEN) < posted) {
      const count = kernel.core.takePosts()
      if (count === 0) return false
      this.unwritten = postsOf(kernel, count)
      if (kernel.counter(CLOSING) > this.open) this.early.addList(this.unwritten)
      this.writeTaken()
    }
    return true
  }

  private writeTaken(): void {
    if (this.unwritten === undefined) return
    this.writer.writeCorrections(this.unwritten)
    this.corrections += this.unwritten.length
    this.unwritten = undefined
    this.flushes++
  }

  /** Tells all threads how far the journal is. */
  private tell(): void {
    const { words, writer } = this
    const synced = this.durability === 'power-loss'
    words.set(W.DURABLE_SEQ, synced ? writer.syncedSeq : writer.endSeq)
    words.set(W.DURABLE_POSITION, synced ? writer.syncedPosition : writer.position)
    words.set(W.WRITTEN_SEQ, writer.endSeq)
    words.set(W.WRITTEN_POSITION, writer.position)
    words.set(W.SEGMENTS, writer.segments.length)
    words.set(W.BYTES, writer.bytesWritten)
    words.set(W.CORRECTIONS, this.corrections)
    words.set(W.FLUSHES, this.flushes)
    words.set(W.SYNCS, writer.syncs)
    words.moved()
  }
}
