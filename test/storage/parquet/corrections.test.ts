import { expect, test } from 'vitest'
import { InvalidArgumentError } from '../../../src/errors.js'
import { CorruptSegmentError } from '../../../src/storage/errors.js'
import { type CorrectionList, CorrectionMerger } from '../../../src/storage/journal/corrections.js'
import { format } from './support.js'

function corrections(n: number): CorrectionList {
  const merger = new CorrectionMerger()
  for (let i = 0; i < n; i++) {
    const rewards = [i + 0.5, -i, i * 1e-30, 3e38]
    merger.add(i * 1_000_003, i % 65_536, i % 256, i % 16, rewards)
  }
  return merger.list()
}

test.each([1, 9999, 10_000, 25_001])('%i corrections come back as they were', async (n) => {
  const list = corrections(n)
  const bytes = await format.encodeCorrections(list)
  expect(await format.decodeCorrections(bytes, 'file')).toEqual(list)
})

test('least and greatest values come back', async () => {
  const list: CorrectionList = {
    length: 2,
    seqs: Float64Array.of(0, 2 ** 53 - 2),
    flags: Uint16Array.of(0, 65_535),
    masks: Uint8Array.of(0, 255),
    slots: Uint8Array.of(0, 15),
    rewards: Float32Array.of(0, 0, 0, 0, 3.4028234663852886e38, -0, 1.401298464324817e-45, 0.1),
  }
  const found = await format.decodeCorrections(await format.encodeCorrections(list), 'file')
  expect(found).toEqual(list)
  expect(Object.is(found.rewards[5], -0)).toBe(true)
})

test('none are refused', async () => {
  await expect(format.encodeCorrections(corrections(0))).rejects.toThrow(InvalidArgumentError)
})

test('with a bit flipped anywhere, the file is refused by name', async () => {
  const bytes = await format.encodeCorrections(corrections(20))
  for (let at = 0; at < bytes.length; at += 5) {
    const before = bytes[at] as number
    bytes[at] = before ^ (1 << (at % 8))
    const error = await format.decodeCorrections(bytes, 'late.parquet').catch((e: unknown) => e)
    expect(error, `at ${at}`).toBeInstanceOf(CorruptSegmentError)
    expect((error as Error).message).toContain('late.parquet')
    bytes[at] = before
  }
})
