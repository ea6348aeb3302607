/**
 * Streams over the kind of ring that the present project of the tests asks for: of one thread, one with a journal (in
 * memory; what comes late for an evicted event is then a correction, everything else as without), or one that threads
 * share and that this thread has for itself.
 *
 * What holds for the one holds for the other, the draws of a seed included, but for this:
 *
 * - A shared stream is made by `create` alone, since its module has to be loaded.
 * - What the ring of one thread lends, a shared one copies, because another thread may overwrite it at any time: a view
 *   shows its event as it was when the view was moved, `segments` is one piece that stays as it is, and a poll neither
 *   ends where the ring wraps nor changes before the next poll.
 * - `totalWritten` counts claimed numbers. A thread that has the ring for itself sees no difference.
 * - `stats()` has `threads` besides.
 *
 * @module
 */

import { inject } from 'vitest'
import { ExperienceStream, type StreamOptions } from '../../src/index.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether streams are made with `shared: true`. */
    shared: boolean
    /** Whether streams have a journal. */
    durable: boolean
  }
}

/** Whether the streams of this project are shared ones. */
export const isShared = inject('shared')

/** Whether the streams of this project have a journal. */
export const isDurable = inject('durable')

/** Makes a stream. Two places keep the memory of a shared one small. */
export async function makeStream(options: StreamOptions = {}): Promise<ExperienceStream> {
  if (isDurable) return makeDurable(options)
  return isShared
    ? ExperienceStream.create({ maxThreads: 2, ...options, shared: true })
    : ExperienceStream.createSync(options)
}

/** A stream with a journal in memory, loaded only here. What only tests may ask for goes around its options. */
async function makeDurable({ firstSeq, module, ...options }: StreamOptions): Promise<ExperienceStream> {
  if (module !== undefined) return ExperienceStream.create({ firstSeq, module, ...options })
  const { openDurable } = await import('../../src/storage/durable/open.js')
  const { crc32 } = await import('../../src/storage/journal/crc32.js')
  const { MemoryDisk } = await import('../storage/support/memory-disk.js')
  const afterTurn = (callback: () => void): void => void setTimeout(callback)
  const platform = { directory: 'memory', disk: new MemoryDisk(), crc32, afterTurn, release: () => {} }
  return openDurable({ ...platform, firstSeq }, options)
}
