/**
 * The parts of a stream whose ring threads share: the face is the same, each thread has parts of its own.
 *
 * @module
 */

import { InvalidArgumentError } from '../errors.js'
import { EventEncoder } from '../event/encode.js'
import { IdPool } from '../event/id.js'
import { EventWriter } from '../event/writer.js'
import { prefaultMemory, reserveMemory } from '../kernel/memory.js'
import * as L from '../layout.js'
import { type ResolvedOptions, resolveOptions } from '../stream/options.js'
import type { StreamParts } from '../stream/parts.js'
import type { Subscription } from '../stream/subscription.js'
import type { AttachOptions, StreamHandle } from '../stream/types.js'
import { assertKeys } from '../stream/validate.js'
import { SharedMemoryUnavailableError } from './errors.js'
import { GatedLateWriter } from './gated-late-writer.js'
import { GatedRing } from './gated-ring.js'
import { Doors, enter } from './handle.js'
import { Mirror } from './mirror.js'
import { MirrorSearch } from './mirror-search.js'
import { Place } from './place.js'
import { SharedBatchWriter } from './shared-batch-writer.js'
import { FINGERPRINT, generationOf, SharedKernel } from './shared-kernel.js'
import { SharedLateWriter } from './shared-late-writer.js'
import { sharedMap, writeControl } from './shared-map.js'
import { SharedReader } from './shared-reader.js'
import { SharedRing } from './shared-ring.js'
import { sharedStats } from './shared-stats.js'
import { SharedSubscription } from './shared-subscription.js'
import { WaitingRoom } from './waiting.js'

type Settings = Pick<ResolvedOptions, 'clock' | 'seed' | 'maxLag'>

/** What else stands on a shared ring can see of its parts. */
export interface SharedParts extends StreamParts {
  readonly ring: SharedRing
  readonly room: WaitingRoom
  /** The open subscriptions of this thread. */
  readonly open: Set<Subscription>
}

/** Of a ring whose journal another thread writes. */
export interface JournalSettings {
  /** Events that may be claimed before they are written out. */
  backlog: number
  /** Whether a full ring is an error for writers, not something to wait for. */
  fullThrows: boolean
}

/** Makes a shared ring and takes its first place. With a journal the gate is still to be set. */
export async function createShared(options: ResolvedOptions, journal?: JournalSettings): Promise<SharedParts> {
  if (options.module !== undefined) throw new InvalidArgumentError('module cannot be given with shared: true')
  assertAvailable()
  const map = sharedMap(options.capacity, options.maxThreads, journal?.backlog)
  const memory = reserveMemory(options.capacity, map.pages, true)
  writeControl(memory, map, { ...options, fingerprint: FINGERPRINT, fullThrows: journal?.fullThrows === true })
  if (options.prefault) prefaultMemory(memory, map.records)
  const kernel = await SharedKernel.open(memory, 0)
  const writerId = kernel.reserve()
  kernel.core.enter(generationOf(writerId))
  if (journal !== undefined) kernel.core.startOutbox()
  return partsOf(kernel, writerId, options, true)
}

/** Takes the place of a handle in the ring of another thread. */
export async function attachShared(handle: StreamHandle, options: AttachOptions): Promise<SharedParts> {
  assertAvailable()
  assertKeys(options, 'options', ['clock', 'seed', 'maxLag'])
  // Checked before the place is taken: a mistake does not use the handle up.
  const settings = resolveOptions({ ...options, capacity: 1 })
  const kernel = await enter(handle)
  const maxLag = options.maxLag ?? kernel.control(L.S_WINDOW)
  return partsOf(kernel, handle.writerId, { ...settings, maxLag }, false)
}

function assertAvailable(): void {
  if (typeof SharedArrayBuffer === 'undefined')
    throw new SharedMemoryUnavailableError('which this platform does not offer')
}

/** Builds one thread's parts; who is the `owner` closes the ring for all. */
function partsOf(kernel: SharedKernel, writerId: number, settings: Settings, owner: boolean): SharedParts {
  const { clock, seed, maxLag } = settings
  const idMode = kernel.control(L.S_ID_MODE)
  const gated = kernel.control(L.S_MARKS) === 0 ? undefined : new GatedRing(kernel, writerId)
  const ring = gated ?? new SharedRing(kernel, writerId)
  const ids = new IdPool(kernel)
  const encoder = new EventEncoder(ring, ids, clock, idMode)
  const mirror = new Mirror(ring)
  const search = new MirrorSearch(mirror, seed)
  const reader = new SharedReader(ring)
  const room = new WaitingRoom(kernel)
  const writer = new EventWriter(ring, ids, clock, idMode)
  const open = new Set<Subscription>()
  const place = new Place(ring, writer, open)
  const desk = { ring, reader, room, open, lender: undefined, leave: () => place.leave() }
  return {
    ring,
    room,
    open,
    encoder,
    reader,
    writer,
    batches: new SharedBatchWriter(ring, encoder, ids, clock, idMode),
    late: gated === undefined ? new SharedLateWriter(ring, mirror) : new GatedLateWriter(gated, mirror),
    finder: search,
    sampler: search,
    threads: new Doors(ring),
    subscribe: (subscribe) => new SharedSubscription(desk, subscribe, maxLag),
    stats: () => sharedStats(ring, mirror, open),
    close: () => {
      ring.resign()
      if (owner) kernel.core.close()
      place.leave()
      room.look()
    },
  }
}
