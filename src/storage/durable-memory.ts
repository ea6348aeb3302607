/**
 * What the faces of durable memory have in common, wherever its files are.
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
export type { DurableSubscription } from './durable/durable-subscription.js'
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
export { History } from './history/history.js'
export type { HistoryQuery, HistoryReadOptions, HistorySampleOptions } from './history/options.js'
export { type CollectOptions, HistoryResult } from './history/result.js'
export type { HistoryGap, HistoryOrder, HistoryStore } from './history/tier.js'
export type { CorrectionList } from './journal/corrections.js'
export type { Gap, StreamIdentity } from './journal/source.js'
export type { RestorableStore, RestoreReport, StoredIdentity } from './restore/restorable-store.js'
