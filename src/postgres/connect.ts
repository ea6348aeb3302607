/**
 * Connects to a database, whichever kind it is: a URL of a server, a pool of `pg`, an embedded database by URL, or an
 * instance of PGlite.
 *
 * @module
 */

import type { PGlite } from '@electric-sql/pglite'
import type { Pool } from 'pg'
import { InvalidArgumentError, invalid } from '../errors.js'
import { assertBoolean, assertKeys, assertSignal } from '../stream/validate.js'
import type { SqlDriver } from './driver/driver.js'
import { openEmbedded, useEmbedded } from './driver/embedded.js'
import { type DriverOptions, OPTION_KEYS } from './driver/options.js'
import { connectServer, useServer } from './driver/server.js'
import { UnsupportedDatabaseError } from './errors.js'
import { checkSchema, migrate } from './schema/migrate.js'
import type { DatabaseTarget } from './target.js'

/** How to connect. */
export interface ConnectOptions extends DriverOptions {
  /**
   * Makes the tables where they are missing, or brings them up to date. Default: true for an embedded database, false for
   * a server, where it is for `experience-stream migrate` to do.
   */
  readonly migrate?: boolean | undefined
  /** Ends the connecting. */
  readonly signal?: AbortSignal | undefined
}

/** Below, neither functions nor plans are as this package has them; no such version is tested. */
const OLDEST_VERSION = 15

/**
 * Connects, and sees to it that the database can be used.
 *
 * @throws {InvalidArgumentError} for a target or an option that is wrong; it shows nothing of a URL
 * @throws {MissingDependencyError} if the library for this kind of database is not installed
 * @throws {DatabaseUnavailableError} @throws {AuthenticationError} @throws {DatabaseMissingError}
 * @throws {UnsupportedDatabaseError} if it is older than PostgreSQL 15 or not in UTF-8
 * @throws {SchemaMissingError} @throws {SchemaVersionError}
 * @throws {DirectoryLockedError} if another process has the folder of an embedded database.
 */
export async function connectDatabase(target?: DatabaseTarget, options: ConnectOptions = {}): Promise<SqlDriver> {
  assertKeys(options, 'options', [...OPTION_KEYS, 'migrate', 'signal'])
  const { migrate: wanted, signal, ...rest } = options
  if (wanted !== undefined) assertBoolean(wanted, 'migrate')
  assertSignal(signal)
  signal?.throwIfAborted()
  const driver = await openDatabase(target, rest, signal)
  try {
    if (wanted ?? driver.kind === 'embedded') await migrate(driver, { signal })
    else await checkSchema(driver, { signal })
    return driver
  } catch (error) {
    await driver.close()
    throw error
  }
}

/** Connects to a database that can be used, whatever is in it. Throws as {@link connectDatabase}. */
export async function openDatabase(
  target: DatabaseTarget,
  options: DriverOptions,
  signal: AbortSignal | undefined,
): Promise<SqlDriver> {
  const driver = await driverOf(target, options)
  try {
    await assertUsable(driver, signal)
    return driver
  } catch (error) {
    await driver.close()
    throw error
  }
}

/** The driver for a target, without a word to the database yet. */
function driverOf(target: DatabaseTarget, options: DriverOptions): Promise<SqlDriver> {
  if (target === undefined) return openEmbedded('memory://', options)
  if (typeof target === 'string') return ofUrl(target, options)
  if (target instanceof URL) return ofUrl(target.href, options)
  if (isPglite(target)) return useEmbedded(target, options)
  if (isPool(target)) return useServer(target, options)
  throw invalid('the database', 'be a URL, a Pool of pg or a PGlite', target)
}

async function ofUrl(url: string, options: DriverOptions): Promise<SqlDriver> {
  if (url.startsWith('postgres://') || url.startsWith('postgresql://')) return connectServer(url, options)
  if (url === 'memory://' || url.startsWith('file://')) return openEmbedded(url, options)
  // Whatever else it is may be a URL with a slip in it, so that nothing of it is shown.
  throw new InvalidArgumentError(
    'the URL of a database must begin with postgres://, postgresql://, memory:// or file://',
  )
}

async function assertUsable(driver: SqlDriver, signal: AbortSignal | undefined): Promise<void> {
  const [found] = await driver.query<{ version: number; name: string; encoding: string }>(
    `SELECT current_setting('server_version_num')::INT4 AS version, current_setting('server_version') AS name,
       current_setting('server_encoding') AS encoding`,
    [],
    { signal },
  )
  const { version = 0, name = '', encoding = '' } = found ?? {}
  if (version < OLDEST_VERSION * 10_000) {
    const message = `${driver.address} is PostgreSQL ${name}, this package needs ${OLDEST_VERSION} or later`
    throw new UnsupportedDatabaseError(message, { found: name, oldest: OLDEST_VERSION })
  }
  if (encoding !== 'UTF8') {
    const message = `${driver.address} has encoding ${encoding}, this package needs UTF8`
    throw new UnsupportedDatabaseError(message, { encoding })
  }
}

/** Whether it is a pool: told by what it can do, since it may be of another copy of the library. */
function isPool(target: unknown): target is Pool {
  return has(target, ['connect', 'query', 'end']) && 'totalCount' in target && 'options' in target
}

/** Whether it is a PGlite, told likewise. */
function isPglite(target: unknown): target is PGlite {
  return has(target, ['query', 'exec', 'transaction', 'execProtocol'])
}

function has(target: unknown, methods: readonly string[]): target is object {
  if (typeof target !== 'object' || target === null) return false
  return methods.every((name) => typeof (target as Record<string, unknown>)[name] === 'function')
}
