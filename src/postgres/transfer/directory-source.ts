/**
 * Moving a stream out of its directory: journal and files as one history, with every late reward that the journal knows.
 *
 * @module
 */

import { join } from 'node:path'
import type { Checkpoint, StoredEvents } from '../../storage/cold/cold-storage.js'
import { FileColdStorage } from '../../storage/cold/file-cold-storage.node.js'
import type { ColdReader } from '../../storage/cold/read/cold-reader.js'
import { NodeDisk } from '../../storage/disk/node-disk.node.js'
import { DirectoryHistory } from '../../storage/history/directory-history.js'
import { CorrectionMerger } from '../../storage/journal/corrections.js'
import { nodeCrc32 } from '../../storage/journal/crc32.node.js'
import { CORRECTIONS } from '../../storage/journal/format.js'
import { JournalReader } from '../../storage/journal/reader.js'
import type { Gap, JournalPosition, StreamIdentity } from '../../storage/journal/source.js'
import type { LateRewards, ReadOptions, StreamSource } from './source.js'
import { undamaged } from './store-source.js'

/** Corrections that are handed on at once, unless a single block has more. */
const MOST_LATE = 65_536

/** See the module. */
export class DirectorySource implements StreamSource {
  readonly name: string
  readonly origin = 'journal'
  readonly end: Checkpoint
  private readonly journal: JournalReader
  private readonly history: DirectoryHistory
  private readonly cold: ColdReader | undefined

  private constructor(name: string, journal: JournalReader, history: DirectoryHistory, cold: ColdReader | undefined) {
    this.name = name
    this.journal = journal
    this.history = history
    this.cold = cold
    this.end = { seq: journal.endSeq, position: journal.endPosition }
  }

  /**
   * @param cold the folder of the files that follow the journal, if there is one.
   * @throws {StorageError} if there is no journal, or something cannot be read.
   */
  static async open(directory: string, cold: string | undefined): Promise<DirectorySource> {
    const folder = { disk: new NodeDisk(join(directory, 'journal'), { create: false }), crc32: nodeCrc32 }
    const journal = new JournalReader(folder)
    let reader: ColdReader | undefined
    try {
      reader = cold === undefined ? undefined : await FileColdStorage.read(cold)
      const history = new DirectoryHistory(folder, reader === undefined ? [] : [reader])
      return new DirectorySource(directory, journal, history, reader)
    } catch (error) {
      journal.close()
      await reader?.close()
      throw error
    }
  }

  get identity(): StreamIdentity {
    return this.journal.identity
  }

  query(startSeq: number, endSeq: number, { batchSize, signal }: ReadOptions): AsyncIterable<StoredEvents> {
    return undamaged(this.history.query({ startSeq, endSeq, batchSize, signal }), this.cold)
  }

  async gaps(startSeq: number, endSeq: number): Promise<readonly Gap[]> {
    const gaps: Gap[] = []
    for await (const { start, end, reason } of this.history.gaps(startSeq, endSeq)) {
      gaps.push({ start, end, reason: reason === 'absent' ? 'missed' : reason })
    }
    return gaps
  }

  late(from: JournalPosition, belowSeq: number): Iterable<LateRewards> | undefined {
    return from < this.journal.startPosition ? undefined : this.pieces(from, belowSeq)
  }

  private *pieces(from: JournalPosition, belowSeq: number): Generator<LateRewards> {
    const { journal, end } = this
    let merger = new CorrectionMerger()
    for (const block of journal.blocks(from, end.position)) {
      if (block.kind !== CORRECTIONS) continue
      merger.addPayload(journal.payload(block), block.seq, block.count, 0, belowSeq)
      if (merger.size < MOST_LATE) continue
      yield { corrections: merger.list(), position: block.position + 1 }
      merger = new CorrectionMerger()
    }
    yield { corrections: merger.list(), position: end.position }
  }

  async close(): Promise<void> {
    await this.history.close()
    this.journal.close()
    await this.cold?.close()
  }
}
