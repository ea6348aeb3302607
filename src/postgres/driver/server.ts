/**
 * Makes the driver of a server: from a URL, with a pool of its own, or from a pool of the caller's.
 *
 * @module
 */

import type { EventEmitter } from 'node:events'
import type { ClientConfig, Pool, PoolConfig } from 'pg'
import { InvalidArgumentError } from '../../errors.js'
import { destinationOf, destinationOfPool, saysHowToEncrypt } from './address.js'
import { loadCopy, loadPg, type PgLibrary } from './libraries.js'
import { assertOnly, type DriverOptions, driverSettings } from './options.js'
import { ServerDriver } from './server-driver.js'

/** Of connections that say nothing, so that one whose other end is gone is found out before it is needed. */
const KEEP_ALIVE_MS = 30_000

/**
 * A driver with a pool of its own. Connections are made when they are needed.
 * @throws {InvalidArgumentError} @throws {MissingDependencyError}
 */
export async function connectServer(url: string, options: DriverOptions = {}): Promise<ServerDriver> {
  const settings = driverSettings(options)
  const [pg, copy] = await Promise.all([loadPg(), loadCopy()])
  const destination = destinationOf(pg, url)
  if (settings.tls && saysHowToEncrypt(url)) {
    throw new InvalidArgumentError('give either the option tls or the parameters of the URL that say how to encrypt')
  }
  const config: PoolConfig = {
    connectionString: url,
    max: settings.poolSize,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    idleTimeoutMillis: settings.idleTimeoutMs,
    application_name: settings.applicationName,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    allowExitOnIdle: true,
    Client: tidyClient(pg) as never,
    ...(settings.tls && { ssl: settings.tls }),
  }
  const context = { ...destination, statementTimeoutMs: settings.statementTimeoutMs }
  return new ServerDriver({ pool: new pg.Pool(config), owned: true, pg, copy, context })
}

/**
 * A driver over a pool of the caller's, which stays the caller's. Of the options it takes `statementTimeoutMs` alone.
 * @throws {InvalidArgumentError} @throws {MissingDependencyError}
 */
export async function useServer(pool: Pool, options: DriverOptions = {}): Promise<ServerDriver> {
  assertOnly(options, ['statementTimeoutMs'], 'a pool of your own')
  const { statementTimeoutMs } = driverSettings(options)
  const [pg, copy] = await Promise.all([loadPg(), loadCopy()])
  const context = { ...destinationOfPool(pg, pool), statementTimeoutMs }
  return new ServerDriver({ pool, owned: false, pg, copy, context })
}

/**
 * The library's client, but one that lets go of its socket when its connection fails. Otherwise a server that was not given
 * the password that it asked for goes on waiting for a minute, and DROP DATABASE with it.
 */
function tidyClient(pg: PgLibrary): typeof pg.Client {
  return class extends pg.Client {
    constructor(config?: string | ClientConfig) {
      super(config)
      const { connection } = this as unknown as Connected
      connection.on('error', () => connection.stream.destroy())
    }
  }
}

interface Connected {
  readonly connection: EventEmitter & { readonly stream: { destroy(): void } }
}
