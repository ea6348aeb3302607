/**
 * Moving a stream out of a store: a database, or files with a manifest.
 *
 * @module
 */

import type { Checkpoint, StoredEvents } from '../../storage/cold/cold-storage.js'
import type { ColdReader } from '../../storage/cold/read/cold-reader.js'
import { CorruptSegmentError } from '../../storage/errors.js'
import type { Gap, StreamIdentity } from '../../storage/journal/source.js'
import type { RestorableStore, StoredIdentity } from '../../storage/restore/restorable-store.js'
import type { ReadOptions, StreamSource } from './source.js'

/** A store as a source. Closing it closes the store only where `close` is given. */
export class StoreSource implements StreamSource {
  readonly name: string
  readonly identity: StreamIdentity
  readonly origin: 'journal' | 'direct'
  readonly end: Checkpoint
  private readonly store: RestorableStore
  private readonly ending: () => Promise<void>

  constructor(name: string, store: RestorableStore, stored: StoredIdentity, ending = async (): Promise<void> => {}) {
    this.name = name
    this.store = store
    this.identity = stored.identity
    this.origin = stored.origin ?? 'journal'
    this.end = stored.checkpoint
    this.ending = ending
  }

  query(startSeq: number, endSeq: number, { batchSize, signal }: ReadOptions): AsyncIterable<StoredEvents> {
    return this.store.query({ startSeq, endSeq, batchSize, signal })
  }

  async gaps(startSeq: number, endSeq: number): Promise<readonly Gap[]> {
    return (await this.store.gaps?.(startSeq, endSeq)) ?? []
  }

  late(): undefined {
    return undefined
  }

  close(): Promise<void> {
    return this.ending()
  }
}

/** Passes batches on as long as no file has told of damage, which a reader of files passes over. */
export async function* undamaged(
  batches: AsyncIterable<StoredEvents>,
  reader: ColdReader | undefined,
): AsyncGenerator<StoredEvents> {
  const assertWhole = (): void => {
    const [damage] = reader?.stats().damage ?? []
    if (damage !== undefined) throw new CorruptSegmentError(damage.file, damage.offset, damage.what)
  }
  for await (const batch of batches) {
    assertWhole()
    yield batch
  }
  assertWhole()
}
