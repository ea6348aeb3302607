/**
 * Columns as a record batch of Arrow: the form in which parquet-wasm takes rows.
 *
 * @module
 */

import type { DataType, Schema } from 'apache-arrow'
import type { ArrowLibrary } from './libraries.js'
import type { Column, ColumnBatch, ColumnKind, ColumnValues } from './schema.js'

const ID_BYTES = 16

/** Makes Arrow's stream format out of batches of one list of columns. */
export class ArrowBatches {
  private readonly arrow: ArrowLibrary
  private readonly columns: readonly Column[]
  private readonly schema: Schema

  constructor(arrow: ArrowLibrary, columns: readonly Column[]) {
    this.arrow = arrow
    this.columns = columns
    this.schema = new arrow.Schema(
      columns.map(({ name, kind, nullable }) => new arrow.Field(name, typeOf(arrow, kind), nullable ?? false)),
    )
  }

  /** The bytes of a stream of one batch. Copies: the columns may be used again. */
  stream(batch: ColumnBatch): Uint8Array {
    const { arrow, schema } = this
    const children = this.columns.map(({ kind }, i) => this.data(kind, batch.length, batch.columns[i] as ColumnValues))
    const rows = arrow.makeData({ type: new arrow.Struct(schema.fields), length: batch.length, nullCount: 0, children })
    return arrow.tableToIPC(new arrow.Table(schema, [new arrow.RecordBatch(schema, rows)]), 'stream')
  }

  private data(kind: ColumnKind, length: number, { values, valid, offsets }: ColumnValues) {
    const { arrow } = this
    const type = typeOf(arrow, kind)
    const nulls = valid === undefined ? { nullCount: 0 } : { nullBitmap: valid }
    if (arrow.DataType.isUtf8(type)) {
      return arrow.makeData({ type, length, ...nulls, valueOffsets: offsets as Int32Array, data: values as Uint8Array })
    }
    return arrow.makeData({ type, length, ...nulls, data: asArrow(kind, values) } as never)
  }
}

/** The same bytes in the typed array that Arrow keeps such a column in; any other would be converted value by value. */
function asArrow(kind: ColumnKind, values: ColumnValues['values']): ArrayBufferView {
  const { buffer, byteOffset, byteLength } = values
  if (kind === 'u64') return new BigUint64Array(buffer, byteOffset, byteLength / 8)
  if (kind === 'time') return new BigInt64Array(buffer, byteOffset, byteLength / 8)
  return kind === 'id' ? new Uint8Array(buffer, byteOffset, byteLength) : values
}

function typeOf(arrow: ArrowLibrary, kind: ColumnKind): DataType {
  if (kind === 'u64') return new arrow.Uint64()
  if (kind === 'time') return new arrow.TimestampMicrosecond('UTC')
  if (kind === 'id') return new arrow.FixedSizeBinary(ID_BYTES)
  if (kind === 'u32') return new arrow.Uint32()
  if (kind === 'u16') return new arrow.Uint16()
  if (kind === 'u8') return new arrow.Uint8()
  return kind === 'f32' ? new arrow.Float32() : new arrow.Utf8()
}
