import { expect, test } from 'vitest'
import { loadParquet } from '../../../src/storage/cold/parquet/libraries.js'
import { LoadedRanges } from '../../../src/storage/cold/parquet/loaded-ranges.js'
import { StorageError } from '../../../src/storage/errors.js'
import { events, format, rowsOf, temporaryFolder } from './support.js'

const folder = temporaryFolder()

test('the memory of the library does not grow with what is written and read', async () => {
  const given = events(20_000)
  const bytes = await format.encode(given)
  const path = folder.write('again', bytes)
  const round = async () => {
    await format.encode(given)
    const file = await format.open(path)
    await rowsOf(file, { types: [1] })
    await file.close()
  }
  for (let i = 0; i < 3; i++) await round()
  const { wasmMemory } = await loadParquet()
  const size = () => (wasmMemory() as WebAssembly.Memory).buffer.byteLength
  const before = size()
  // One row group that is not freed is 1.2 MB or more in each round.
  for (let i = 0; i < 6; i++) await round()
  expect(size() - before).toBeLessThan(2 ** 20)
})

test('parts of a file are there from when they are added until they are taken out', async () => {
  const ranges = new LoadedRanges(100)
  const remove = ranges.add(10, Uint8Array.of(1, 2, 3, 4))
  const blob = ranges.blob()
  expect(blob.size).toBe(100)
  expect(new Uint8Array(await blob.slice(5, 50).slice(6, 8).arrayBuffer())).toEqual(Uint8Array.of(2, 3))
  expect(blob.slice(90, 120).size).toBe(10)
  for (const [start, end] of [
    [9, 12],
    [12, 15],
    [50, 51],
  ] as const) {
    expect(() => ranges.copy(start, end)).toThrow(StorageError)
  }
  remove()
  expect(() => ranges.copy(11, 12)).toThrow('bytes 11 to 12 of the file were asked for but not loaded')
})

test('a row group is let go of once it has been read', async () => {
  const held: number[] = []
  const add = LoadedRanges.prototype.add
  LoadedRanges.prototype.add = function (start, bytes) {
    const remove = add.call(this, start, bytes)
    held.push(start)
    return () => {
      held.splice(held.indexOf(start), 1)
      remove()
    }
  }
  try {
    const file = await format.open(folder.write('held', await format.encode(events(20_000))))
    const tail = held.length
    await rowsOf(file)
    expect(held).toHaveLength(tail)
    await file.close()
  } finally {
    LoadedRanges.prototype.add = add
  }
})
