/**
 * experience-stream/node: streams that survive their program.
 *
 * @module
 */

export type {
  Checkpoint,
  ColdBatch,
  ColdQuery,
  ColdStorage,
  EventMetadata,
  StoredEvents,
} from './cold/cold-storage.js'
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
export type { DurableSubscription } from './durable/durable-subscription.js'
export { type NodeDurableOptions, openExperienceStream } from './durable/open.node.js'
export { DurableExperienceStream } from './durable/stream.js'
export type {
  Damage,
  Durability,
  DurableOptions,
  DurableStreamStats,
  DurableSubscribeOptions,
  JournalRetention,
  JournalStats,
  RecoveryReport,
} from './durable/types.js'
export {
  BackpressureError,
  CorruptSegmentError,
  DirectoryLockedError,
  MissingDependencyError,
  ResultTooLargeError,
  StorageError,
  StoreMismatchError,
} from './errors.js'
export type { Follower } from './follow/follower.js'
export type {
  FollowerLag,
  FollowerState,
  FollowerStats,
  FollowOptions,
  FollowReport,
} from './follow/options.js'
export type { RetryOptions } from './follow/retry.js'
export { HistoryBatch, HistorySample } from './history/batch.js'
export { DirectoryHistory } from './history/directory-history.js'
export { History } from './history/history.js'
export { type OpenHistoryOptions, openHistory } from './history/open-history.node.js'
export type { HistoryQuery, HistoryReadOptions, HistorySampleOptions } from './history/options.js'
export { type CollectOptions, HistoryResult } from './history/result.js'
export type { HistoryGap, HistoryOrder, HistoryStore } from './history/tier.js'
export type { CorrectionList } from './journal/corrections.js'
export type { Gap, StreamIdentity } from './journal/source.js'
