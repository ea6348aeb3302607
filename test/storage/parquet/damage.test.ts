import { mkdirSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { CorruptSegmentError, StorageError } from '../../../src/storage/errors.js'
import { asMap, events, format, rowsOf, temporaryFolder } from './support.js'

const folder = temporaryFolder()

async function readAll(name: string, bytes: Uint8Array) {
  const file = await format.open(folder.write(name, bytes))
  try {
    return { rows: await rowsOf(file), damage: file.damage }
  } finally {
    await file.close()
  }
}

describe('a small file', () => {
  const given = events(40, 10)
  let bytes = new Uint8Array(0)
  beforeAll(async () => {
    bytes = new Uint8Array(await format.encode(given))
  })

  test('cut off anywhere, it is refused', async () => {
    for (let length = 0; length < bytes.length; length += length < 500 || length > bytes.length - 500 ? 3 : 23) {
      const path = folder.write('cut', bytes.subarray(0, length))
      const error = await format.open(path).catch((e: unknown) => e)
      expect(error, `at ${length}`).toBeInstanceOf(CorruptSegmentError)
      expect((error as CorruptSegmentError).details.file).toBe(path)
    }
  })

  test('with a bit flipped anywhere, no row of it is accepted and the place is named', async () => {
    const untouched = bytes.slice()
    const opened = { refused: 0, reported: 0 }
    for (let at = 0; at < bytes.length; at += 5) {
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8))
      const found = await readAll('flipped', bytes).catch((e: unknown) => e as CorruptSegmentError)
      bytes[at] = untouched[at] as number
      if (found instanceof Error) {
        expect(found, `at ${at}`).toBeInstanceOf(CorruptSegmentError)
        opened.refused++
      } else {
        expect(found.rows.size, `at ${at}`).toBe(0)
        expect(found.damage.length, `at ${at}`).toBe(1)
        expect(found.damage[0]?.file).toBe(folder.path('flipped'))
        expect(found.damage[0]?.what).toContain('row group 0, 40 events from 0 to 39')
        opened.reported++
      }
    }
    expect(opened.refused).toBeGreaterThan(500)
    expect(opened.reported).toBeGreaterThan(500)
    expect(opened.refused + opened.reported).toBe(Math.ceil(bytes.length / 5))
  })

  test('with bytes behind it, it is refused', async () => {
    const longer = new Uint8Array(bytes.length + 4)
    longer.set(bytes)
    await expect(readAll('longer', longer)).rejects.toThrow(CorruptSegmentError)
  })

  test('with a length of the footer that is not its own, it is refused before anything of that size is read', async () => {
    for (const length of [0, 1, bytes.length - 39, bytes.length, 2 ** 31, 2 ** 32 - 1]) {
      const wrong = bytes.slice()
      new DataView(wrong.buffer).setUint32(wrong.length - 8, length, true)
      const why = length > 1 ? `its footer has ${length} bytes, it can have` : 'there is no seal before its footer'
      await expect(readAll('footer', wrong)).rejects.toThrow(why)
    }
  })
})

test('damage in one row group loses only its rows, and is told once', async () => {
  const given = events(30_000)
  const bytes = new Uint8Array(await format.encode(given))
  const middle = Math.floor(bytes.length / 2)
  bytes[middle] = (bytes[middle] as number) ^ 1
  const file = await format.open(folder.write('middle', bytes))
  const expected = asMap(given, (i) => i < 10_000 || i >= 20_000)
  expect(await rowsOf(file)).toEqual(expected)
  expect(await rowsOf(file)).toEqual(expected)
  expect(file.damage).toHaveLength(1)
  const [damage] = file.damage
  expect(damage?.what).toContain('row group 1, 10000 events from 10000 to 19999')
  expect(Math.abs((damage?.offset ?? 0) - bytes.length / 3)).toBeLessThan(20_000)
  await file.close()
})

test('row groups that a filter rules out are not read at all', async () => {
  const given = events(30_000)
  const bytes = new Uint8Array(await format.encode(given))
  for (const at of [0.1, 0.8]) bytes.fill(0, at * bytes.length, (at + 0.1) * bytes.length)
  const file = await format.open(folder.write('pruned', bytes))
  const times = { from: 1_699_920_000_000_000 + 950e6, to: 1_699_920_000_000_000 + 1600e6 }
  for (const filter of [{ startSeq: 10_000, endSeq: 20_000 }, { episodeId: 80n }, times]) {
    expect((await rowsOf(file, filter)).size).toBeGreaterThan(50)
    expect(file.damage).toEqual([])
  }
  expect((await rowsOf(file, { types: [8, 63] })).size).toBe(0)
  expect(file.damage).toEqual([])
  expect((await rowsOf(file)).size).toBe(10_000)
  expect(file.damage).toHaveLength(2)
  await file.close()
})

test('what is no Parquet file, or not one of ours, is refused by name', async () => {
  const noise = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251)
  const ending = new Uint8Array(5000)
  ending.set(new TextEncoder().encode('PAR1'), 4996)
  ending[4992] = 100
  for (const [name, bytes] of [
    ['noise', noise],
    ['nothing', noise.subarray(0, 0)],
    ['ending', ending],
  ] as const) {
    const refusal = format.open(folder.write(name, bytes))
    await expect(refusal).rejects.toThrow(CorruptSegmentError)
    await expect(refusal).rejects.toThrow(folder.path(name))
  }
})

test('a file of corrections is no event file, and the other way round', async () => {
  const list = {
    length: 1,
    seqs: Float64Array.of(5),
    flags: Uint16Array.of(1),
    masks: Uint8Array.of(1),
    slots: Uint8Array.of(1),
    rewards: Float32Array.of(1, 0, 0, 0),
  }
  const corrections = await format.encodeCorrections(list)
  await expect(format.open(folder.write('kind', corrections))).rejects.toThrow('it holds rows of kind 2, not 1')
  const refusal = format.decodeCorrections(await format.encode(events(5)), 'some file')
  await expect(refusal).rejects.toThrow('some file is damaged at byte')
})

test('a file that is not there, or is a folder, is a StorageError with the cause of the system', async () => {
  mkdirSync(folder.path('folder'))
  for (const [name, code] of [
    ['missing', 'ENOENT'],
    ['folder', 'EISDIR'],
  ] as const) {
    const error = await format.open(folder.path(name)).catch((e: unknown) => e as StorageError)
    expect(error).toBeInstanceOf(StorageError)
    expect((error as StorageError).message).toContain(folder.path(name))
    expect((error as StorageError).details).toMatchObject({ file: folder.path(name), code })
    expect((error as StorageError).cause).toBeInstanceOf(Error)
  }
})
