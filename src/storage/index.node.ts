/**
 * experience-stream/node: streams that survive their program.
 *
 * @module
 */

export { FileColdStorage } from './cold/file-cold-storage.node.js'
export type { EventFile, FileDamage, FileFormat, RowFilter } from './cold/file-format.js'
export { ParquetFormat } from './cold/parquet/parquet-format.node.js'
export type { ColdReader } from './cold/read/cold-reader.js'
export type { ColdCoverage, ColdStats, ColdVerification } from './cold/report.js'
export type { ColdStoreStats, CompactOptions } from './cold/write/cold-store.js'
export type { CompactionProgress } from './cold/write/compaction.js'
export type { ColdOpening } from './cold/write/opening.js'
export type { FileColdStorageOptions } from './cold/write/options.js'
export type { ColdRetention } from './cold/write/retention.js'
export { type ConfiguredStream, durableOptionsFromConfig } from './durable/config.js'
export { type NodeDurableOptions, openExperienceStream } from './durable/open.node.js'
export * from './durable-memory.js'
export { MissingDependencyError } from './errors.js'
export { DirectoryHistory } from './history/directory-history.js'
export { type OpenHistoryOptions, openHistory } from './history/open-history.node.js'
