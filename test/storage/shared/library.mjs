/**
 * The built library, as its workers use it, with the types of the sources.
 *
 * @module
 */

import * as built from '../../../dist/storage/index.node.js'

/** @type {unknown} */
const library = built

export const { BackpressureError, openExperienceStream, StorageError } =
  /** @type {typeof import('../../../src/storage/index.node.js')} */ (library)

/** @typedef {import('../../../src/storage/index.node.js').DurableExperienceStream} Durable */
