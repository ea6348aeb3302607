import { describe, expect, test } from 'vitest'
import { leastU64, mayMatch, mostU64, typeBits } from '../../../src/storage/cold/parquet/group-summary.js'

const group = {
  rows: 3,
  minSeq: 10n,
  maxSeq: 20n,
  minTimestamp: 1000n,
  maxTimestamp: 2000n,
  minEpisode: 2n ** 63n,
  maxEpisode: 2n ** 64n - 1n,
  types: typeBits(Uint16Array.of(3, 40, 63, 64 + 5, 9), 4),
}

describe('a row group may match', () => {
  test.each([
    [{}, true],
    [{ startSeq: 20 }, true],
    [{ startSeq: 21 }, false],
    [{ endSeq: 10 }, false],
    [{ endSeq: 11 }, true],
    [{ from: 2000 }, true],
    [{ from: 2001 }, false],
    [{ to: 1000 }, false],
    [{ to: 1001 }, true],
    [{ startSeq: 12, endSeq: 13, from: 1500, to: 1501 }, true],
    [{ startSeq: 12, endSeq: 13, from: 2500 }, false],
    [{ episodeId: 2n ** 63n }, true],
    [{ episodeId: 2n ** 63n - 1n }, false],
    [{ episodeId: 2n ** 64n - 1n }, true],
    [{ episodeId: 0n }, false],
    [{ types: [3] }, true],
    [{ types: [40] }, true],
    [{ types: [63] }, true],
    [{ types: [5] }, true],
    [{ types: [8, 9, 35, 31] }, false],
    [{ types: [] }, false],
  ])('%o: %s', (filter, expected) => {
    expect(mayMatch(group, filter)).toBe(expected)
  })
})

test('the least and the greatest of u64 are found by both halves', () => {
  const values = [2n ** 32n, 5n, 2n ** 32n - 1n, 2n ** 64n - 1n, 2n ** 33n + 7n, 3n]
  for (let turn = 0; turn < values.length; turn++) {
    const words = new Uint32Array(BigUint64Array.from(values).buffer)
    expect(leastU64(words, values.length)).toBe(3n)
    expect(mostU64(words, values.length)).toBe(2n ** 64n - 1n)
    values.push(values.shift() as bigint)
  }
})
