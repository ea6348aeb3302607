import { describe, expect, test } from 'vitest'
import { ClosedError, InvalidArgumentError } from '../../../src/errors.js'
import type { StoredEvents } from '../../../src/storage/cold/cold-storage.js'
import type { RowFilter } from '../../../src/storage/cold/file-format.js'
import { encodeRows } from '../../../src/storage/cold/parquet/encoder.js'
import { RowGroup } from '../../../src/storage/cold/parquet/row-group.js'
import { CORRECTION_COLUMNS } from '../../../src/storage/cold/parquet/schema.js'
import { StorageError } from '../../../src/storage/errors.js'
import {
  asMap,
  episodeOf,
  events,
  extremeEvents,
  format,
  RECORD_BYTES,
  rowsOf,
  temporaryFolder,
  timestampOf,
  typeOf,
} from './support.js'

const folder = temporaryFolder()

async function roundTrip(name: string, given: StoredEvents, filter?: RowFilter): Promise<Map<number, string>> {
  const file = await format.open(folder.write(name, await format.encode(given)))
  try {
    return await rowsOf(file, filter)
  } finally {
    expect(file.damage).toEqual([])
    await file.close()
  }
}

test('what was written is read back, bit for bit, over several row groups and with metadata', async () => {
  const given = events(23_456, 100, 17)
  expect(await roundTrip('many', given)).toEqual(asMap(given))
})

test('least and greatest values of every field come back', async () => {
  const given = extremeEvents()
  expect(await roundTrip('extreme', given)).toEqual(asMap(given))
})

test('one event is a file', async () => {
  const given = events(1, 1)
  expect(await roundTrip('one', given)).toEqual(asMap(given))
})

test('exactly one and exactly two row groups have no empty one behind them', async () => {
  for (const n of [10_000, 20_000]) {
    const given = events(n)
    const file = await format.open(folder.write('even', await format.encode(given)))
    const lengths: number[] = []
    for await (const batch of file.rows({})) lengths.push(batch.length)
    expect(lengths).toEqual(Array(n / 10_000).fill(10_000))
    await file.close()
  }
})

test('events come out of records that begin at any byte of a buffer', async () => {
  const given = events(50)
  const buffer = new Uint8Array(50 * RECORD_BYTES + 3)
  buffer.set(given.bytes, 3)
  expect(await roundTrip('odd', { ...given, bytes: buffer.subarray(3) })).toEqual(asMap(given))
})

test('batches of any size give the same file as all events at once', async () => {
  const given = events(21_000, 1000)
  const part = (from: number, to: number): StoredEvents => ({
    length: to - from,
    seqs: given.seqs.subarray(from, to),
    bytes: given.bytes.subarray(from * RECORD_BYTES, to * RECORD_BYTES),
    masks: given.masks.subarray(from, to),
    metadata: given.metadata,
  })
  async function* batches() {
    for (const [from, to] of [
      [0, 1],
      [1, 9999],
      [9999, 9999],
      [9999, 20_500],
      [20_500, 21_000],
    ] as const) {
      yield part(from, to)
    }
  }
  expect(Buffer.from(await format.encode(batches())).equals(await format.encode(given))).toBe(true)
})

test('what goes wrong while events are fetched is passed on, at the first batch and later, and the source is closed', async () => {
  for (const good of [0, 1, 3]) {
    let closed = false
    async function* broken() {
      try {
        for (let i = 0; i < good; i++) yield events(10_000, Infinity, i * 10_000)
        throw new RangeError('the source broke')
      } finally {
        closed = true
      }
    }
    await expect(format.encode(broken())).rejects.toThrow(new RangeError('the source broke'))
    expect(closed).toBe(true)
  }
})

test('a file of no events is refused', async () => {
  await expect(format.encode(events(0))).rejects.toThrow(InvalidArgumentError)
  await expect(format.encode(events(0))).rejects.toThrow('events must hold at least one row, got 0')
})

test('events that do not ascend are refused, within a batch and between two', async () => {
  const same = { ...events(3), seqs: Float64Array.of(1, 2, 2) }
  await expect(format.encode(same)).rejects.toThrow('events must ascend, with a number above 2, got 2')
  async function* batches() {
    yield events(20_000, Infinity, 100)
    yield events(10, Infinity, 50)
  }
  await expect(format.encode(batches())).rejects.toThrow('events must ascend, with a number above 20099, got 50')
})

test('large metadata makes smaller row groups, all of one size, and comes back', async () => {
  const given = events(700)
  const parameters = 'x'.repeat(64 * 1024)
  const metadata = new Map(Array.from(given.seqs, (seq) => [seq, { intentType: String(seq), parameters }] as const))
  const file = await format.open(folder.write('large', await format.encode({ ...given, metadata })))
  const lengths: number[] = []
  for await (const batch of file.rows({})) {
    lengths.push(batch.length)
    for (const seq of batch.seqs) expect(batch.metadata.get(seq)).toEqual(metadata.get(seq))
  }
  expect(lengths).toEqual([256, 256, 188])
  await file.close()
})

