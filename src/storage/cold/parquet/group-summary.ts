/**
 * What is known of a row group without reading it, and whether a filter can find anything there. Parquet's own
 * statistics say the same of numbers; the set of types says more, since codes interleave.
 *
 * @module
 */

import type { RowFilter } from '../file-format.js'

/** Least and greatest values of the rows, both included. */
export interface GroupSummary {
  readonly rows: number
  readonly minSeq: bigint
  readonly maxSeq: bigint
  /** Unix µs. */
  readonly minTimestamp: bigint
  readonly maxTimestamp: bigint
  readonly minEpisode: bigint
  readonly maxEpisode: bigint
  /** Bit `code mod 64` of each type that occurs. */
  readonly types: bigint
}

/** False only if no row of the group meets the filter. */
export function mayMatch(group: GroupSummary, filter: RowFilter): boolean {
  const { startSeq, endSeq, from, to, episodeId, types } = filter
  if (startSeq !== undefined && group.maxSeq < startSeq) return false
  if (endSeq !== undefined && group.minSeq >= endSeq) return false
  if (from !== undefined && group.maxTimestamp < from) return false
  if (to !== undefined && group.minTimestamp >= to) return false
  if (episodeId !== undefined && (episodeId < group.minEpisode || episodeId > group.maxEpisode)) return false
  return types === undefined || types.some((code) => (group.types & typeBit(code)) !== 0n)
}

function typeBit(code: number): bigint {
  return 1n << BigInt(code % 64)
}

/** The set of the types of the first `n` rows. */
export function typeBits(codes: Uint16Array, n: number): bigint {
  let low = 0
  let high = 0
  for (let i = 0; i < n; i++) {
    const code = codes[i] as number
    if ((code & 32) === 0) low |= 1 << (code & 31)
    else high |= 1 << (code & 31)
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

/** The least of the first `n` u64, each two u32 with the low half first. */
export function leastU64(words: Uint32Array, n: number): bigint {
  let low = words[0] as number
  let high = words[1] as number
  for (let i = 1; i < n; i++) {
    const h = words[2 * i + 1] as number
    const l = words[2 * i] as number
    if (h < high || (h === high && l < low)) {
      high = h
      low = l
    }
  }
  return (BigInt(high) << 32n) | BigInt(low)
}

/** The greatest of them. */
export function mostU64(words: Uint32Array, n: number): bigint {
  let low = words[0] as number
  let high = words[1] as number
  for (let i = 1; i < n; i++) {
    const h = words[2 * i + 1] as number
    const l = words[2 * i] as number
    if (h > high || (h === high && l > low)) {
      high = h
      low = l
    }
  }
  return (BigInt(high) << 32n) | BigInt(low)
}
