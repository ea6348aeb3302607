/**
 * The built library, as every thread of these tests uses it: a worker cannot run the sources. Its types are those of the
 * sources, which also say what is internal.
 *
 * @module
 */

import { EventView as BuiltView } from '../../../dist/event/view.js'
import * as built from '../../../dist/index.js'
import * as builtLayout from '../../../dist/layout.js'
import * as builtThreads from '../../../dist/threads/index.js'

/** @type {unknown} */
const library = built
/** @type {unknown} */
const threads = builtThreads
/** @type {unknown} */
const view = BuiltView

export const {
  AppraiserType,
  ClosedError,
  EventFlags,
  ExperienceStream,
  InvalidArgumentError,
  LayoutMismatchError,
  SequenceEvictedError,
  SequenceExhaustedError,
  SequenceNotWrittenError,
  mixed,
  prioritizedReward,
  recencyWeighted,
  recent,
  sequences,
  uniform,
} = /** @type {typeof import('../../../src/index.js')} */ (library)

export const { SequenceAbortedError, SharedMemoryUnavailableError, WriterRetiredError } =
  /** @type {typeof import('../../../src/threads/index.js')} */ (threads)

export const EventView = /** @type {typeof import('../../../src/event/view.js').EventView} */ (view)

/** @type {typeof import('../../../src/layout.js')} */
export const layout = builtLayout

/** @typedef {import('../../../src/index.js').ExperienceStream} Stream */
/** @typedef {import('../../../src/index.js').Subscription} Subscription */
/** @typedef {import('../../../src/index.js').StreamHandle} StreamHandle */
/** @typedef {import('../../../src/index.js').EventBatch} EventBatch */
/** @typedef {import('../../../src/index.js').EventInput} EventInput */
/** @typedef {import('../../../src/index.js').ExperienceEvent} ExperienceEvent */
/** @typedef {import('../../../src/index.js').StreamStats} StreamStats */

/**
 * The kernel of a shared stream, which the face of the stream hides.
 * @param {Stream} stream
 * @returns {import('../../../src/threads/shared-kernel.js').SharedKernel}
 */
export function kernelOf(stream) {
  return /** @type {{ ring: { kernel: import('../../../src/threads/shared-kernel.js').SharedKernel } }} */ (
    /** @type {unknown} */ (stream)
  ).ring.kernel
}
