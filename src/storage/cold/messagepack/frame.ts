/**
 * The framing of MessagePack files, version 1. All integers are little-endian; u64 values are below 2^53 but episodes.
 *
 * A file is a header of FILE_HEADER_BYTES and then frames, each a header of FRAME_HEADER_BYTES and the payload: one plain
 * MessagePack value, described in `columns.ts`. A damaged frame loses only itself: the next one is found by its magic and
 * the checksum of its header.
 *
 *     File header                    Frame header
 *      0 u32 magic `XPSM`             0 u32 magic `XPSF`              32 u64 least timestamp, µs
 *      4 u16 version                  4 u32 bytes of the payload      40 u64 largest timestamp, µs
 *      6 u16 kind                     8 u32 entries                   48 u64 least episode
 *      8 u32 frames                  12 u32 CRC-32 of the payload     56 u64 largest episode
 *     12 u32 zero                    16 u64 first sequence number     64 u32 zero
 *     16 u64 entries of all frames   24 u64 last sequence number      68 u32 CRC-32 of [0, 68)
 *     24 u32 zero
 *     28 u32 CRC-32 of [0, 28)
 *
 * In a file of corrections timestamps and episodes are 0.
 *
 * @module
 */

import type { Crc32 } from '../../journal/crc32.js'

export const FILE_VERSION = 1
export const FILE_HEADER_BYTES = 32
export const FRAME_HEADER_BYTES = 72
/** `XPSM` read as a little-endian u32. */
export const FILE_MAGIC = 0x4d535058
/** The bytes of `XPSF`, with which each frame begins. */
export const FRAME_MAGIC = Uint8Array.of(0x58, 0x50, 0x53, 0x46)
export const EVENTS = 1
export const CORRECTIONS = 2

const FRAME_MAGIC_NUMBER = 0x46535058
const FILE_CRC = 28
const FRAME_CRC = 68

/** What the header of a file says. */
export interface FileHeader {
  readonly version: number
  readonly kind: number
  readonly frames: number
  readonly count: number
}

/** What the header of a frame says. Ranges are inclusive. */
export interface FrameHeader {
  readonly payloadBytes: number
  readonly count: number
  readonly crc: number
  readonly firstSeq: number
  readonly lastSeq: number
  readonly fromUs: number
  readonly toUs: number
  readonly leastEpisode: bigint
  readonly largestEpisode: bigint
}

/** The bytes of a file's header. */
export function encodeFileHeader(header: FileHeader, crc: Crc32): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, FILE_MAGIC, true)
  view.setUint16(4, header.version, true)
  view.setUint16(6, header.kind, true)
  view.setUint32(8, header.frames, true)
  view.setBigUint64(16, BigInt(header.count), true)
  view.setUint32(FILE_CRC, crc(bytes.subarray(0, FILE_CRC)), true)
  return bytes
}

/** The header in the first bytes of a file, or undefined if they are none. */
export function decodeFileHeader(bytes: Uint8Array, crc: Crc32): FileHeader | undefined {
  if (bytes.length < FILE_HEADER_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, FILE_HEADER_BYTES)
  if (view.getUint32(0, true) !== FILE_MAGIC) return undefined
  if (view.getUint32(FILE_CRC, true) !== crc(bytes.subarray(0, FILE_CRC))) return undefined
  return {
    version: view.getUint16(4, true),
    kind: view.getUint16(6, true),
    frames: view.getUint32(8, true),
    count: Number(view.getBigUint64(16, true)),
  }
}

/** The bytes of a frame's header. */
export function encodeFrameHeader(header: FrameHeader, crc: Crc32): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, FRAME_MAGIC_NUMBER, true)
  view.setUint32(4, header.payloadBytes, true)
  view.setUint32(8, header.count, true)
  view.setUint32(12, header.crc, true)
  view.setBigUint64(16, BigInt(header.firstSeq), true)
  view.setBigUint64(24, BigInt(header.lastSeq), true)
  view.setBigUint64(32, BigInt(header.fromUs), true)
  view.setBigUint64(40, BigInt(header.toUs), true)
  view.setBigUint64(48, header.leastEpisode, true)
  view.setBigUint64(56, header.largestEpisode, true)
  view.setUint32(FRAME_CRC, crc(bytes.subarray(0, FRAME_CRC)), true)
  return bytes
}

/** The frame's header that begins at `at`, or undefined if none does. */
export function decodeFrameHeader(bytes: Uint8Array, at: number, crc: Crc32): FrameHeader | undefined {
  if (bytes.length - at < FRAME_HEADER_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, FRAME_HEADER_BYTES)
  if (view.getUint32(0, true) !== FRAME_MAGIC_NUMBER) return undefined
  if (view.getUint32(FRAME_CRC, true) !== crc(bytes.subarray(at, at + FRAME_CRC))) return undefined
  return {
    payloadBytes: view.getUint32(4, true),
    count: view.getUint32(8, true),
    crc: view.getUint32(12, true),
    firstSeq: Number(view.getBigUint64(16, true)),
    lastSeq: Number(view.getBigUint64(24, true)),
    fromUs: Number(view.getBigUint64(32, true)),
    toUs: Number(view.getBigUint64(40, true)),
    leastEpisode: view.getBigUint64(48, true),
    largestEpisode: view.getBigUint64(56, true),
  }
}
