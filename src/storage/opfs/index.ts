/**
 * experience-stream/opfs: streams of a browser's worker that survive their page.
 *
 * @module
 */

export * from '../durable-memory.js'
export { WorkerRequiredError } from './errors.js'
export { type OpfsDurableOptions, openExperienceStream } from './open.js'
