/**
 * Cursors: the place of the last event of a page as opaque text. It holds numbers only, which are checked when it comes
 * back, so that nothing that a caller may put into it reaches the database as anything else.
 *
 *     0  version, u8    1  order and direction, u8    2  value, f64    10  sequence number, f64    18  checksum, u32
 *
 * @module
 */

import { InvalidArgumentError, invalid } from '../../errors.js'
import { crc32 } from '../../storage/journal/crc32.js'
import type { EventOrder } from '../contract.js'
import type { Ordering, Place } from './order.js'

const VERSION = 1
const BYTES = 22
const ORDERS: readonly EventOrder[] = ['time', 'sequence', 'reward']
const TEXT = /^[\w-]{30}$/

/** The text of a place. */
export function encodeCursor(ordering: Ordering, place: Place): string {
  const bytes = new DataView(new ArrayBuffer(BYTES))
  bytes.setUint8(0, VERSION)
  bytes.setUint8(1, kindOf(ordering))
  bytes.setFloat64(2, place.value)
  bytes.setFloat64(10, place.seq)
  bytes.setUint32(18, checksum(bytes))
  return Buffer.from(bytes.buffer).toString('base64url')
}

/** The place of a cursor. @throws {InvalidArgumentError} if it is none, or one of another order. */
export function decodeCursor(text: unknown, ordering: Ordering): Place {
  const bytes = typeof text === 'string' && TEXT.test(text) ? viewOf(text) : undefined
  if (bytes === undefined || bytes.getUint8(0) !== VERSION || bytes.getUint32(18) !== checksum(bytes)) {
    throw invalid('after', "be a page's cursor", text)
  }
  const kind = bytes.getUint8(1)
  if (kind !== kindOf(ordering)) {
    throw new InvalidArgumentError(
      `after must be a cursor of the order ${nameOf(kindOf(ordering))}, got one of ${nameOf(kind)}`,
      { after: text },
    )
  }
  const place = { value: bytes.getFloat64(2), seq: bytes.getFloat64(10) }
  const isSound = ordering.by === 'reward' ? isReal(place.value) : isCount(place.value)
  if (!isSound || !isCount(place.seq)) throw invalid('after', "be a page's cursor", text)
  return place
}

function viewOf(text: string): DataView {
  const bytes = Buffer.from(text, 'base64url')
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function checksum(bytes: DataView): number {
  return crc32(new Uint8Array(bytes.buffer, bytes.byteOffset, 18))
}

function kindOf({ by, descending }: Ordering): number {
  return ORDERS.indexOf(by) * 2 + Number(descending)
}

function nameOf(kind: number): string {
  return `'${ORDERS[kind >> 1] ?? '?'}', ${kind % 2 === 0 ? 'ascending' : 'descending'}`
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function isReal(value: number): boolean {
  return Number.isFinite(value) && Math.fround(value) === value
}
