/**
 * Makes the driver of a server: from a URL, with a pool of its own, or from a pool of the caller's.
 *
 * @module
 */

import type { Pool, PoolConfig } from 'pg'
import { InvalidArgumentError } from '../../errors.js'
import { loadCopy, loadPg } from './libraries.js'
import { type DriverOptions, driverSettings } from './options.js'
import { ServerDriver } from './server-driver.js'

/** @throws {InvalidArgumentError} @throws {MissingDependencyError} */
export async function connectServer(url: string, options: DriverOptions = {}): Promise<ServerDriver> {
  const settings = driverSettings(options)
  const [pg, copy] = await Promise.all([loadPg(), loadCopy()])
  const config: PoolConfig = {
    connectionString: url,
    max: settings.poolSize,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    idleTimeoutMillis: settings.idleTimeoutMs,
    statement_timeout: settings.statementTimeoutMs,
    application_name: settings.applicationName,
    keepAlive: true,
    allowExitOnIdle: true,
    ...(settings.tls && { ssl: settings.tls }),
  }
  const parts = partsOf(url)
  const pool = new pg.Pool(config)
  const context = {
    address: parts.address,
    statementTimeoutMs: settings.statementTimeoutMs,
    secrets: [parts.password],
  }
  return new ServerDriver({ pool, owned: true, copy, context })
}

/** A driver over a pool of the caller's, which stays the caller's. */
export async function useServer(pool: Pool, options: DriverOptions = {}): Promise<ServerDriver> {
  const { statementTimeoutMs } = driverSettings(options)
  const { host = 'localhost', port = 5432, database = '', password } = pool.options
  const secrets = typeof password === 'string' ? [password] : []
  const context = { address: `${host}:${port}/${database}`, statementTimeoutMs, secrets }
  return new ServerDriver({ pool, owned: false, copy: await loadCopy(), context })
}

/** What of a URL may be shown, and what must not. */
function partsOf(url: string): { address: string; password: string } {
  try {
    const { host, pathname, password } = new URL(url)
    return { address: `${host || 'localhost'}${pathname}`, password: decodeURIComponent(password) }
  } catch {
    throw new InvalidArgumentError('the URL of the database must be like postgres://user:password@host:5432/name')
  }
}
