/**
 * Where a follower goes on from, by what its store says that it has.
 *
 * @module
 */

import type { Checkpoint, ColdStorage } from '../cold/cold-storage.js'
import type { JournalHost } from '../durable/host.js'
import { StoreMismatchError } from '../errors.js'
import type { Gap, JournalPosition } from '../journal/source.js'

/** Where a follower begins. */
export interface Start {
  readonly at: Checkpoint
  /** Numbers directly before `at` that the store does not get. */
  readonly gap: Gap | undefined
  /** Blocks that are gone and may have corrected what the store has: [start, end). */
  readonly lost: { readonly start: JournalPosition; readonly end: JournalPosition } | undefined
}

/** The checkpoint that a name is registered with before its store was ever asked. */
export function firstCheckpoint(host: JournalHost, from: 'oldest' | 'next'): Checkpoint {
  const { source, progress } = host
  if (from === 'next') return { seq: progress.writtenSeq, position: progress.writtenPosition }
  return { seq: source.startSeq, position: source.startPosition }
}

/**
 * Where to begin. The store knows best; one that has nothing begins with the oldest event of the journal, or where its
 * name was registered if it is not to have older ones.
 *
 * @throws {StoreMismatchError} if the store has more than the journal, so that numbers would be given twice.
 */
export function startOf(
  host: JournalHost,
  store: ColdStorage,
  name: string,
  from: 'oldest' | 'next',
  committed: Checkpoint | undefined,
): Start {
  const { source } = host
  if (committed !== undefined && (committed.seq > source.endSeq || committed.position > source.endPosition)) {
    const found = `it is at event ${committed.seq} and block ${committed.position}`
    throw new StoreMismatchError(
      store.name,
      `${found}, the journal ends before event ${source.endSeq} and block ${source.endPosition}`,
      { ...committed, endSeq: source.endSeq, endPosition: source.endPosition },
    )
  }
  const registered = from === 'next' ? host.names.follower(name) : undefined
  const wanted = committed ?? registered ?? firstCheckpoint(host, from)
  const at = {
    seq: Math.max(wanted.seq, source.startSeq),
    position: Math.max(wanted.position, source.startPosition),
  }
  const start = committed?.seq ?? source.identity.firstSeq
  return {
    at,
    gap: at.seq > start ? { start, end: at.seq, reason: 'missed' } : undefined,
    lost:
      committed !== undefined && at.position > committed.position
        ? { start: committed.position, end: at.position }
        : undefined,
  }
}
