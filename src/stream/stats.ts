/**
 * The accounting of a stream.
 *
 * @module
 */

import type { Kernel } from '../kernel/kernel.js'
import type { Ring } from '../kernel/ring.js'
import * as L from '../layout.js'
import type { LateWriter } from './late-writer.js'
import type { SubscriptionRegistry } from './ring-subscription.js'
import type { StreamStats } from './types.js'

/** A snapshot; `written = readable + evicted`, and `received + filtered + missed = position − from` for every cursor. */
export function collectStats(ring: Ring, late: LateWriter, registry: SubscriptionRegistry): StreamStats {
  const { kernel } = ring
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
    index: indexStats(kernel),
    subscriptions: Array.from(registry.open, (subscription) => subscription.stats()),
    memory: { bytes: kernel.u8.length, bytesPerEvent: kernel.map.bytesPerEvent },
  }
}

/** The accounting of the sampling index of a kernel, if there is one yet. */
export function indexStats(kernel: Kernel | undefined): StreamStats['index'] {
  const indexed = kernel !== undefined && kernel.u32[(L.HEADER + L.H_TREE_SOURCE) >>> 2] !== L.SOURCE_NONE
  return {
    alpha: indexed ? kernel.f64[(L.HEADER + L.H_ALPHA) >>> 3] : undefined,
    epsilon: indexed ? kernel.f64[(L.HEADER + L.H_EPSILON) >>> 3] : undefined,
    rebuilds: kernel?.headerCount(L.H_REBUILDS) ?? 0,
    folded: kernel?.headerCount(L.H_FOLDED_EVENTS) ?? 0,
  }
}
