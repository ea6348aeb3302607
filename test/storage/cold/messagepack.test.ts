/** MessagePack files: what goes in comes out, filters prune exactly, damage loses one frame and no more. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unpack } from 'msgpackr'
import { afterAll, describe, expect, test } from 'vitest'
import type { StoredEvents } from '../../../src/storage/cold/cold-storage.js'
import { NO_EVENTS } from '../../../src/storage/cold/events.js'
import type { FileDamage, RowFilter } from '../../../src/storage/cold/file-format.js'
import { messagePackFormat as format } from '../../../src/storage/cold/messagepack/format.node.js'
import { FILE_HEADER_BYTES, FRAME_HEADER_BYTES } from '../../../src/storage/cold/messagepack/frame.js'
import { CorruptSegmentError, StorageError } from '../../../src/storage/errors.js'
import { makeCorrections, makeEvents, makeEventsOf, SOME_DAY_US } from '../../../src/testing/events.js'
import { temporaryFolder, upTo } from './support.js'

const folder = temporaryFolder()
afterAll(folder.remove)
mkdirSync(folder.path, { recursive: true })
let files = 0

/** A file of these bytes. */
function fileOf(bytes: Uint8Array): string {
  const path = join(folder.path, `${files++}.messagepack`)
  writeFileSync(path, bytes)
  return path
}

async function read(path: string, filter: RowFilter = {}): Promise<{ rows: StoredEvents[]; damage: FileDamage[] }> {
  const file = await format.open(path)
  try {
    const rows: StoredEvents[] = []
    for await (const events of file.rows(filter)) rows.push(events)
    return { rows, damage: [...file.damage] }
  } finally {
    await file.close()
  }
}

/** Where the frame behind the one at `at` begins. */
function frameBehind(bytes: Uint8Array, at: number): number {
  return Buffer.from(bytes.buffer).indexOf('XPSF', at + 1)
}

function numbersOf(rows: readonly StoredEvents[]): number[] {
  return rows.flatMap(({ seqs }) => [...seqs])
}

test('every bit of records, masks and metadata comes back', async () => {
  const events = makeEventsOf(Float64Array.from([0, 1, 7, 2 ** 32, 2 ** 53 - 2]))
  const masks = Uint8Array.of(0, 1, 15, 8, 3)
  const { rows, damage } = await read(fileOf(await format.encode({ ...events, masks })))
  expect(rows).toEqual([{ ...events, masks }])
  expect(damage).toEqual([])
})

test('metadata without a key and any JSON survive', async () => {
  const kept = new Map([
    [3, { intentType: 'a' }],
    [4, { executorId: 'é', parameters: [1.5, null, true, { deep: { list: [[]] } }, 'x'.repeat(3000), -(2 ** 40)] }],
  ])
  const metadata = (seq: number) => (seq === 3 ? { intentType: 'a', executorId: undefined } : kept.get(seq))
  const { rows } = await read(fileOf(await format.encode(makeEvents(0, 9, { metadata }))))
  expect(rows[0]?.metadata).toEqual(kept)
})

test('a payload is plain MessagePack: columns by name, with the types that NumPy has names for', async () => {
  const bytes = await format.encode(makeEvents(5, 8))
  const payload = unpack(Buffer.from(bytes.subarray(FILE_HEADER_BYTES + FRAME_HEADER_BYTES)))
  expect(Object.keys(payload)).toEqual([
    'seq',
    'event_id',
    'timestamp',
    'episode_id',
    'step_number',
    'event_type',
    'flags',
    'state',
    'action',
    'rewards',
    'adna_version_hash',
    'appraised',
    'metadata',
  ])
  expect(payload.seq).toEqual(['<u8', Buffer.from(BigUint64Array.of(5n, 6n, 7n).buffer)])
  expect(payload.timestamp[1].readBigUInt64LE(8)).toBe(BigInt(SOME_DAY_US + 6 * 3_600_000_000))
  expect(payload.event_type[1].readUInt16LE(0)).toBe(0xffff)
  expect(payload.metadata).toEqual([[2, { intentType: 'intent 7', parameters: { deep: [7, null, 'é', { x: 0.5 }] } }]])
})

test('an empty file has no rows and no damage', async () => {
  expect(await read(fileOf(await format.encode(NO_EVENTS)))).toEqual({ rows: [], damage: [] })
})

describe('a filter', () => {
  const path = (async () => fileOf(await format.encode(makeEvents(100, 5000))))()
  const at = (seq: number) => SOME_DAY_US + seq * 3_600_000_000

  test.each<[string, RowFilter, (seq: number) => boolean]>([
    ['of numbers', { startSeq: 1100, endSeq: 3000 }, (seq) => seq >= 1100 && seq < 3000],
    ['of times', { from: at(2000), to: at(2001) }, (seq) => seq === 2000],
    [
      'of times up to the first of a frame',
      { from: at(1123), to: at(1124) + 1 },
      (seq) => seq === 1123 || seq === 1124,
    ],
    ['of one episode', { episodeId: 2n ** 64n - 1n }, (seq) => seq % 5 === 4],
    ['of an episode that is not there', { episodeId: 7n }, () => false],
    ['of types', { types: [0xffff] }, (seq) => seq % 3 === 2],
    [
      'of everything',
      { startSeq: 200, to: at(4000), episodeId: 1n, types: [0x200] },
      (seq) => {
        return seq >= 200 && seq < 4000 && seq % 15 === 0
      },
    ],
  ])('%s finds exactly those', async (_, filter, meets) => {
    expect(numbersOf((await read(await path, filter)).rows)).toEqual(upTo(5000, 100).filter(meets))
  })

  test('of a narrow range reads the frames that may have it, and no other', async () => {
    const events = makeEvents(0, 4096)
    const bytes = await format.encode(events)
    // Every payload but the second one's is destroyed.
    const second = frameBehind(bytes, FILE_HEADER_BYTES)
    const third = frameBehind(bytes, second)
    bytes.fill(0, FILE_HEADER_BYTES + FRAME_HEADER_BYTES, second)
    bytes.fill(0, third + FRAME_HEADER_BYTES, third + 5000)
    const file = fileOf(bytes)
    expect(await read(file, { from: at(1500), to: at(1510) })).toMatchObject({ damage: [] })
    expect(numbersOf((await read(file, { startSeq: 1500, endSeq: 1510 })).rows)).toEqual(upTo(1510, 1500))
  })

  test('that is aborted rejects with the reason', async () => {
    const file = await format.open(await path)
    const reading = file.rows({}, AbortSignal.abort(new Error('enough')))[Symbol.asyncIterator]()
    await expect(reading.next()).rejects.toThrow('enough')
    await file.close()
  })
})

