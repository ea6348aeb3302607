/**
 * The parts of a stream whose ring belongs to one thread.
 *
 * @module
 */

import { InvalidArgumentError } from '../errors.js'
import { EventEncoder } from '../event/encode.js'
import { IdPool } from '../event/id.js'
import { EventWriter } from '../event/writer.js'
import type { Kernel } from '../kernel/kernel.js'
import { Ring } from '../kernel/ring.js'
import { Finder } from './finder.js'
import { LateWriter } from './late-writer.js'
import { Matcher } from './matching.js'
import type { ResolvedOptions } from './options.js'
import type { StreamParts } from './parts.js'
import { RingBatchWriter } from './ring-batch-writer.js'
import { RingReader } from './ring-reader.js'
import { RingSubscription, SubscriptionRegistry } from './ring-subscription.js'
import { Sampler } from './sampler.js'
import { collectStats } from './stats.js'

/** What else stands on such a ring can see of its parts. */
export interface RingParts extends StreamParts {
  readonly ring: Ring
  readonly late: LateWriter
  readonly registry: SubscriptionRegistry
}

/**
 * Builds them around a kernel.
 * @param Batches writes whole batches; by default those that need no room but the ring's.
 */
export function ringParts(kernel: Kernel, options: ResolvedOptions, Batches = RingBatchWriter): RingParts {
  const { clock, idMode, maxLag } = options
  const ring = new Ring(kernel, options.firstSeq)
  const ids = new IdPool(kernel)
  const encoder = new EventEncoder(ring, ids, clock, idMode)
  const late = new LateWriter(ring)
  const matcher = new Matcher(ring)
  const registry = new SubscriptionRegistry(ring)
  return {
    ring,
    encoder,
    late,
    registry,
    writer: new EventWriter(ring, ids, clock, idMode),
    batches: new Batches(ring, encoder, ids, clock, idMode),
    reader: new RingReader(ring),
    finder: new Finder(ring, matcher),
    sampler: new Sampler(ring, matcher, options.seed),
    subscribe: (subscribe) => new RingSubscription(ring, registry, subscribe, maxLag),
    threads: { handle: notShared('handle'), retire: notShared('retire'), release: () => {} },
    stats: () => collectStats(ring, late, registry),
    close: () => {
      ring.closed = true
      registry.wakeAll()
    },
  }
}

function notShared(call: string): () => never {
  return () => {
    throw new InvalidArgumentError(`${call} needs a stream created with shared: true`)
  }
}
