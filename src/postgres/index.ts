/**
 * experience-stream/postgres: streams kept in PostgreSQL, on a server or embedded.
 *
 * @module
 */

export {
  ArchiveBusyError,
  ArchiveChangedError,
  ArchiveIncompleteError,
  ArchiveUnavailableError,
  ArchiveVerificationError,
} from './archive/errors.js'
export type { ArchiveCallOptions, ArchiveOptions, ArchiveProgress } from './archive/options.js'
export type { Archiving, ArchivingOptions, ArchivingTurn } from './archive/schedule.js'
export { type BackendOptions, PostgresBackend } from './backend.js'
export type { ConnectOptions } from './connect.js'
export type * from './contract.js'
export type {
  SqlCapabilities,
  SqlDriver,
  SqlRow,
  SqlSession,
  SqlValue,
  TransactionOptions,
} from './driver/driver.js'
export type { DriverOptions } from './driver/options.js'
export * from './errors.js'
export { PolicyNotFoundError } from './knowledge/errors.js'
export { migrate } from './migrate.js'
export type { MigrateOptions, MigrationReport, MigrationStep } from './schema/migrate.js'
export { CheckpointMovedError, JournalOwnedError, TooManyDaysError, UnknownStreamError } from './store/errors.js'
export type { DatabaseTarget, PgliteTarget, PoolTarget } from './target.js'
export type { CopyTarget } from './transfer/copy.js'
export { TransferMismatchError } from './transfer/errors.js'
export {
  type ExportOptions,
  exportEvents,
  type ImportOptions,
  type ImportTarget,
  type IncomingStream,
  importEvents,
  type TransferOptions,
  type TransferProgress,
  type TransferReport,
  type TransferStore,
} from './transfer/transfer.js'
