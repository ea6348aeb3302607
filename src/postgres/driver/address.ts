/**
 * URLs of databases: what of them may be shown, and what must not.
 *
 * @module
 */

import type { Pool } from 'pg'
import { InvalidArgumentError } from '../../errors.js'
import type { PgLibrary } from './libraries.js'

/** Where a URL leads to, and the passwords in it in every form that a message might quote. */
export interface Destination {
  /** Host, port and database. */
  readonly address: string
  readonly secrets: readonly string[]
}

/**
 * Takes a URL apart, as the library does.
 * @throws {InvalidArgumentError} which shows nothing of the URL, since parts of a password may stand anywhere in a wrong one.
 */
export function destinationOf(pg: PgLibrary, url: string): Destination {
  const parsed = checkedUrl(url)
  let destination: Destination
  try {
    destination = shown(new pg.Client({ connectionString: url }))
  } catch {
    // Its message may name files, such as those of certificates, or quote parts of the URL.
    throw notAUrl('its parts cannot be read')
  }
  const written = [parsed.password, parsed.searchParams.get('password') ?? ''].filter((secret) => secret !== '')
  return { ...destination, secrets: [...new Set([...destination.secrets, ...written])] }
}

/** Where a pool leads to. @throws {InvalidArgumentError} */
export function destinationOfPool(pg: PgLibrary, pool: Pool): Destination {
  try {
    return shown(new pg.Client(pool.options))
  } catch {
    throw new InvalidArgumentError('the options of the pool must be those of a PostgreSQL server, they cannot be read')
  }
}

function shown(client: ClientParts): Destination {
  const { host, port, database = '', password } = client
  return {
    address: host.startsWith('/') ? `${host}/${database}` : `${host}:${port}/${database}`,
    secrets: [password, process.env.PGPASSWORD].filter(
      (secret) => typeof secret === 'string' && secret !== '',
    ) as string[],
  }
}

interface ClientParts {
  readonly host: string
  readonly port: number
  readonly database?: string | undefined
  readonly password?: unknown
}

/** Whether a URL says by itself how to encrypt. */
export function saysHowToEncrypt(url: string): boolean {
  const { searchParams } = checkedUrl(url)
  return ['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'sslnegotiation'].some((name) => searchParams.has(name))
}

function checkedUrl(url: string): URL {
  let parsed: URL
  try {
    // The library reads a host that is left out behind a password, too.
    parsed = new URL(url.replace('@/', '@localhost/'))
  } catch {
    throw notAUrl('it is no URL')
  }
  if (parsed.protocol !== 'postgres:' && parsed.protocol !== 'postgresql:') throw notAUrl('it has another scheme')
  // A password with '/', '?' or '#' that is not encoded ends the name of the host early, and the rest shows up here.
  if (`${parsed.pathname}${parsed.search}`.includes('@') || parsed.hash !== '') {
    throw notAUrl("write '@', '/', '?', '#' and '%' within its parts as %40, %2F, %3F, %23 and %25")
  }
  return parsed
}

function notAUrl(why: string): InvalidArgumentError {
  return new InvalidArgumentError(`the database must be a URL like postgres://user:password@host:5432/name: ${why}`)
}
