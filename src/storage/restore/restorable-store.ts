/**
 * What a directory can be restored from when its journal is gone: a store that followed the journal.
 *
 * Contract:
 * - `stored` tells what is committed. Nothing has to be called before it, and `query` works after it.
 * - Nobody moves the store's checkpoint while it is read: whoever still writes the stream somewhere else would have
 *   numbers that are given out here once more.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import { idBytes } from '../../event/id.js'
import { SEQ_LIMIT } from '../../kernel/ring.js'
import { assertInteger } from '../../stream/validate.js'
import type { Checkpoint, ColdQuery, StoredEvents } from '../cold/cold-storage.js'
import type { Gap, StreamIdentity } from '../journal/source.js'

/** A stream as a store has it. */
export interface StoredIdentity {
  readonly identity: StreamIdentity
  /** What the store has: all events before `seq`, as the corrections of the journal before `position` made them. */
  readonly checkpoint: Checkpoint
  /** `'direct'` where no journal ever wrote the stream; such a stream cannot be restored. Default `'journal'`. */
  readonly origin?: 'journal' | 'direct' | undefined
}

/**
 * A stream as files with a manifest have it. A stream that no journal wrote was never in a ring either: its capacity is 0.
 */
export function storedOf(identity: StreamIdentity, checkpoint: Checkpoint | undefined): StoredIdentity {
  const origin = identity.capacity === 0 ? 'direct' : 'journal'
  return { identity, checkpoint: checkpoint ?? { seq: identity.firstSeq, position: 0 }, origin }
}

/** See the module. `FileColdStorage`, `ColdReader` and `PostgresBackend` are such stores. */
export interface RestorableStore {
  /** Names the store in reports and errors. */
  readonly name: string
  /** The stream that the store holds; undefined if it holds none. */
  stored(): Promise<StoredIdentity | undefined>
  /** The events that meet a query, ascending by sequence number, with their newest rewards, in batches of bounded size. */
  query(query: ColdQuery): AsyncIterable<StoredEvents>
  /** The numbers of [startSeq, endSeq) that hold no event, and why. What no gap tells of counts as damaged. */
  gaps?(startSeq: number, endSeq: number): Promise<readonly Gap[]>
}

/** What a directory was restored from. */
export interface RestoreReport {
  /** The store's name. */
  readonly store: string
  /** The numbers that the new journal begins with: [startSeq, endSeq). The ring may hold fewer. */
  readonly startSeq: number
  readonly endSeq: number
  /** Events of them; what is missing is a gap. */
  readonly events: number
  readonly elapsedMs: number
}

/** @throws {InvalidArgumentError} unless a directory can be restored from it. */
export function assertRestorable(store: unknown): asserts store is RestorableStore {
  const { stored, query } = (store ?? {}) as Partial<RestorableStore>
  if (typeof stored === 'function' && typeof query === 'function') return
  throw invalid('restoreFrom', 'be a store with stored and query', store)
}

/** @throws {InvalidArgumentError} unless it is what a store can have of a stream. */
export function assertStored({ identity, checkpoint }: StoredIdentity): void {
  const { streamId, requiredMask, firstSeq } = identity
  idBytes(streamId)
  assertInteger(requiredMask, 'requiredMask', 0, 15)
  assertInteger(firstSeq, 'firstSeq', 0, SEQ_LIMIT)
  assertInteger(checkpoint.seq, 'checkpoint.seq', firstSeq, SEQ_LIMIT)
  assertInteger(checkpoint.position, 'checkpoint.position', 0, SEQ_LIMIT)
}
