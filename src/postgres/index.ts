/**
 * experience-stream/postgres: streams kept in PostgreSQL, on a server or embedded.
 *
 * @module
 */

export type { ConnectOptions, DatabaseTarget } from './connect.js'
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
