/**
 * The seal of our Parquet files: checksums of all of a file's bytes and a summary of each row group. It stands between
 * the data and the footer, where the format lets anything stand and other readers never look.
 *
 *     PAR1 │ row groups │ indexes of Parquet │ seal │ footer │ length of the footer, u32 │ PAR1
 *
 * The seal, little-endian:
 *
 *     groups × GROUP_BYTES   u64 end of its bytes, u32 rows, u32 CRC-32 of its bytes, u64 set of types mod 64, then u64
 *                            least and greatest seq, timestamp, episode
 *     TAIL_BYTES              0 u32 magic `XPSP`     8 u32 groups               16 u32 CRC-32 of the indexes of Parquet
 *                             4 u16 version         12 u32 bytes of the footer  20 u32 CRC-32 of all behind the seal
 *                             6 u16 kind of file                                24 u32 CRC-32 of the seal before it
 *
 * So a reader notices every damaged byte before it decodes one, which the format by itself does not provide for. A row
 * group is read whole or not at all, hence one checksum for each.
 *
 * @module
 */

import { crc32 } from 'node:zlib'
import { CorruptSegmentError } from '../../errors.js'
import { FIRST_GROUP } from './encoder.js'
import type { GroupSummary } from './group-summary.js'

/** What rows a file holds. */
export const SealKind = { EVENTS: 1, CORRECTIONS: 2 } as const
export type SealKind = (typeof SealKind)[keyof typeof SealKind]

/** A row group, where its bytes are, and their checksum. */
export interface SealedGroup extends GroupSummary {
  readonly start: number
  readonly end: number
  readonly crc32: number
}

/** What a seal says. */
export interface Seal {
  readonly groups: readonly SealedGroup[]
  /** The indexes of Parquet: what stands between the row groups and the seal. */
  readonly indexes: { readonly start: number; readonly end: number; readonly crc32: number }
}

/** Of the file's end: the length of the footer and the letters of the format. */
export const TRAILER_BYTES = 8
/** A longer footer is taken for damage; one of ours has about 2.5 KB a row group. */
export const LONGEST_FOOTER = 64 * 1024 * 1024
const MAGIC = 0x50535058
const VERSION = 1
const GROUP_BYTES = 72
export const TAIL_BYTES = 28
/** `PAR1` read as a little-endian u32. */
const PARQUET_MAGIC = 0x31524150

/** Bytes of a seal. */
export function sealBytes(groups: number): number {
  return groups * GROUP_BYTES + TAIL_BYTES
}

/**
 * Seals a Parquet file, whose bytes are `file` but for the last ones, which are room for the seal.
 *
 * @param ends where the bytes of each row group end
 */
export function seal(
  file: Uint8Array,
  kind: SealKind,
  ends: readonly number[],
  groups: readonly GroupSummary[],
): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const length = file.length - sealBytes(groups.length)
  const footerBytes = view.getUint32(length - TRAILER_BYTES, true)
  const start = length - TRAILER_BYTES - footerBytes
  const end = start + sealBytes(groups.length)
  file.copyWithin(end, start, length)
  let from = FIRST_GROUP
  let at = start
  groups.forEach((group, i) => {
    const to = ends[i] as number
    putGroup(view, at, to, crc32(file.subarray(from, to)), group)
    from = to
    at += GROUP_BYTES
  })
  view.setUint32(at, MAGIC, true)
  view.setUint16(at + 4, VERSION, true)
  view.setUint16(at + 6, kind, true)
  view.setUint32(at + 8, groups.length, true)
  view.setUint32(at + 12, footerBytes, true)
  view.setUint32(at + 16, crc32(file.subarray(from, start)), true)
  view.setUint32(at + 20, crc32(file.subarray(end)), true)
  view.setUint32(at + 24, crc32(file.subarray(start, at + 24)), true)
  return file
}

