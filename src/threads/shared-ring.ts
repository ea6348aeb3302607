/**
 * The shared ring as one thread's part of the library sees it.
 *
 * A thread keeps what it has claimed and not used for its next write, and gives it up once it has not written for a
 * millisecond or two: readers, who take events in order, wait for it until then. Whoever asks this thread how far the ring
 * goes has it handed back at once, if nobody has claimed since.
 *
 * @module
 */

import { ClosedError, SequenceEvictedError, SequenceExhaustedError, SequenceNotWrittenError } from '../errors.js'
import { SEQ_LIMIT } from '../kernel/ring.js'
import * as L from '../layout.js'
import { SequenceAbortedError, WriterRetiredError } from './errors.js'
import type { SharedKernel } from './shared-kernel.js'

/** After this long without a write a thread gives up what it has claimed. */
const QUIET_MS = 1
const CLOSED = (L.CONTROL + L.S_CLOSED) >>> 2

/** The window of live events and this thread's claim. */
export class SharedRing {
  readonly kernel: SharedKernel
  /** Events of the live window. */
  readonly capacity: number
  /** Events that there is a place for; more than the window has where a journal holds some until they are written out. */
  readonly slots: number
  readonly first: number
  readonly writerId: number
  private gone = false
  private watched = false
  private wroteSince = false

  constructor(kernel: SharedKernel, writerId: number) {
    this.kernel = kernel
    this.capacity = kernel.control(L.S_WINDOW)
    this.slots = kernel.control(L.S_CAPACITY)
    this.first = kernel.counter(L.CONTROL + L.S_FIRST_SEQ)
    this.writerId = writerId
  }

  /** Whether this thread has left, or the ring was closed for all. */
  get closed(): boolean {
    // Not an atomic load, which would be most of the cost of a check: a thread that has been told of the end sees it.
    return this.gone || this.kernel.words[CLOSED] !== 0
  }

  /** The number behind the last that was claimed. */
  get next(): number {
    this.handBack()
    return this.kernel.core.claimed()
  }

  /** The first number that has not settled. */
  get upcoming(): number {
    this.handBack()
    return this.kernel.core.frontier()
  }

  /** The first number of the live window, as things stand. */
  get floor(): number {
    return Math.max(this.first, this.kernel.core.claimed() - this.capacity)
  }

  /** The same once this thread has handed back what it can. */
  get oldest(): number {
    this.handBack()
    return this.floor
  }

  get size(): number {
    return Math.min(this.next - this.first, this.capacity)
  }

  /** Whether this thread has left. */
  get resigned(): boolean {
    return this.gone
  }

  isLive(seq: number): boolean {
    return !this.gone && !this.hasPassed(seq) && this.kernel.core.isReadable(seq) !== 0
  }

  /** Whether the window has passed event `seq`, though it may still stand in a slot. */
  hasPassed(_seq: number): boolean {
    return false
  }

  /** @throws {ClosedError} after `close`. */
  assertOpen(): void {
    if (this.closed) throw new ClosedError('stream')
  }

  /** Checked by the module when it claims; here only whether the stream is open. */
  assertRoom(count: number): void {
    if (this.closed) throw new ClosedError('stream')
    if (count > SEQ_LIMIT) throw new SequenceExhaustedError(count, this.next)
  }

  /** The number that the module has just given. */
  wroteOne(): number {
    this.noteWrite()
    return this.kernel.left(L.M_SEQ)
  }

  /** Follows a batch, whose claim is used up. */
  wrote(_count: number): void {}

  /** Claims `count` consecutive numbers and returns the first. */
  take(count: number): number {
    const { core } = this.kernel
    const refused = core.claimExactly(count)
    if (refused !== 0) this.refuse(refused, count)
    return this.claimStart
  }

  /** The first number that this thread has claimed and not used. */
  get claimStart(): number {
    return this.kernel.counter(L.MEMBERS + this.kernel.index * L.MEMBER_BYTES + L.M_CLAIM_NEXT)
  }

  /** Events that this thread has written. */
  get ownWritten(): number {
    return this.kernel.counter(L.MEMBERS + this.kernel.index * L.MEMBER_BYTES + L.M_WRITTEN)
  }

  /** Throws the error for a write that found no number, if that is the reason. */
  refuse(reason: number, count: number): void {
    if (reason === L.REFUSED_RETIRED) throw new WriterRetiredError(this.writerId)
    if (reason === L.REFUSED_CLOSED) throw new ClosedError('stream')
    if (reason === L.REFUSED_EXHAUSTED) throw new SequenceExhaustedError(count, this.next)
  }

  /** The error for event `seq`, which `why` says cannot be written to. */
  absent(seq: number, why: number): Error {
    if (why === L.LATE_NOT_WRITTEN) return new SequenceNotWrittenError(seq, this.next)
    if (why === L.LATE_ABORTED) return new SequenceAbortedError(seq)
    return new SequenceEvictedError(seq, this.oldest)
  }

  /** Hands back what this thread has claimed and not used, if nobody has claimed since. */
  handBack(): void {
    // Afterwards the place may be another thread's.
    if (!this.gone) this.kernel.core.unclaim()
  }

  /** Ends this thread's writing, late writing and searching. The place stays its own until it is vacated. */
  resign(): void {
    this.gone = true
    this.kernel.core.resign()
  }

  /** Has what is left of the claim given up once this thread is quiet. */
  noteWrite(): void {
    this.wroteSince = true
    if (!this.watched) this.watch()
  }

  /** Called once this thread has not written for a while. */
  protected rest(): void {}

  private watch(): void {
    this.watched = true
    const look = (): void => {
      if (this.gone) return
      if (this.wroteSince) {
        this.wroteSince = false
        setTimeout(look, QUIET_MS)
        return
      }
      this.watched = false
      this.kernel.core.release()
      this.rest()
    }
    this.wroteSince = false
    setTimeout(look, QUIET_MS)
  }
}
