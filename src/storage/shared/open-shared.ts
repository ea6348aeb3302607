/**
 * Opening a durable stream that threads share: recovery and the restored window come first, in the opening thread; then
 * the thread that writes the journal takes its place; then everybody else may attach.
 *
 * @module
 */

import { SEQ_LIMIT } from '../../kernel/ring.js'
import * as L from '../../layout.js'
import type { StreamHandle } from '../../stream/types.js'
import type { GatedRing } from '../../threads/gated-ring.js'
import { JournalWords } from '../../threads/journal-words.js'
import { generationOf, indexOf } from '../../threads/shared-kernel.js'
import { createShared } from '../../threads/shared-parts.js'
import { MetadataStore } from '../durable/metadata-store.js'
import type { DurablePlatform } from '../durable/open.js'
import { resolveDurable } from '../durable/options.js'
import { DurableExperienceStream } from '../durable/stream.js'
import type { DurableOptions } from '../durable/types.js'
import { newJournal } from '../journal/journal-end.js'
import { JournalReader } from '../journal/reader.js'
import { recoverJournal } from '../journal/recover.js'
import { JournalLink, type JournalPort } from './journal-link.js'
import type { JournalOrders } from './messages.js'
import { SharedEngine } from './shared-engine.js'
import { SharedTarget } from './shared-target.js'

/** What a platform gives to a shared stream with a journal. */
export interface SharedPlatform extends DurablePlatform {
  /** Starts the thread that writes the journal; resolves once it does. */
  start(orders: JournalOrders): Promise<JournalPort>
}

/** Opens the shared stream of a directory. Throws as `openDurable`. */
export async function openShared(platform: SharedPlatform, options: DurableOptions): Promise<DurableExperienceStream> {
  try {
    return await open(platform, options)
  } catch (error) {
    await platform.release()
    throw error
  }
}

async function open(platform: SharedPlatform, options: DurableOptions): Promise<DurableExperienceStream> {
  const begin = performance.now()
  const { recover } = resolveDurable(options)
  const { powerLoss } = platform
  const found = recoverJournal(platform, { mode: recover, capacity: options.capacity, powerLoss })
  const resolved = resolveDurable(options, found?.end.identity)
  const { capacity, requiredMask, maxThreads } = resolved.stream
  const end = found?.end ?? newJournal({ capacity, requiredMask, firstSeq: 0 })
  const window = found?.window(true) ?? { startSeq: end.nextSeq, endSeq: end.nextSeq }
  // The journal's thread is one of them.
  const threads = Math.min(maxThreads + 1, L.MOST_MEMBERS)
  const stream = { ...resolved.stream, firstSeq: window.startSeq, maxThreads: threads }
  const journal = { backlog: resolved.maxBacklog, fullThrows: resolved.onFull === 'throw' }
  const parts = await createShared(stream, journal)
  const { kernel } = parts.ring
  const metadata = new MetadataStore(resolved.metadataBytes)
  const target = new SharedTarget(kernel, window, metadata)
  found?.restore(window, target)
  target.finish()
  kernel.core.closeBelow(Math.max(0, end.nextSeq - capacity))
  kernel.core.openGate(Math.min(end.nextSeq + resolved.maxBacklog, SEQ_LIMIT))
  const identity = { ...end.identity, capacity }
  const handle: StreamHandle = parts.threads.handle({})
  const { segmentBytes, durability } = resolved
  const port = await platform.start({ handle, end: { ...end, identity }, segmentBytes, durability })
  if (port.drain !== undefined) (parts.ring as GatedRing).gate.drain = () => port.drain?.()
  const { writerId } = handle
  void port.ended.then(() => kernel.core.retire(indexOf(writerId), generationOf(writerId), 1))
  const recovery = {
    created: found === undefined,
    ...window,
    bytes: found?.bytes ?? 0,
    elapsedMs: performance.now() - begin,
    torn: found?.torn,
    damage: found?.damage ?? [],
  }
  return new DurableExperienceStream(
    new SharedEngine({
      directory: platform.directory,
      identity,
      options: resolved,
      recovery,
      parts,
      link: new JournalLink(new JournalWords(kernel), port, resolved.onError),
      source: new JournalReader(platform),
      metadata,
      state: end.state,
      afterTurn: (callback) => platform.afterTurn(callback),
      release: () => platform.release(),
    }),
  )
}
