/**
 * Rows to the bytes of a Parquet file, one row group after the other: what is held at a time is one row group in Arrow's
 * form, the same in the memory of parquet-wasm, and the file's bytes so far.
 *
 * @module
 */

import type { ParquetFile, RecordBatch, WriterProperties } from 'parquet-wasm'
import { invalid } from '../../../errors.js'
import { StorageError } from '../../errors.js'
import { ArrowBatches } from './arrow-batch.js'
import { loadArrow, loadParquet, type ParquetLibrary } from './libraries.js'
import { LoadedRanges } from './loaded-ranges.js'
import type { Column, ColumnBatch, ColumnKind } from './schema.js'

/** Where the first row group of a Parquet file begins: behind the four letters that say what it is. */
export const FIRST_GROUP = 4

/**
 * Encodes batches and returns the file in pieces. Each becomes a row group: all but the last have as many rows as the
 * first. One may be used again once the next is asked for.
 *
 * @throws {InvalidArgumentError} if there is no batch
 * @throws {MissingDependencyError} if a library is not installed
 * @throws {StorageError} if the library fails; what `batches` throws is passed on
 */
export async function encodeRows(
  columns: readonly Column[],
  batches: AsyncIterable<ColumnBatch>,
): Promise<Uint8Array[]> {
  const [parquet, arrow] = await Promise.all([loadParquet(), loadArrow()])
  const form = new ArrowBatches(arrow, columns)
  const rows = batches[Symbol.asyncIterator]()
  let next = await rows.next()
  if (next.done) throw invalid('events', 'hold at least one row', 0)
  const first = next.value.length
  let failure: { readonly error: unknown } | undefined
  const source = new ReadableStream<RecordBatch>(
    {
      async pull(controller) {
        try {
          if (next.done) return controller.close()
          const batch = intoModule(parquet, form.stream(next.value))
          next = await rows.next()
          controller.enqueue(batch)
        } catch (error) {
          // The library takes a source that fails for one that has ended, so it is told the end and we remember.
          failure = { error }
          controller.close()
        }
      },
    },
    { highWaterMark: 0 },
  )
  const pieces: Uint8Array[] = []
  try {
    const bytes = await parquet.transformParquetStream(source, properties(parquet, columns, first))
    const reader = (bytes as ReadableStream<Uint8Array>).getReader()
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) pieces.push(piece.value)
  } catch (cause) {
    if (failure) throw failure.error
    throw new StorageError('parquet-wasm could not encode the rows', {}, cause)
  } finally {
    await rows.return?.()
  }
  if (failure) throw failure.error
  return pieces
}

/** A batch in the memory of the module; who takes it frees it. */
function intoModule(parquet: ParquetLibrary, stream: Uint8Array): RecordBatch {
  const table = parquet.Table.fromIPCStream(stream)
  try {
    const batch = table.recordBatch(0)
    if (batch === undefined) throw new StorageError('parquet-wasm found no rows in a batch')
    return batch
  } finally {
    table.free()
  }
}

/**
 * Where the row groups of a file end, as its own footer says.
 *
 * @throws {StorageError} if their rows are not `rows`: it would not be the file that it was meant to be
 */
export async function groupEnds(file: Uint8Array, rows: readonly number[]): Promise<number[]> {
  const { ParquetFile } = await loadParquet()
  const ranges = new LoadedRanges(file.length)
  ranges.add(0, file)
  const opened: ParquetFile = await ParquetFile.fromFile(ranges.blob())
  const metadata = opened.metadata()
  try {
    const ends: number[] = []
    for (let i = 0, at = FIRST_GROUP; i < metadata.numRowGroups(); i++) {
      const group = metadata.rowGroup(i)
      at += group.compressedSize()
      ends.push(at)
      if (group.numRows() !== rows[i]) {
        throw new StorageError(`row group ${i} came out with ${group.numRows()} rows, not ${rows[i]}`)
      }
      group.free()
    }
    if (ends.length === rows.length) return ends
    throw new StorageError(`the file came out with ${ends.length} row groups, not ${rows.length}`)
  } finally {
    metadata.free()
    opened.free()
  }
}

/** The choices of `schema.ts` in the words of the library. */
function properties(parquet: ParquetLibrary, columns: readonly Column[], rows: number): WriterProperties {
  const { Compression, EnabledStatistics, WriterPropertiesBuilder } = parquet
  let builder = new WriterPropertiesBuilder()
    .setCompression(Compression.ZSTD)
    .setDictionaryEnabled(false)
    .setMaxRowGroupSize(rows)
    .setStatisticsEnabled(EnabledStatistics.None)
  for (const { name, kind, statistics } of columns) {
    builder = builder.setColumnEncoding(name, encodingOf(parquet, kind))
    if (statistics) builder = builder.setColumnStatisticsEnabled(name, EnabledStatistics.Chunk)
  }
  return builder.build()
}

function encodingOf({ Encoding }: ParquetLibrary, kind: ColumnKind): number {
  if (kind === 'f32') return Encoding.BYTE_STREAM_SPLIT
  // Ids could be split into streams of bytes as well, and be smaller, but DuckDB does not read that.
  if (kind === 'id') return Encoding.DELTA_BYTE_ARRAY
  return kind === 'text' ? Encoding.DELTA_LENGTH_BYTE_ARRAY : Encoding.DELTA_BINARY_PACKED
}
