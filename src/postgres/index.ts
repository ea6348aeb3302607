/**
 * experience-stream/postgres: streams kept in PostgreSQL, on a server or embedded.
 *
 * @module
 */

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
export {
  checkSchema,
  type MigrateOptions,
  type MigrationReport,
  type MigrationStep,
  migrate,
  type SchemaReport,
} from './schema/migrate.js'
