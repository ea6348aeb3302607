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
import { createShared, type SharedParts } from '../../threads/shared-parts.js'
import { findJournal } from '../durable/find-journal.js'
import { MetadataStore } from '../durable/metadata-store.js'
import type { DurablePlatform } from '../durable/open.js'
import type { ResolvedDurable } from '../durable/options.js'
import { DurableExperienceStream } from '../durable/stream.js'
import type { DurableOptions } from '../durable/types.js'
import type { JournalEnd } from '../journal/journal-end.js'
import { JournalReader } from '../journal/reader.js'
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
  const { found, resolved, end, window, report } = findJournal(platform, options, true)
  const { capacity } = resolved.stream
  const parts = await createRing(resolved, window.startSeq)
  const { kernel } = parts.ring
  const metadata = new MetadataStore(resolved.metadataBytes)
  const target = new SharedTarget(kernel, window, metadata)
  const restoringMs = performance.now()
  found?.restore(window, target)
  target.finish()
  const recovery = report(restoringMs)
  kernel.core.closeBelow(Math.max(0, end.nextSeq - capacity))
  kernel.core.openGate(Math.min(end.nextSeq + resolved.maxBacklog, SEQ_LIMIT))
  const identity = { ...end.identity, capacity }
  const port = await startJournal(platform, parts, resolved, { ...end, identity })
  try {
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
  } catch (error) {
    port.post({ kind: 'close' })
    await port.ended
    throw error
  }
}

/** An empty ring whose first number is `firstSeq`, with a place for the journal's thread besides. */
function createRing({ stream, maxBacklog, onFull }: ResolvedDurable, firstSeq: number): Promise<SharedParts> {
  const maxThreads = Math.min(stream.maxThreads + 1, L.MOST_MEMBERS)
  return createShared({ ...stream, firstSeq, maxThreads }, { backlog: maxBacklog, fullThrows: onFull === 'throw' })
}

/** Starts the thread that writes the journal and has its place given back when it ends. */
async function startJournal(
  platform: SharedPlatform,
  { ring, threads }: SharedParts,
  { segmentBytes, durability }: ResolvedDurable,
  end: JournalEnd,
): Promise<JournalPort> {
  const handle: StreamHandle = threads.handle({})
  const port = await platform.start({ handle, end, segmentBytes, durability })
  if (port.drain !== undefined) (ring as GatedRing).gate.drain = () => port.drain?.()
  const { writerId } = handle
  void port.ended.then(() => ring.kernel.core.retire(indexOf(writerId), generationOf(writerId), 1))
  return port
}
