/**
 * The ring of one thread as history reads it.
 *
 * @module
 */

import type { Ring } from '../../kernel/ring.js'
import { pieces } from '../../stream/ranges.js'
import type { EventMetadata } from '../cold/cold-storage.js'
import { NO_METADATA, Rows } from './rows.js'
import type { HistoryRing, RingRead } from './tier.js'

/** @param metadata of live events, as far as it is kept in memory. */
export function ringWindow(ring: Ring, metadata?: (seq: number) => EventMetadata | undefined): HistoryRing {
  return {
    get oldest() {
      return ring.oldest
    },
    get next() {
      return ring.next
    },
    read(start, end): RingRead {
      const rows = Rows.withRoomFor(end - start)
      rows.length = end - start
      let at = 0
      for (const piece of pieces(ring, start, end)) {
        rows.bytes.set(piece, at)
        at += piece.length
      }
      const found = new Map<number, EventMetadata>()
      const { u8, map } = ring.kernel
      for (let i = 0; i < rows.length; i++) {
        rows.seqs[i] = start + i
        rows.masks[i] = u8[map.masks + ring.slotOf(start + i)] as number
        const beside = metadata?.(start + i)
        if (beside !== undefined) found.set(start + i, beside)
      }
      rows.metadata = found.size === 0 ? NO_METADATA : found
      return { start, end, rows }
    },
    count(start, end) {
      return end - start
    },
  }
}