function putGroup(view: DataView, at: number, end: number, checksum: number, group: GroupSummary): void {
  view.setBigUint64(at, BigInt(end), true)
  view.setUint32(at + 8, group.rows, true)
  view.setUint32(at + 12, checksum, true)
  const values = [
    group.types,
    group.minSeq,
    group.maxSeq,
    group.minTimestamp,
    group.maxTimestamp,
    group.minEpisode,
    group.maxEpisode,
  ]
  values.forEach((value, i) => {
    view.setBigUint64(at + 16 + 8 * i, value, true)
  })
}

/** Bytes of the footer, from the last TRAILER_BYTES of a file of `size`. @throws {CorruptSegmentError} */
export function footerLength(trailer: Uint8Array, size: number, path: string): number {
  const view = new DataView(trailer.buffer, trailer.byteOffset, trailer.byteLength)
  if (trailer.length < TRAILER_BYTES || view.getUint32(4, true) !== PARQUET_MAGIC) {
    throw new CorruptSegmentError(path, Math.max(0, size - 4), 'it does not end as a Parquet file does')
  }
  const length = view.getUint32(0, true)
  const most = Math.min(LONGEST_FOOTER, size - TRAILER_BYTES - TAIL_BYTES - FIRST_GROUP)
  if (length > most) {
    throw new CorruptSegmentError(path, size - TRAILER_BYTES, `its footer has ${length} bytes, it can have ${most}`)
  }
  return length
}

/** Where the seal begins, from its last TAIL_BYTES, which end at `sealEnd`. @throws {CorruptSegmentError} */
export function sealStart(tail: Uint8Array, sealEnd: number, kind: SealKind, path: string): number {
  const view = new DataView(tail.buffer, tail.byteOffset, TAIL_BYTES)
  const at = sealEnd - TAIL_BYTES
  if (view.getUint32(0, true) !== MAGIC) {
    throw new CorruptSegmentError(
      path,
      at,
      'there is no seal before its footer: damaged, or not a file of this package',
    )
  }
  const version = view.getUint16(4, true)
  if (version !== VERSION) throw new CorruptSegmentError(path, at, `its seal is of version ${version}, not ${VERSION}`)
  const found = view.getUint16(6, true)
  if (found !== kind) throw new CorruptSegmentError(path, at, `it holds rows of kind ${found}, not ${kind}`)
  const start = at - view.getUint32(8, true) * GROUP_BYTES
  if (start >= FIRST_GROUP) return start
  throw new CorruptSegmentError(path, at, 'its seal has more row groups than its length allows')
}

/** Reads the seal from a file's bytes from `start` on to the end of the file. @throws {CorruptSegmentError} */
export function readSeal(bytes: Uint8Array, start: number, path: string): Seal {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const footer = view.getUint32(bytes.length - TRAILER_BYTES, true)
  const length = bytes.length - TRAILER_BYTES - footer
  const tail = length - TAIL_BYTES
  if (crc32(bytes.subarray(0, tail + 24)) !== view.getUint32(tail + 24, true)) {
    throw new CorruptSegmentError(path, start, 'the checksum of its seal is wrong')
  }
  if (crc32(bytes.subarray(length)) !== view.getUint32(tail + 20, true)) {
    throw new CorruptSegmentError(path, start + length, 'the checksum of its footer is wrong')
  }
  const groups: SealedGroup[] = []
  const count = view.getUint32(tail + 8, true)
  for (let i = 0, from = FIRST_GROUP; i < count; i++) {
    const group = getGroup(view, i * GROUP_BYTES, from)
    groups.push(group)
    from = group.end
  }
  const dataEnd = groups.at(-1)?.end ?? FIRST_GROUP
  return { groups, indexes: { start: dataEnd, end: start, crc32: view.getUint32(tail + 16, true) } }
}

function getGroup(view: DataView, at: number, start: number): SealedGroup {
  const value = (i: number) => view.getBigUint64(at + 16 + 8 * i, true)
  return {
    start,
    end: Number(view.getBigUint64(at, true)),
    rows: view.getUint32(at + 8, true),
    crc32: view.getUint32(at + 12, true),
    types: value(0),
    minSeq: value(1),
    maxSeq: value(2),
    minTimestamp: value(3),
    maxTimestamp: value(4),
    minEpisode: value(5),
    maxEpisode: value(6),
  }
}
