/**
 * Event files in Parquet: columns that DuckDB and everything else that reads the format can query, in row groups with
 * statistics, under a seal of checksums.
 *
 * @module
 */

import type { CorrectionList } from '../../journal/corrections.js'
import type { StoredEvents } from '../cold-storage.js'
import type { EventFile, FileFormat } from '../file-format.js'
import { visitColumns } from './column-reader.js'
import { CorrectionReader, correctionBatches } from './corrections.js'
import { encodeRows, groupEnds } from './encoder.js'
import { openEventFile } from './event-file.node.js'
import type { GroupSummary } from './group-summary.js'
import { loadParquet } from './libraries.js'
import { RowGroup } from './row-group.js'
import type { Column, ColumnBatch } from './schema.js'
import { CORRECTION_COLUMNS, EVENT_COLUMNS, ROW_GROUP_ROWS } from './schema.js'
import { SealKind, seal, sealBytes } from './seal.node.js'
import { memorySource, SealedFile } from './sealed-file.node.js'

/** The format; it has no state. Its libraries are loaded when a file is first written or read. */
export class ParquetFormat implements FileFormat {
  readonly extension = 'parquet'

  /**
   * The bytes of an event file. A list of batches, ascending, is taken one after the other: memory is the file's bytes,
   * twice for a moment, and one row group.
   *
   * @throws {InvalidArgumentError} if there are no events, or their sequence numbers do not ascend
   * @throws {MissingDependencyError} if parquet-wasm or apache-arrow is not installed
   * @throws {StorageError} if they fail, or the metadata of a row group is more than 512 MiB of JSON
   */
  encode(events: StoredEvents | AsyncIterable<StoredEvents>): Promise<Uint8Array> {
    const summaries: GroupSummary[] = []
    return encodeFile(SealKind.EVENTS, EVENT_COLUMNS, rowGroups(events, summaries), summaries)
  }

  /** @throws {CorruptSegmentError} if its end is damaged. @throws {StorageError} @throws {MissingDependencyError} */
  open(path: string): Promise<EventFile> {
    return openEventFile(path)
  }

  /** The bytes of a file of corrections; throws as `encode` does. */
  encodeCorrections(list: CorrectionList): Promise<Uint8Array> {
    const summaries: GroupSummary[] = []
    for (let from = 0; from < list.length; from += ROW_GROUP_ROWS) {
      const rows = Math.min(ROW_GROUP_ROWS, list.length - from)
      const minSeq = BigInt(list.seqs[from] as number)
      summaries.push({ ...NOTHING, rows, minSeq, maxSeq: BigInt(list.seqs[from + rows - 1] as number) })
    }
    return encodeFile(SealKind.CORRECTIONS, CORRECTION_COLUMNS, correctionBatches(list), summaries)
  }

  /** @throws {CorruptSegmentError} if a byte is damaged. @throws {MissingDependencyError} */
  async decodeCorrections(bytes: Uint8Array, path: string): Promise<CorrectionList> {
    const parquet = await loadParquet()
    const file = await SealedFile.open(memorySource(bytes, path), SealKind.CORRECTIONS)
    for (let i = 0; i < file.seal.groups.length; i++) await file.group(i)
    const reader = new CorrectionReader(file.seal.groups.reduce((sum, { rows }) => sum + rows, 0))
    const table = parquet.readParquet(bytes, { batchSize: ROW_GROUP_ROWS })
    visitColumns(parquet, table, CORRECTION_COLUMNS, (batch) => reader.take(batch))
    return reader.finish()
  }
}

const NOTHING: GroupSummary = {
  rows: 0,
  minSeq: 0n,
  maxSeq: 0n,
  minTimestamp: 0n,
  maxTimestamp: 0n,
  minEpisode: 0n,
  maxEpisode: 0n,
  types: 0n,
}

/** Events in row groups, the summary of each told when it is given out. */
async function* rowGroups(
  events: StoredEvents | AsyncIterable<StoredEvents>,
  summaries: GroupSummary[],
): AsyncGenerator<ColumnBatch> {
  const group = new RowGroup()
  const give = (): ColumnBatch => {
    summaries.push(group.summary())
    return group.batch()
  }
  for await (const batch of Symbol.asyncIterator in events ? events : [events]) {
    for (let row = 0; row < batch.length; ) {
      row += group.take(batch, row)
      if (!group.isFull) continue
      yield give()
      group.clear()
    }
  }
  if (group.length > 0) yield give()
}

async function encodeFile(
  kind: SealKind,
  columns: readonly Column[],
  batches: AsyncIterable<ColumnBatch>,
  summaries: readonly GroupSummary[],
): Promise<Uint8Array> {
  const pieces = await encodeRows(columns, batches)
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const file = new Uint8Array(length + sealBytes(summaries.length))
  let at = 0
  for (const piece of pieces) {
    file.set(piece, at)
    at += piece.length
  }
  const rows = summaries.map((summary) => summary.rows)
  return seal(file, kind, await groupEnds(file.subarray(0, length), rows), summaries)
}
