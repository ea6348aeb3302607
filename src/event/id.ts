/**
 * Event ids: a pool of random bytes for those that the stream makes, and the conversion between text and bytes for
 * those that users give and read.
 *
 * @module
 */

import { parse } from 'uuid'
import { invalid } from '../errors.js'
import * as L from '../layout.js'
import type { Lanes } from './lanes.js'

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The canonical text of the 16 bytes at `offset`, whatever they are. */
export function formatId(bytes: Uint8Array, offset = 0): string {
  const b = (i: number): string => HEX[bytes[offset + i] as number] as string
  return `${b(0)}${b(1)}${b(2)}${b(3)}-${b(4)}${b(5)}-${b(6)}${b(7)}-${b(8)}${b(9)}-${b(10)}${b(11)}${b(12)}${b(13)}${b(14)}${b(15)}`
}

const CANONICAL = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

function fromCanonical(id: string): Uint8Array {
  const digits = id.replaceAll('-', '')
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}

/**
 * The 16 bytes of a UUID.
 * @throws {InvalidArgumentError} unless it is a UUID string or 16 bytes.
 */
export function idBytes(id: unknown): Uint8Array {
  if (id instanceof Uint8Array) {
    if (id.length === 16) return id
  } else if (typeof id === 'string') {
    try {
      return parse(id)
    } catch {
      // The library's own TypeError names no value, and it knows no other versions and variants than those of RFC 9562;
      // packed ids may have any bits, and a snapshot can be written again.
      if (CANONICAL.test(id)) return fromCanonical(id)
    }
  }
  throw invalid('eventId', 'be a UUID string or 16 bytes', id)
}

const POOL_BYTES = L.ID_POOL_IDS * 16
/** The most that one call of the platform gives. */
const RANDOM_BYTES = 65536

/** Random bytes in linear memory, of which the module makes ids. */
export class IdPool {
  /** Ids that the pool still holds. */
  left = 0
  private readonly kernel: Pick<Lanes, 'u8' | 'u32'>
  private readonly random = new Uint8Array(RANDOM_BYTES)
  private used = RANDOM_BYTES

  constructor(kernel: Pick<Lanes, 'u8' | 'u32'>) {
    this.kernel = kernel
  }

  /** Makes sure that the pool holds `count` ids, at most `ID_POOL_IDS`. */
  reserve(count: number): void {
    if (this.left < count) this.refill()
  }

  /** Fills the pool. */
  refill(): void {
    if (this.used === RANDOM_BYTES) {
      // A plain buffer in between: one call fills several pools, and the web forbids filling shared memory.
      crypto.getRandomValues(this.random)
      this.used = 0
    }
    this.kernel.u8.set(this.random.subarray(this.used, this.used + POOL_BYTES), L.ID_POOL)
    this.used += POOL_BYTES
    this.kernel.u32[(L.HEADER + L.H_ID_CURSOR) >>> 2] = 0
    this.left = L.ID_POOL_IDS
  }
}
