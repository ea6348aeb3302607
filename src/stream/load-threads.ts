/**
 * The way to the shared ring, which is a layer above this one: loaded when it is asked for, so that bundles without
 * threads do not carry it.
 *
 * @module
 */

import type { ResolvedOptions } from './options.js'
import type { StreamParts } from './parts.js'
import type { AttachOptions, StreamHandle } from './types.js'

/** What the layer of threads offers to this one. */
export interface ThreadsLayer {
  createShared(options: ResolvedOptions): Promise<StreamParts>
  attachShared(handle: StreamHandle, options: AttachOptions): Promise<StreamParts>
}

/** Loads it. */
export function loadThreads(): Promise<ThreadsLayer> {
  return import('../threads/shared-parts.js')
}
