/**
 * An event file in Parquet that is open for reading. Row groups in which the seal's summaries rule every row out are not
 * read; of the others one is in memory at a time for each iteration.
 *
 * A row group with a damaged byte is passed over, told in `damage`, and the iteration goes on: the others stand for
 * themselves. Iterations may run side by side; `close` waits for what they are reading.
 *
 * @module
 */

import type { ParquetFile } from 'parquet-wasm'
import { ClosedError } from '../../../errors.js'
import { CorruptSegmentError, StorageError } from '../../errors.js'
import type { StoredEvents } from '../cold-storage.js'
import type { EventFile, FileDamage, RowFilter } from '../file-format.js'
import { visitColumns } from './column-reader.js'
import { mayMatch } from './group-summary.js'
import { loadParquet, type ParquetLibrary } from './libraries.js'
import { LoadedRanges } from './loaded-ranges.js'
import { readRows } from './row-reader.js'
import { EVENT_COLUMNS, ROW_GROUP_ROWS } from './schema.js'
import { SealKind } from './seal.node.js'
import { openSource, SealedFile } from './sealed-file.node.js'

/** Opens a file for its rows. @throws {CorruptSegmentError} @throws {StorageError} @throws {MissingDependencyError} */
export async function openEventFile(path: string): Promise<EventFile> {
  const parquet = await loadParquet()
  const source = await openSource(path)
  try {
    const file = await SealedFile.open(source, SealKind.EVENTS)
    const ranges = new LoadedRanges(source.size)
    ranges.add(file.tailStart, file.tail)
    return new ParquetEventFile(parquet, file, ranges, await parquet.ParquetFile.fromFile(ranges.blob()))
  } catch (error) {
    await source.close()
    throw error
  }
}

class ParquetEventFile implements EventFile {
  private readonly parquet: ParquetLibrary
  private readonly file: SealedFile
  private readonly ranges: LoadedRanges
  private readonly reader: ParquetFile
  private readonly damaged = new Map<number, FileDamage>()
  private readonly pending = new Set<Promise<unknown>>()
  private closed = false

  constructor(parquet: ParquetLibrary, file: SealedFile, ranges: LoadedRanges, reader: ParquetFile) {
    this.parquet = parquet
    this.file = file
    this.ranges = ranges
    this.reader = reader
  }

  get damage(): readonly FileDamage[] {
    return [...this.damaged.values()]
  }

  async *rows(filter: RowFilter, signal?: AbortSignal): AsyncGenerator<StoredEvents> {
    const { groups } = this.file.seal
    for (let i = 0; i < groups.length; i++) {
      signal?.throwIfAborted()
      if (this.closed) throw new ClosedError('event file')
      if (!mayMatch(groups[i] as (typeof groups)[number], filter)) continue
      for (const events of await this.held(this.readGroup(i, filter))) if (events.length > 0) yield events
    }
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await Promise.allSettled(this.pending)
    this.reader.free()
    await this.file.source.close()
  }

  private async held<T>(work: Promise<T>): Promise<T> {
    this.pending.add(work)
    try {
      return await work
    } finally {
      this.pending.delete(work)
    }
  }

  private async readGroup(i: number, filter: RowFilter): Promise<StoredEvents[]> {
    const { source, seal } = this.file
    const { start, rows, minSeq, maxSeq } = seal.groups[i] as (typeof seal.groups)[number]
    const found: StoredEvents[] = []
    try {
      const unload = this.ranges.add(start, await this.file.group(i))
      try {
        const table = await this.reader.read({ rowGroups: [i], batchSize: ROW_GROUP_ROWS })
        visitColumns(this.parquet, table, EVENT_COLUMNS, (batch) => found.push(readRows(batch, filter)))
      } finally {
        unload()
      }
    } catch (error) {
      if (error instanceof StorageError) throw error
      if (!(error instanceof CorruptSegmentError)) {
        throw new StorageError(`row group ${i} of ${source.path} cannot be decoded`, { file: source.path }, error)
      }
      const what = `row group ${i}, ${rows} events from ${minSeq} to ${maxSeq}: ${error.message}`
      this.damaged.set(i, { file: source.path, offset: start, what })
    }
    return found
  }
}
