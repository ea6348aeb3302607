/**
 * The columns of decoded rows where they stand in the memory of parquet-wasm, found through Arrow's C data interface:
 * nothing is copied before the rows that are wanted are known.
 *
 * The interface's `ArrowArray` with pointers of four bytes:
 *
 *     0 i64 length         16 i64 offset            32 i64 number of children   44 u32 address of the children's list
 *     8 i64 null count     24 i64 number of buffers 40 u32 address of the buffers' list
 *
 * @module
 */

import type { Table } from 'parquet-wasm'
import { StorageError } from '../../errors.js'
import type { ParquetLibrary } from './libraries.js'
import type { Column, ColumnBatch, ColumnKind, ColumnValues } from './schema.js'
import { UNITS } from './schema.js'

const LENGTH = 0
const NULL_COUNT = 8
const OFFSET = 16
const CHILD_COUNT = 32
const BUFFERS = 40
const CHILDREN = 44
const POINTER = 4

/**
 * Calls `visit` with the columns of each batch of a table, then frees the table. They are lent until `visit` returns.
 *
 * @throws {StorageError} if the table does not have these columns
 */
export function visitColumns(
  parquet: ParquetLibrary,
  table: Table,
  columns: readonly Column[],
  visit: (batch: ColumnBatch) => void,
): void {
  const stream = table.intoFFI()
  try {
    const { buffer } = parquet.wasmMemory() as WebAssembly.Memory
    for (let i = 0; i < stream.numArrays(); i++) visit(batchAt(buffer, stream.arrayAddr(i), columns))
  } finally {
    stream.free()
  }
}

function batchAt(memory: ArrayBuffer, address: number, columns: readonly Column[]): ColumnBatch {
  const view = new DataView(memory)
  const count = view.getUint32(address + CHILD_COUNT, true)
  if (count !== columns.length) throw new StorageError(`${columns.length} columns were expected, there are ${count}`)
  const children = view.getUint32(address + CHILDREN, true)
  return {
    length: view.getUint32(address + LENGTH, true),
    columns: columns.map(({ kind }, i) => columnAt(view, view.getUint32(children + POINTER * i, true), kind)),
  }
}

function columnAt(view: DataView, address: number, kind: ColumnKind): ColumnValues {
  const memory = view.buffer as ArrayBuffer
  const length = view.getUint32(address + LENGTH, true)
  const offset = view.getUint32(address + OFFSET, true)
  if (offset !== 0) throw new StorageError(`a column begins at value ${offset} of its buffer, 0 was expected`)
  const buffers = view.getUint32(address + BUFFERS, true)
  const at = (i: number) => view.getUint32(buffers + POINTER * i, true)
  const nulls = view.getUint32(address + NULL_COUNT, true)
  const valid = nulls === 0 ? undefined : new Uint8Array(memory, at(0), Math.ceil(length / 8))
  if (kind !== 'text') return { values: valuesAt(memory, at(1), kind, length), valid }
  const offsets = new Int32Array(memory, at(1), length + 1)
  return { values: new Uint8Array(memory, at(2), offsets[length]), offsets, valid }
}

function valuesAt(memory: ArrayBuffer, address: number, kind: ColumnKind, length: number): ColumnValues['values'] {
  if (kind === 'f32') return new Float32Array(memory, address, length)
  if (kind === 'u16') return new Uint16Array(memory, address, length)
  if (kind === 'u8') return new Uint8Array(memory, address, length)
  return new Uint32Array(memory, address, length * UNITS[kind])
}
