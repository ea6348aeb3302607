/**
 * The header of a segment; `format.ts` has the bytes.
 *
 * @module
 */

import { formatId, idBytes } from '../../event/id.js'
import { SEQ_LIMIT } from '../../kernel/ring.js'
import { LAYOUT_VERSION, RECORD_BYTES } from '../../layout.js'
import { StorageError } from '../errors.js'
import type { Crc32 } from './crc32.js'
import * as F from './format.js'
import type { StreamIdentity } from './source.js'
import { getU64, setU64 } from './u64.js'

/** What a segment says of itself. */
export interface SegmentHeader {
  readonly identity: StreamIdentity
  readonly number: number
  /** Sequence number of the first event that comes in it. */
  readonly nextSeq: number
  /** Position of its first block. */
  readonly position: number
  /** Unix µs. */
  readonly createdUs: number
  /** Tells its blocks from whatever else the file may hold. */
  readonly salt: number
}

/** A random salt for a new segment. */
export function newSalt(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number
}

/** The header as SEGMENT_HEADER_BYTES bytes. */
export function encodeSegmentHeader(header: SegmentHeader, crc32: Crc32): Uint8Array {
  const bytes = new Uint8Array(F.SEGMENT_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  const { identity } = header
  view.setUint32(F.S_MAGIC, F.SEGMENT_MAGIC, true)
  view.setUint16(F.S_FORMAT, F.FORMAT_VERSION, true)
  view.setUint16(F.S_HEADER_BYTES, F.SEGMENT_HEADER_BYTES, true)
  view.setUint32(F.S_LAYOUT, LAYOUT_VERSION, true)
  view.setUint32(F.S_RECORD_BYTES, RECORD_BYTES, true)
  bytes.set(idBytes(identity.streamId), F.S_STREAM_ID)
  setU64(view, F.S_NUMBER, header.number)
  setU64(view, F.S_NEXT_SEQ, header.nextSeq)
  setU64(view, F.S_POSITION, header.position)
  setU64(view, F.S_CREATED, header.createdUs)
  view.setUint32(F.S_SALT, header.salt, true)
  view.setUint32(F.S_CAPACITY, identity.capacity, true)
  view.setUint32(F.S_REQUIRED_MASK, identity.requiredMask, true)
  setU64(view, F.S_FIRST_SEQ, identity.firstSeq)
  view.setUint32(F.S_CRC, crc32(bytes.subarray(0, F.S_CRC)), true)
  return bytes
}

/**
 * The header, or why these bytes are none.
 * @throws {StorageError} if another version of this package wrote it.
 */
export function decodeSegmentHeader(bytes: Uint8Array, number: number, crc32: Crc32): SegmentHeader | string {
  if (bytes.length < F.SEGMENT_HEADER_BYTES) return `the header ends after ${bytes.length} bytes`
  const view = new DataView(bytes.buffer, bytes.byteOffset, F.SEGMENT_HEADER_BYTES)
  if (view.getUint32(F.S_MAGIC, true) !== F.SEGMENT_MAGIC) return 'this is no segment of a journal'
  if (view.getUint32(F.S_CRC, true) !== crc32(bytes.subarray(0, F.S_CRC))) return 'the header has a wrong checksum'
  assertVersion('format', view.getUint16(F.S_FORMAT, true), F.FORMAT_VERSION)
  assertVersion('layout', view.getUint32(F.S_LAYOUT, true), LAYOUT_VERSION)
  assertVersion('record size', view.getUint32(F.S_RECORD_BYTES, true), RECORD_BYTES)
  const header = {
    identity: {
      streamId: formatId(bytes, F.S_STREAM_ID),
      capacity: view.getUint32(F.S_CAPACITY, true),
      requiredMask: view.getUint32(F.S_REQUIRED_MASK, true),
      firstSeq: getU64(view, F.S_FIRST_SEQ),
    },
    number: getU64(view, F.S_NUMBER),
    nextSeq: getU64(view, F.S_NEXT_SEQ),
    position: getU64(view, F.S_POSITION),
    createdUs: getU64(view, F.S_CREATED),
    salt: view.getUint32(F.S_SALT, true),
  }
  if (header.number !== number) return `the header says segment ${header.number}, the name ${number}`
  if (header.nextSeq > SEQ_LIMIT || header.position > SEQ_LIMIT) return 'the header has numbers out of range'
  return header
}

function assertVersion(name: string, found: number, expected: number): void {
  if (found === expected) return
  throw new StorageError(`the journal's ${name} is ${found}, this version of the package reads ${expected}`, {
    name,
    found,
    expected,
  })
}
