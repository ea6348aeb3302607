/**
 * What a process that is killed and the one that checks have to agree on.
 *
 * @module
 */

/** Between the timestamps of two events: a run's events are of more than one day. */
export const STEP_US = 20_000_000
/** Every so many events the first thread gives metadata, and a reward with the event itself. */
export const METADATA_EVERY = 16
export const EARLY_EVERY = 5
/** Numbered rewards that a run has; sixteen runs' are exact as f32. */
export const VERSIONS = 2 ** 20
/** Runs in one directory at most. */
export const RUNS = 12

const WRITERS = 8
const MIB = 2 ** 20

/**
 * A directory that is crashed in over and over.
 * @typedef {object} Chapter
 * @property {string} directory
 * @property {number} seed
 * @property {'none' | 'process-crash' | 'power-loss'} durability
 * @property {boolean} shared
 * @property {boolean} keeps the whole journal; else what everybody is past goes
 */

/**
 * The episode of the events that thread `writer` writes in run `run`.
 * @param {number} run
 * @param {number} writer
 */
export function episodeOf(run, writer) {
  return run * WRITERS + writer
}

/**
 * @param {number} episode
 * @returns {{ run: number, writer: number }}
 */
export function writerOf(episode) {
  return { run: Math.floor(episode / WRITERS), writer: episode % WRITERS }
}

/**
 * How the stream is opened, by both. The smallest segments there are, so that some of the kills meet a rotation.
 * @param {Chapter} chapter
 * @returns {import('../../../src/storage/index.node.js').NodeDurableOptions}
 */
export function optionsOf({ directory, durability, shared, keeps }) {
  return {
    directory,
    durability,
    shared,
    capacity: 512,
    maxBacklog: 128,
    appraisers: [1, 3],
    segmentBytes: MIB,
    settleMs: 20,
    retention: { maxBytes: keeps ? 1024 * MIB : MIB },
    metadataBytes: 65_536,
    maxMetadataBytes: 1024,
  }
}

/**
 * The stores that follow: one of each format.
 * @param {typeof import('../../../src/storage/index.node.js').FileColdStorage} Store
 * @param {string} directory
 */
export function storesOf(Store, directory) {
  const options = { batchSize: 300, maxAgeMs: 40, flushIntervalMs: 1000, fileEvents: 2000 }
  return [
    new Store(`${directory}/cold`, { ...options, format: 'parquet' }),
    new Store(`${directory}/messages`, { ...options, format: 'messagepack', name: 'messages' }),
  ]
}
