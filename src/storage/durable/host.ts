/**
 * What a durable stream offers to the parts that stand on its journal: followers, history, named subscriptions. The
 * same whether the journal is written by the stream's own thread or in a worker.
 *
 * @module
 */

import type { Checkpoint } from '../cold/cold-storage.js'
import type { JournalPosition, JournalSource } from '../journal/source.js'

/** How far the journal is. */
export interface JournalProgress {
  /** Events before it are written out: a crash of the process keeps them. */
  readonly writtenSeq: number
  readonly writtenPosition: JournalPosition
  /** Events before it are as safe as the chosen level says. */
  readonly durableSeq: number
  readonly durablePosition: JournalPosition
}

/** The journal as its stream shows it. */
export interface JournalHost {
  /** Reads the files; `refresh` it before looking. */
  readonly source: JournalSource
  readonly progress: JournalProgress
  readonly settleMs: number
  /** The names that the journal keeps: cursors of subscriptions, checkpoints of followers. */
  readonly names: JournalNames
  /** Writes out every event and late write accepted before the call. @throws {StorageError} */
  flush(): Promise<void>
  /** Resolves when every event and late write accepted before the call is as safe as the level says. */
  durable(signal?: AbortSignal): Promise<void>
  /**
   * Resolves once `progress` has moved past what it was, at `timeoutMs` (Infinity: no timer), at abort, or when the
   * stream closes. Never rejects, and keeps no process alive.
   */
  wait(after: JournalProgress, timeoutMs: number, signal?: AbortSignal): Promise<void>
  readonly closed: boolean
  /** Every write, late ones too, throws `BackpressureError` saying `what` until the returned function is called. */
  hold(what: string): () => void
  /** Calls `listener`, in the call that wrote, whenever a segment is full and the next one has begun. */
  onRotate(listener: () => void): void
  /** Removes the segments that end before a position; the ring's window must not need them. */
  removeBefore(position: JournalPosition): void
}

/**
 * What the journal keeps beside events; every change is a block, safe with the next `durable`. To set what it has
 * already writes nothing.
 */
export interface JournalNames {
  cursor(name: string): number | undefined
  setCursor(name: string, seq: number): void
  removeCursor(name: string): void
  follower(name: string): Checkpoint | undefined
  /** Keeps every segment from the checkpoint on. */
  setFollower(name: string, checkpoint: Checkpoint): void
  removeFollower(name: string): void
  followers(): ReadonlyMap<string, Checkpoint>
  cursors(): ReadonlyMap<string, number>
}