describe('damage', () => {
  const events = makeEvents(0, 3000, { metadata: () => undefined })

  test('in a payload loses that frame alone and says where', async () => {
    const bytes = await format.encode(events)
    const second = frameBehind(bytes, FILE_HEADER_BYTES)
    bytes[second + 900] = (bytes[second + 900] as number) ^ 1
    const path = fileOf(bytes)
    const { rows, damage } = await read(path)
    expect(numbersOf(rows)).toEqual([...upTo(1024), ...upTo(3000, 2048)])
    expect(damage).toEqual([
      { file: path, offset: second + FRAME_HEADER_BYTES, what: expect.stringContaining('events 1024 to 2047') },
    ])
  })

  test('in the header of a frame loses that frame alone', async () => {
    const bytes = await format.encode(events)
    const second = frameBehind(bytes, FILE_HEADER_BYTES)
    bytes[second + 5] = (bytes[second + 5] as number) ^ 4
    const { rows, damage } = await read(fileOf(bytes))
    expect(numbersOf(rows)).toEqual([...upTo(1024), ...upTo(3000, 2048)])
    expect(damage).toMatchObject([{ offset: second }])
  })

  test('of any single bit is noticed, and every row that comes back is right', async () => {
    const small = makeEvents(0, 3, { metadata: () => undefined })
    const bytes = await format.encode(small)
    const path = fileOf(bytes)
    for (let at = 0; at < bytes.length; at++) {
      const damaged = bytes.slice()
      damaged[at] = (damaged[at] as number) ^ (1 << (at % 8))
      writeFileSync(path, damaged)
      const found = await read(path).catch((error) => error)
      if (found instanceof Error) {
        expect(found).toBeInstanceOf(CorruptSegmentError)
        continue
      }
      expect(found.damage.length, `byte ${at}`).toBe(1)
      for (const rows of found.rows) expect(rows).toEqual(small)
    }
  })

  test('a file that is cut off anywhere gives its whole frames and says that the rest is missing', async () => {
    const bytes = await format.encode(events)
    const path = fileOf(bytes)
    for (let size = 0; size < bytes.length; size += 8_191) {
      writeFileSync(path, bytes.subarray(0, size))
      if (size < FILE_HEADER_BYTES) {
        await expect(format.open(path)).rejects.toThrow(CorruptSegmentError)
        continue
      }
      const { rows, damage } = await read(path)
      expect(numbersOf(rows)).toEqual(upTo(rows.length * 1024))
      expect(damage.length).toBe(1)
    }
    const third = Buffer.from(bytes.buffer).lastIndexOf('XPSF')
    writeFileSync(path, bytes.subarray(0, third))
    expect((await read(path)).damage).toMatchObject([{ offset: third, what: 'the file ends after 2 of 3 frames' }])
  })

  test('the frames of a file whose header is lost are found', async () => {
    const bytes = await format.encode(events)
    bytes.fill(0, 0, FILE_HEADER_BYTES)
    const { rows, damage } = await read(fileOf(bytes))
    expect(numbersOf(rows)).toEqual(upTo(3000))
    expect(damage).toMatchObject([{ offset: 0 }])
  })

  test('a file that is something else is refused', async () => {
    const path = fileOf(Buffer.from('PAR1 and so on, for quite a while, so that there is room for headers, and more'))
    await expect(format.open(path)).rejects.toThrow(CorruptSegmentError)
    await expect(format.open(path)).rejects.toThrow('no file of events')
    const corrections = fileOf(await format.encodeCorrections(makeCorrections([[1, 0, 1]])))
    await expect(format.open(corrections)).rejects.toThrow('its kind is 2, not events')
    await expect(format.open(join(folder.path, 'nowhere.messagepack'))).rejects.toThrow(StorageError)
  })
})

describe('corrections', () => {
  const entries = upTo(3000).map((i) => [i * 3, i % 4, i / 8] as [number, number, number])

  test('come back as they were', async () => {
    const list = makeCorrections(entries)
    list.flags[5] = 0xffff
    expect(await format.decodeCorrections(await format.encodeCorrections(list), 'x')).toEqual(list)
  })

  test('that are damaged anywhere are refused, since a lost one would be a lost reward', async () => {
    const bytes = await format.encodeCorrections(makeCorrections(entries.slice(0, 4)))
    for (let at = 0; at < bytes.length; at++) {
      const damaged = bytes.slice()
      damaged[at] = (damaged[at] as number) ^ 16
      await expect(format.decodeCorrections(damaged, 'the.file')).rejects.toThrow(/^the\.file is damaged at byte/)
      await expect(format.decodeCorrections(bytes.subarray(0, at), 'the.file')).rejects.toThrow(CorruptSegmentError)
    }
  })
})
