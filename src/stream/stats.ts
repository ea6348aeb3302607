/**
 * The accounting of a stream.
 *
 * @module
 */

import type { Ring } from '../kernel/ring.js'
import * as L from '../layout.js'
import type { LateWriter } from './late-writer.js'
import type { SubscriptionRegistry } from './subscription.js'
import type { StreamStats } from './types.js'

/** A snapshot; `written = readable + evicted`, and `received + filtered + missed = position − from` for every cursor. */
export function collectStats(ring: Ring, late: LateWriter, registry: SubscriptionRegistry): StreamStats {
  const { kernel } = ring
  const indexed = kernel.u32[(L.HEADER + L.H_TREE_SOURCE) >>> 2] !== L.SOURCE_NONE
  const indexValue = (offset: number): number | undefined => {
    return indexed ? kernel.f64[(L.HEADER + offset) >>> 3] : undefined
  }
  return {
    capacity: ring.capacity,
    firstSeq: ring.first,
    written: ring.next - ring.first,
    readable: ring.size,
    evicted: ring.oldest - ring.first,
    oldestSeq: ring.oldest,
    nextSeq: ring.next,
    rewards: {
      applied: late.applied,
      evicted: late.evicted,
      fullyAppraised: kernel.headerCount(L.H_FULLY_APPRAISED),
    },
    index: {
      alpha: indexValue(L.H_ALPHA),
      epsilon: indexValue(L.H_EPSILON),
      rebuilds: kernel.headerCount(L.H_REBUILDS),
      folded: kernel.headerCount(L.H_FOLDED_EVENTS),
    },
    subscriptions: Array.from(registry.open, (subscription) => subscription.stats()),
    memory: { bytes: kernel.u8.length, bytesPerEvent: kernel.map.bytesPerEvent },
  }
}
