/**
 * Ids from a pool of random bytes that the library refills: version 4 of RFC 9562, or version 7, whose first 48 bits
 * are the event's time in ms and whose next 12 the fraction of that ms (method 3 of section 6.2).
 */

import { H_ID_CURSOR, HEADER, ID_POOL } from '../src/layout'
import { fixed } from './area'

/** Writes the next id to `target`, of version 7 or else 4. `timestamp` is in µs. */
@inline export function writeId(target: usize, v7: bool, timestamp: u64): void {
  const cursor = load<u32>(fixed(HEADER) + H_ID_CURSOR)
  store<u32>(fixed(HEADER) + H_ID_CURSOR, cursor + 16)
  const source = fixed(ID_POOL) + cursor
  // Bytes 6 and 8 hold the version and the variant; as little-endian words they are bits 48–55 and 0–7.
  let high = (load<u64>(source) & 0xff0fffffffffffff) | 0x0040000000000000
  const low = (load<u64>(source, 8) & 0xffffffffffffff3f) | 0x80
  if (v7) {
    const ms = timestamp / 1000
    const fraction = ((timestamp - ms * 1000) * 4096) / 1000
    high = bswap<u64>((ms << 16) | 0x7000 | fraction)
  }
  store<u64>(target, high)
  store<u64>(target, low, 8)
}
