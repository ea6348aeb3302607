/**
 * Migrating a database that nothing else is done with: what `experience-stream migrate` does.
 *
 * @module
 */

import { openDatabase } from './connect.js'
import type { DriverOptions } from './driver/options.js'
import { type MigrateOptions, type MigrationReport, migrate as migrateSchema } from './schema/migrate.js'
import type { DatabaseTarget } from './target.js'

/**
 * Brings the schema of a database to what this package needs, as `schema/migrate.ts` says: files of SQL in order, each
 * once and as a whole, whoever else does the same at the same time.
 *
 * @example
 * ```ts
 * const report = await migrate('memory://', { profile: 'analytics' })
 * console.log(report.from, report.to === report.applied.length - 1, report.profile) // 0 true analytics
 * ```
 *
 * @throws {SchemaVersionError} if a newer package, or one of another build, has migrated it
 * @throws {UnsupportedDatabaseError} if it is older than PostgreSQL 15 or not in UTF-8
 * @throws {InvalidArgumentError} and the errors of a connection: {@link DatabaseUnavailableError} and its like.
 */
export async function migrate(
  target: DatabaseTarget,
  options: MigrateOptions & { readonly connection?: DriverOptions | undefined } = {},
): Promise<MigrationReport> {
  const { connection = {}, ...rest } = options
  const driver = await openDatabase(target, connection, rest.signal)
  try {
    return await migrateSchema(driver, rest)
  } finally {
    await driver.close()
  }
}
