/**
 * The proof that a database has what was journaled: every event of the journal before the database's checkpoint is in it,
 * bit for bit, as the corrections before the checkpoint made it; every number before that is a row or a gap; what comes
 * behind the checkpoint is pending. Reads only, and looks again while the database follows.
 *
 * @module
 */

import type { PostgresStore } from '../postgres/store/store.js'
import { compareContents } from '../postgres/transfer/compare.js'
import { TransferMismatchError } from '../postgres/transfer/errors.js'
import type { Checkpoint, StoredEvents } from '../storage/cold/cold-storage.js'
import { StorageError } from '../storage/errors.js'
import { unpackMetadata } from '../storage/journal/metadata.js'
import type { StreamDirectory } from './directory.js'
import type { Finding } from './verification.js'

/** Numbers that are read at once. */
const CHUNK = 8192
/** How often to look again because the database was faster. */
const MOST_ROUNDS = 10

/** What was found. */
export interface DatabaseVerification {
  database: string
  /** Events before it are in the database, with the corrections of the blocks before `position`. */
  checkpoint: Checkpoint | null
  /** Events that journal and database both hold, with equal bytes, rewards, flags, masks and metadata. */
  equal: number
  /** Events that the journal has no more. */
  onlyInDatabase: number
  /** Numbers that only the journal has, as it should be. */
  pending: number
  findings: Finding[]
}

/** Told now and then how far it is: numbers of how many. */
type OnProgress = (done: number, of: number) => void

/** Compares a directory with a database. An abort rejects with the signal's reason. */
export async function verifyDatabase(
  directory: StreamDirectory,
  store: PostgresStore,
  address: string,
  { signal, onProgress }: { signal: AbortSignal; onProgress: OnProgress },
): Promise<DatabaseVerification> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = (await store.stored())?.checkpoint
    const found = await directory.steadily(() => look(directory, store, address, before, { signal, onProgress }))
    const after = (await store.stored())?.checkpoint
    if (after?.seq === before?.seq && after?.position === before?.position) return found
  }
  throw new StorageError('the database changes faster than it can be looked at')
}

async function look(
  { journal, path }: StreamDirectory,
  store: PostgresStore,
  database: string,
  checkpoint: Checkpoint | undefined,
  { signal, onProgress }: { signal: AbortSignal; onProgress: OnProgress },
): Promise<DatabaseVerification> {
  journal.refresh()
  const { streamId, firstSeq } = journal.identity
  const { startSeq, endSeq, endPosition } = journal
  const found = { database, checkpoint: checkpoint ?? null, equal: 0, onlyInDatabase: 0, pending: endSeq - firstSeq }
  const findings: Finding[] = []
  const fail = (kind: Finding['kind'], what: string): DatabaseVerification => {
    findings.push({ kind, what })
    return { ...found, findings }
  }
  if (checkpoint === undefined) return fail('missing', `${database} has no stream ${streamId}`)
  const { seq, position } = checkpoint
  if (seq > endSeq || position > endPosition) {
    return fail('unknown', `${database} has events up to ${seq - 1}, the journal ends at ${endSeq - 1}`)
  }
  found.pending = endSeq - seq
  if (seq < startSeq)
    fail('missing', `the events ${seq} to ${startSeq - 1} are neither in the journal nor in ${database}`)
  const first = Math.min(seq, startSeq)
  for await (const { length } of store.query({ startSeq: firstSeq, endSeq: first, signal }))
    found.onlyInDatabase += length
  const expected = await store.count(firstSeq, first)
  if (expected !== found.onlyInDatabase) {
    fail('missing', `${database} has ${found.onlyInDatabase} events before ${first}, it accounts for ${expected}`)
  }
  const journaled = async function* (): AsyncGenerator<StoredEvents> {
    for (let start = first; start < seq; start += CHUNK) {
      signal.throwIfAborted()
      const end = Math.min(seq, start + CHUNK)
      const events = journal.events(start, end, position)
      const metadata = [...journal.metadata(start, end)].map(([at, packed]) => [at, unpackMetadata(packed)] as const)
      yield { ...events, metadata: new Map(metadata) }
    }
  }
  const sides = [
    { name: path, events: journaled() },
    { name: database, events: store.query({ startSeq: first, endSeq: seq, signal }) },
  ] as const
  try {
    const told = (done: number): void => onProgress(Math.min(done, seq) - first, seq - first)
    found.equal = (await compareContents(...sides, told)).events
  } catch (error) {
    if (!(error instanceof TransferMismatchError)) throw error
    fail('different', error.message)
  }
  return { ...found, findings }
}
