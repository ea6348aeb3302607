/**
 * Streams over the kind of ring that the present project of the tests asks for: of one thread, or one that threads
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
  }
}

/** Whether the streams of this project are shared ones. */
export const isShared = inject('shared')

/** Makes a stream. Two places keep the memory of a shared one small. */
export async function makeStream(options: StreamOptions = {}): Promise<ExperienceStream> {
  return isShared
    ? ExperienceStream.create({ maxThreads: 2, ...options, shared: true })
    : ExperienceStream.createSync(options)
}
