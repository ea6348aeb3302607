/**
 * The header of a block; `format.ts` has the bytes.
 *
 * @module
 */

import { SEQ_LIMIT } from '../../kernel/ring.js'
import { RECORD_BYTES } from '../../layout.js'
import type { Crc32 } from './crc32.js'
import * as F from './format.js'
import { getU64, setU64 } from './u64.js'

/** What the header of a block says. One object can be decoded into again and again. */
export interface BlockHeader {
  kind: number
  flags: number
  payloadBytes: number
  position: number
  seq: number
  count: number
  span: number
  /** Unix µs. */
  writtenUs: number
  synced: number
  payloadCrc: number
}

/** What a block is about. */
export type BlockFields = Readonly<Pick<BlockHeader, 'kind' | 'flags' | 'seq' | 'count' | 'span'>>

/** A header to decode into. */
export function blankBlock(): BlockHeader {
  return {
    kind: 0,
    flags: 0,
    payloadBytes: 0,
    position: 0,
    seq: 0,
    count: 0,
    span: 0,
    writtenUs: 0,
    synced: 0,
    payloadCrc: 0,
  }
}

/** Bytes that a payload takes with its padding. */
export function padded(payloadBytes: number): number {
  return Math.ceil(payloadBytes / F.BLOCK_ALIGN) * F.BLOCK_ALIGN
}

/** Bytes that a block takes. */
export function blockBytes(payloadBytes: number): number {
  return F.BLOCK_HEADER_BYTES + padded(payloadBytes)
}

/** How many positions a block takes: one, but a gap that was salvaged stands for all that were lost there. */
export function positionsOf(block: Pick<BlockHeader, 'kind' | 'flags' | 'count'>): number {
  return isSalvaged(block) ? block.count : 1
}

/** Whether the block moves the sequence number that comes next, to `seq + span`. */
export function advances(block: Pick<BlockHeader, 'kind' | 'span'>): boolean {
  return (block.kind === F.RECORDS || block.kind === F.GAP) && block.span > 0
}

/** Whether the block was laid over damage: its payload is what was found there, checked by nothing. */
export function isSalvaged(block: Pick<BlockHeader, 'kind' | 'flags'>): boolean {
  return block.kind === F.GAP && block.flags === F.GAP_DAMAGED
}

/** Encodes a header over the whole of `bytes`, whose view is `view`. */
export function encodeBlock(
  block: Readonly<BlockHeader>,
  salt: number,
  bytes: Uint8Array,
  view: DataView,
  crc32: Crc32,
): void {
  view.setUint32(F.B_MAGIC, F.BLOCK_MAGIC, true)
  view.setUint8(F.B_KIND, block.kind)
  view.setUint8(F.B_FLAGS, block.flags)
  view.setUint16(F.B_FLAGS + 1, 0, true)
  view.setUint32(F.B_SALT, salt, true)
  view.setUint32(F.B_PAYLOAD, block.payloadBytes, true)
  setU64(view, F.B_POSITION, block.position)
  setU64(view, F.B_SEQ, block.seq)
  view.setUint32(F.B_COUNT, block.count, true)
  view.setUint32(F.B_SPAN, block.span, true)
  setU64(view, F.B_WRITTEN, block.writtenUs)
  setU64(view, F.B_SYNCED, block.synced)
  view.setUint32(F.B_PAYLOAD_CRC, block.payloadCrc, true)
  view.setUint32(F.B_CRC, crc32(bytes.subarray(0, F.B_CRC)), true)
}

/** Decodes the header at `at` of `bytes`, whose view is `view`; false if there is none that can be trusted. */
export function decodeBlock(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  salt: number,
  crc32: Crc32,
  into: BlockHeader,
): boolean {
  if (at + F.BLOCK_HEADER_BYTES > bytes.length) return false
  if (view.getUint32(at + F.B_MAGIC, true) !== F.BLOCK_MAGIC) return false
  if (view.getUint32(at + F.B_SALT, true) !== salt) return false
  if (view.getUint32(at + F.B_CRC, true) !== crc32(bytes.subarray(at, at + F.B_CRC))) return false
  into.kind = view.getUint8(at + F.B_KIND)
  into.flags = view.getUint8(at + F.B_FLAGS)
  into.payloadBytes = view.getUint32(at + F.B_PAYLOAD, true)
  into.position = getU64(view, at + F.B_POSITION)
  into.seq = getU64(view, at + F.B_SEQ)
  into.count = view.getUint32(at + F.B_COUNT, true)
  into.span = view.getUint32(at + F.B_SPAN, true)
  into.writtenUs = getU64(view, at + F.B_WRITTEN)
  into.synced = getU64(view, at + F.B_SYNCED)
  into.payloadCrc = view.getUint32(at + F.B_PAYLOAD_CRC, true)
  return isSound(into)
}

/** Whether the fields agree with each other, so that nobody reads past a payload. */
function isSound(block: BlockHeader): boolean {
  const { kind, count, payloadBytes } = block
  if (block.position >= SEQ_LIMIT || block.seq + block.span > SEQ_LIMIT) return false
  if (isSalvaged(block)) return count > 0
  if (payloadBytes > F.LONGEST_PAYLOAD) return false
  switch (kind) {
    case F.RECORDS: {
      const masks = block.flags & F.HAS_MASKS ? count : 0
      return block.span === count && payloadBytes === count * RECORD_BYTES + masks
    }
    case F.CORRECTIONS:
      return payloadBytes === count * F.CORRECTION_BYTES
    case F.GAP:
      return payloadBytes === 0
    default:
      return true
  }
}
