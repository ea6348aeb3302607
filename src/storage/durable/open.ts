/**
 * Opening a durable stream: recovery, then a ring with what was found, then the journal's writing end.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import { Kernel } from '../../kernel/kernel.js'
import { ringParts } from '../../stream/ring-parts.js'
import type { Disk } from '../disk/disk.js'
import type { Crc32 } from '../journal/crc32.js'
import { JournalReader } from '../journal/reader.js'
import { JournalWriter } from '../journal/writer.js'
import type { RestoreReport } from '../restore/restorable-store.js'
import { DurableBatchWriter } from './durable-batch-writer.js'
import { findJournal } from './find-journal.js'
import { MetadataStore } from './metadata-store.js'
import { resolveDurable } from './options.js'
import { RingTarget } from './restore.js'
import { RingEngine } from './ring-engine.js'
import { DurableExperienceStream } from './stream.js'
import type { DurableOptions } from './types.js'

/** What a platform gives to a durable stream. */
export interface DurablePlatform {
  /** What the stream calls its directory. */
  readonly directory: string
  /** The journal's files, owned by this stream alone. */
  readonly disk: Disk
  readonly crc32: Crc32
  /** Whether the machine may have lost its power since the directory was last open. Default true. */
  readonly powerLoss?: boolean | undefined
  /** @internal Sequence number of the first event of a new journal; tests start there. */
  readonly firstSeq?: number | undefined
  /** Where the journal comes from if it has just been restored. */
  readonly restored?: RestoreReport | undefined
  /** Calls back once the event loop has turned; the process stays alive until then. */
  afterTurn(callback: () => void): void
  /** Lets go of the directory: called once, last, also if opening fails. */
  release(): void | Promise<void>
}

/**
 * Opens the stream of a directory.
 * @throws {InvalidArgumentError} for an option; {@link CorruptSegmentError} for damage with `recover: 'strict'`;
 * {@link StorageError} if the disk refuses.
 */
export async function openDurable(
  platform: DurablePlatform,
  options: DurableOptions = {},
): Promise<DurableExperienceStream> {
  try {
    return await open(platform, options)
  } catch (error) {
    await platform.release()
    throw error
  }
}

async function open(platform: DurablePlatform, options: DurableOptions): Promise<DurableExperienceStream> {
  if (resolveDurable(options).stream.shared) throw invalid('shared', 'be false here', true)
  const { found, resolved, end, window, report } = findJournal(platform, options)
  const { capacity, requiredMask } = resolved.stream
  const stream = { ...resolved.stream, firstSeq: window.startSeq }
  const ring = ringParts(await Kernel.create(stream), stream, DurableBatchWriter)
  const metadata = new MetadataStore(resolved.metadataBytes)
  const restoringMs = performance.now()
  found?.restore(window, new RingTarget(ring.ring, metadata, requiredMask))
  const recovery = report(restoringMs)
  const identity = { ...end.identity, capacity }
  const writer = new JournalWriter(
    platform,
    { ...end, identity },
    { segmentBytes: resolved.segmentBytes, reserve: resolved.durability === 'power-loss' },
  )
  try {
    const source = new JournalReader(platform, writer)
    const afterTurn = (callback: () => void): void => platform.afterTurn(callback)
    const release = (): void | Promise<void> => platform.release()
    const { directory } = platform
    const { state } = end
    return new DurableExperienceStream(
      new RingEngine({
        directory,
        options: resolved,
        recovery,
        ring,
        writer,
        source,
        metadata,
        state,
        afterTurn,
        release,
      }),
    )
  } catch (error) {
    writer.close()
    throw error
  }
}