test('a row group with more metadata than can be encoded is refused', () => {
  const group = new RowGroup(1000)
  expect(group.take(events(9), 0)).toBe(9)
  const refused = () => group.take(events(900, 10, 9), 0)
  expect(refused).toThrow(StorageError)
  expect(refused).toThrow('the metadata of 10000 events takes more than 1000 bytes')
})

test('a source is closed also where it is not to blame', async () => {
  let closed = false
  async function* batches() {
    try {
      yield { length: 1, columns: [] }
      yield { length: 1, columns: [] }
    } finally {
      closed = true
    }
  }
  await expect(encodeRows(CORRECTION_COLUMNS, batches())).rejects.toThrow(TypeError)
  expect(closed).toBe(true)
})

test('files may be made side by side', async () => {
  const [a, b, c] = [events(15_000), events(3, 1, 5), extremeEvents()]
  const files = await Promise.all([a, b, c].map((given) => format.encode(given)))
  for (const [i, given] of [a, b, c].entries()) {
    expect(Buffer.from(files[i] as Uint8Array).equals(await format.encode(given))).toBe(true)
  }
})

describe('a filter finds exactly the rows that meet it', () => {
  const given = events(25_000, 500, 1000)
  // The last third comes late: its times lie before those of the others.
  const view = new DataView(given.bytes.buffer)
  for (let i = 17_000; i < 25_000; i++) {
    const at = i * RECORD_BYTES + 16
    view.setBigUint64(at, view.getBigUint64(at, true) - 1_000_000_000n, true)
  }
  const time = (i: number) => timestampOf(given, i)
  const cases: [string, RowFilter, (i: number) => boolean][] = [
    ['sequence numbers', { startSeq: 9000, endSeq: 12_345 }, (i) => i >= 8000 && i < 11_345],
    ['from a sequence number on', { startSeq: 25_999 }, (i) => i === 24_999],
    ['a time range', { from: time(100), to: time(12_000) }, (i) => time(i) >= time(100) && time(i) < time(12_000)],
    ['one µs', { from: time(5000), to: time(5000) + 1 }, (i) => time(i) === time(5000)],
    ['an episode', { episodeId: 60n }, (i) => episodeOf(given, i) === 60n],
    ['types', { types: [1, 5, 70] }, (i) => [1, 5].includes(typeOf(given, i))],
    ['no types', { types: [] }, () => false],
    ['a type that is not there but shares a bit of the summary', { types: [64] }, () => false],
    [
      'all of them together',
      { startSeq: 2000, endSeq: 20_000, from: time(3000), to: time(15_000), episodeId: 40n, types: [0, 1, 2] },
      (i) => {
        const inside = i >= 1000 && i < 19_000 && time(i) >= time(3000) && time(i) < time(15_000)
        return inside && episodeOf(given, i) === 40n && [0, 1, 2].includes(typeOf(given, i))
      },
    ],
    ['nothing', { startSeq: 30_000 }, () => false],
    ['an empty range', { from: time(9), to: time(9) }, () => false],
  ]
  test.each(cases)('%s', async (name, filter, wanted) => {
    const expected = asMap(given, wanted)
    expect(await roundTrip(`filter ${name}`.replaceAll(' ', '-'), given, filter)).toEqual(expected)
  })

  test('an episode whose number is 2^64 − 1', async () => {
    const extreme = extremeEvents()
    const episodeId = 2n ** 64n - 1n
    expect(await roundTrip('greatest', extreme, { episodeId })).toEqual(asMap(extreme, (i) => i === 1))
    // The third one has the same low half.
    expect(await roundTrip('least', extreme, { episodeId: 0n })).toEqual(asMap(extreme, (i) => i === 0))
  })
})

test('iterations side by side do not disturb each other, and close waits for what they read', async () => {
  const given = events(30_000)
  const file = await format.open(folder.write('parallel', await format.encode(given)))
  const all = await Promise.all([rowsOf(file), rowsOf(file, { startSeq: 15_000 }), rowsOf(file, { types: [1] })])
  expect(all[0]).toEqual(asMap(given))
  expect(all[1]).toEqual(asMap(given, (i) => i >= 15_000))
  expect(all[2]).toEqual(asMap(given, (i) => typeOf(given, i) === 1))
  const reading = file.rows({})[Symbol.asyncIterator]().next()
  const closing = file.close()
  expect((await reading).value?.length).toBe(10_000)
  await closing
  await file.close()
  await expect(rowsOf(file)).rejects.toThrow(ClosedError)
})

test('an aborted iteration stops before the next row group', async () => {
  const file = await format.open(folder.write('aborted', await format.encode(events(30_000))))
  const controller = new AbortController()
  let rows = 0
  const read = async () => {
    for await (const batch of file.rows({}, controller.signal)) {
      rows += batch.length
      controller.abort(new Error('enough'))
    }
  }
  await expect(read()).rejects.toThrow('enough')
  expect(rows).toBe(10_000)
  await file.close()
})
