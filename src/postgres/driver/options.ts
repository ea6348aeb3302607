/**
 * How a database is connected to.
 *
 * @module
 */

import { InvalidArgumentError, invalid } from '../../errors.js'
import { assertInteger, assertKeys } from '../../stream/validate.js'

/** How connections are made and bounded. */
export interface DriverOptions {
  /** Connections at the same time, 1 to 1000. Default 4. Not for a pool of the caller's. */
  readonly poolSize?: number | undefined
  /** How long a statement may run in ms, at least 1. Default 30,000. */
  readonly statementTimeoutMs?: number | undefined
  /** How long to wait for a connection in ms, at least 1. Default 10,000. Not for a pool of the caller's. */
  readonly connectTimeoutMs?: number | undefined
  /** After how many ms without use a connection is closed, at least 1. Default 10,000. Not for a pool of the caller's. */
  readonly idleTimeoutMs?: number | undefined
  /**
   * `'require'` encrypts and takes any certificate, `'verify-full'` only one that the machine trusts and that has the name
   * of the host; an object is handed to Node's `tls.connect`. Default: what the URL's `sslmode` says. Not for a pool of
   * the caller's.
   */
  readonly tls?: 'require' | 'verify-full' | Readonly<Record<string, unknown>> | undefined
  /** Name in `pg_stat_activity`. Default `'experience-stream'`. Not for a pool of the caller's. */
  readonly applicationName?: string | undefined
}

/** The same with every default filled in. */
export interface DriverSettings {
  readonly poolSize: number
  readonly statementTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly tls: Readonly<Record<string, unknown>> | undefined
  readonly applicationName: string
}

/** Names of all options. */
export const OPTION_KEYS = [
  'poolSize',
  'statementTimeoutMs',
  'connectTimeoutMs',
  'idleTimeoutMs',
  'tls',
  'applicationName',
]
/** Longer timers overflow, in Node and in the server. */
const LONGEST_MS = 2 ** 31 - 1
const LONGEST_NAME = 63

/** @throws {InvalidArgumentError} */
export function driverSettings(options: DriverOptions): DriverSettings {
  assertKeys(options, 'options', OPTION_KEYS)
  const {
    poolSize = 4,
    statementTimeoutMs = 30_000,
    connectTimeoutMs = 10_000,
    idleTimeoutMs = 10_000,
    applicationName = 'experience-stream',
  } = options
  assertInteger(poolSize, 'poolSize', 1, 1000)
  assertInteger(statementTimeoutMs, 'statementTimeoutMs', 1, LONGEST_MS)
  assertInteger(connectTimeoutMs, 'connectTimeoutMs', 1, LONGEST_MS)
  assertInteger(idleTimeoutMs, 'idleTimeoutMs', 1, LONGEST_MS)
  if (typeof applicationName !== 'string' || applicationName.length > LONGEST_NAME || /[^ -~]/.test(applicationName)) {
    throw invalid('applicationName', `be at most ${LONGEST_NAME} printable ASCII characters`, applicationName)
  }
  const tls = tlsOptions(options.tls)
  return { poolSize, statementTimeoutMs, connectTimeoutMs, idleTimeoutMs, tls, applicationName }
}

/** @throws {InvalidArgumentError} if one of the other options is given. */
export function assertOnly(options: DriverOptions, taken: readonly (keyof DriverOptions)[], target: string): void {
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || !OPTION_KEYS.includes(key) || taken.includes(key as keyof DriverOptions)) continue
    throw new InvalidArgumentError(`${key} is not for ${target}, which takes ${taken.join(', ')}`, { key })
  }
}

function tlsOptions(tls: unknown): Readonly<Record<string, unknown>> | undefined {
  if (tls === undefined) return undefined
  if (tls === 'require') return { rejectUnauthorized: false }
  if (tls === 'verify-full') return { rejectUnauthorized: true }
  if (typeof tls === 'object' && tls !== null) return tls as Readonly<Record<string, unknown>>
  throw invalid('tls', "be 'require', 'verify-full' or options of Node's tls.connect", tls)
}
