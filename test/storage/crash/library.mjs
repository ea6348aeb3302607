/**
 * The built library, as a process of its own uses it, with the types of the sources.
 *
 * @module
 */

import * as builtCore from '../../../dist/index.js'
import * as built from '../../../dist/storage/index.node.js'

/** @type {unknown} */
const library = built
/** @type {unknown} */
const core = builtCore

export const { Appraiser, AppraiserType, EventFlags, ExperienceStream, runAppraiser } =
  /** @type {typeof import('../../../src/index.js')} */ (core)

export const { FileColdStorage, openExperienceStream, openHistory } =
  /** @type {typeof import('../../../src/storage/index.node.js')} */ (library)

/** @typedef {import('../../../src/storage/index.node.js').DurableExperienceStream} Durable */
/** @typedef {import('../../../src/storage/index.node.js').DurableSubscription} DurableSub */
/** @typedef {import('../../../src/storage/index.node.js').FileColdStorage} FileStore */
/** @typedef {import('../../../src/storage/index.node.js').HistoryBatch} HistoryBatch */
