/**
 * The gate of a shared ring whose journal another thread writes: what a writer meets when the ring is full of events
 * that are not written out, or when the journal has failed or is held.
 *
 * Waiting blocks the thread, in `Atomics.wait` on the word that subscribers sleep on too: the journal's thread calls it
 * when it has moved the gate. It gives up once the journal has not moved for STALL_MS, since that can only be because a
 * thread stands still inside its claim. Where blocking is not allowed, as on a page's main thread, it throws at once.
 *
 * @module
 */

import { ClosedError } from '../errors.js'
import * as L from '../layout.js'
import { BackpressureError, StorageError } from './journal-errors.js'
import { JournalWords, REFUSES, REFUSES_FAILED, REFUSES_HELD, WRITTEN_SEQ } from './journal-words.js'
import type { SharedKernel } from './shared-kernel.js'

const WAITING = (L.CONTROL + L.S_WAITING) >>> 2
const WAKE = (L.CONTROL + L.S_WAKE) >>> 2
const CLOSED = (L.CONTROL + L.S_CLOSED) >>> 2
/** A sleep at most: for what nobody is called for. */
const SLICE_MS = 50
const STALL_MS = 5000
/** What a journal writes out in a millisecond at least, on a disk that is not full. */
const EVENTS_PER_MS = 2000
const HELD_RETRY_MS = 1000

/** One thread's view of the gate. */
export class Gate {
  readonly journal: JournalWords
  /** Times that this thread waited here, and times that it was told to come back. */
  waits = 0
  refusals = 0
  /** What to do instead of waiting, where this thread writes the journal itself. */
  drain: (() => void) | undefined
  private readonly kernel: SharedKernel
  private readonly throws: boolean

  constructor(kernel: SharedKernel) {
    this.kernel = kernel
    this.journal = new JournalWords(kernel)
    this.throws = kernel.control(L.S_FULL_THROWS) !== 0
  }

  /** The first number that cannot be claimed yet. */
  get number(): number {
    return this.kernel.counter(L.CONTROL + L.S_GATE)
  }

  /** @throws {StorageError} if the journal has failed, {@link BackpressureError} if it is held. */
  assertAdmits(): void {
    // Not an atomic load: a thread that has been told of a failure sees it.
    if (this.kernel.words[REFUSES] !== 0) throw this.refusal()
  }

  /**
   * Tries until there is room, which `attempt` says, and waits in between.
   * @throws {BackpressureError} if this thread may not wait, or the journal stands still.
   */
  pass(what: string, attempt: () => boolean): void {
    const { words } = this.kernel
    let moved = performance.now()
    for (let before = -1; ; ) {
      // First, since it wakes whoever sleeps on this word.
      this.journal.call()
      // The order of assembly/shared/waiting.ts: the value, the flag, a look, and only then the wait.
      const value = Atomics.load(words, WAKE)
      Atomics.store(words, WAITING, 1)
      if (attempt()) return
      if (Atomics.load(words, CLOSED) !== 0) throw new ClosedError('stream')
      this.assertAdmits()
      if (this.throws) throw this.full(what)
      const journaled = this.journaled()
      if (journaled !== before) moved = performance.now()
      else if (performance.now() - moved > STALL_MS)
        throw this.full(`${what}, and the journal has not moved for ${STALL_MS} ms`)
      before = journaled
      this.sleep(what, value)
    }
  }

  private sleep(what: string, value: number): void {
    this.waits++
    if (this.drain !== undefined) return this.drain()
    try {
      Atomics.wait(this.kernel.words, WAKE, value, SLICE_MS)
    } catch (error) {
      if (error instanceof TypeError) throw this.full(what)
      throw error
    }
  }

  /** Grows whenever the journal has done something. */
  private journaled(): number {
    return this.journal.get(WRITTEN_SEQ) + this.kernel.counter(L.CONTROL + L.S_TAKEN)
  }

  private full(what: string): BackpressureError {
    this.refusals++
    const backlog = this.kernel.core.claimed() - this.journal.get(WRITTEN_SEQ)
    return new BackpressureError(what, Math.max(1, Math.ceil(backlog / EVENTS_PER_MS)), { backlog })
  }

  private refusal(): Error {
    const failed = ((this.kernel.words[REFUSES] as number) & REFUSES_FAILED) !== 0
    if (failed) return new StorageError(this.journal.reason(REFUSES_FAILED))
    this.refusals++
    return new BackpressureError(this.journal.reason(REFUSES_HELD), HELD_RETRY_MS)
  }
}
