/**
 * What became of a call, as one of the errors of `errors.ts`: told by SQLSTATE, by the code of the socket, or by what the
 * library says of a connection that ended.
 *
 * @module
 */

import { ExperienceError } from '../../errors.js'
import {
  AuthenticationError,
  DatabaseError,
  DatabaseFullError,
  DatabaseMissingError,
  DatabaseUnavailableError,
  SchemaMissingError,
  SerializationConflictError,
  StatementTimeoutError,
} from '../errors.js'

/** What a failure is told with: where it was, and what no message may hold. */
export interface FailureContext {
  readonly address: string
  readonly statementTimeoutMs: number
  /** Passwords; they are blotted out of whatever a message quotes. */
  readonly secrets: readonly string[]
}

interface RawError {
  readonly code?: unknown
  readonly message?: unknown
  readonly errors?: readonly unknown[]
  readonly constraint?: unknown
  readonly table?: unknown
  readonly column?: unknown
}

const SQL_STATE = /^(?=.*\d)[0-9A-Z]{5}$/
/** Of sockets and name servers. */
const NETWORK_CODE =
  /^(?:ECONN\w+|E(?:HOST|NET)\w+|EPIPE|ETIMEDOUT|EADDRNOTAVAIL|ENOTFOUND|EAI_\w+|ENOENT|EACCES|EMFILE|ENFILE)$/
/** What `pg` says without a code of connections that could not be had or did not last. */
const CONNECTION_ENDED =
  /connection (?:terminated|timeout|error)|timeout (?:expired|exceeded)|not queryable|(?:client|connection) (?:was|has been|is) (?:closed|ended)|end on the pool/i
/** A table that migrations make. Partitions are not among them: those come and go. */
const OUR_TABLE =
  /relation "(?:experience_(?:streams|events|days|gaps|migrations|profile)|action_metadata|adna_policies|configuration_store|learning_metrics)" does not exist/

/** A server that goes away or comes up, or has no room for one more client. */
const AWAY = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '53300'])

/** Lack of room, operators, input and output, and a server that is a replica for the moment. */
const PASSING = ['53', '57', '58', '25006']

/** The typed error of a failure; errors of this package pass through as they are. */
export function failureOf(error: unknown, context: FailureContext): Error {
  if (error instanceof ExperienceError) return error
  const raw = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as RawError
  const { code } = raw
  const message = textOf(raw, context)
  const { address } = context
  const reason = typeof code === 'string' ? code : undefined
  if (reason !== undefined && SQL_STATE.test(reason)) return ofState(reason, message, raw, context)
  if (/password must be a (?:non-empty )?string|SASL|SCRAM/i.test(message)) {
    return new AuthenticationError(`${address} does not let the user in: ${message}`, { address })
  }
  const details = { address, ...(reason !== undefined && { reason }) }
  if ((reason !== undefined && NETWORK_CODE.test(reason)) || CONNECTION_ENDED.test(message)) {
    return new DatabaseUnavailableError(`no connection to ${address}: ${message}`, details)
  }
  if (reason === 'ENOSPC') return new DatabaseFullError(`${address}: ${message}`, details)
  return new DatabaseError(`${address}: ${message}`, details)
}

function ofState(sqlState: string, message: string, raw: RawError, context: FailureContext): Error {
  const { address, statementTimeoutMs } = context
  const details = { address, sqlState }
  if (sqlState.startsWith('28')) {
    return new AuthenticationError(`${address} does not let the user in: ${message}`, details)
  }
  if (sqlState === '3D000') return new DatabaseMissingError(`${address}: ${message}`, details)
  if (AWAY.has(sqlState) || sqlState.startsWith('08')) {
    return new DatabaseUnavailableError(`no connection to ${address}: ${message}`, details)
  }
  if (sqlState.startsWith('40') || sqlState === '55P03') {
    return new SerializationConflictError(`${address}: another transaction stood in the way: ${message}`, details)
  }
  if (sqlState === '42P01' && OUR_TABLE.test(message)) return new SchemaMissingError(`${address}: ${message}`, details)
  if (sqlState === '53100') return new DatabaseFullError(`${address}: ${message}`, details)
  if (sqlState === '57014' && /statement timeout/i.test(message)) {
    return new StatementTimeoutError(`${address}: a statement ran for longer than ${statementTimeoutMs} ms`, {
      ...details,
      statementTimeoutMs,
    })
  }
  const retryable = PASSING.some((start) => sqlState.startsWith(start))
  return new DatabaseError(`${address}: ${message} (${sqlState})`, { ...details, ...namesOf(raw) }, retryable)
}

function namesOf({ constraint, table, column }: RawError): Record<string, unknown> {
  return {
    ...(typeof constraint === 'string' && { constraint }),
    ...(typeof table === 'string' && { table }),
    ...(typeof column === 'string' && { column }),
  }
}

/** The message without secrets; several addresses of one name fail together, as a list without a message. */
function textOf({ message, errors, code }: RawError, { secrets }: FailureContext): string {
  const parts = Array.isArray(errors) ? errors.map((part) => String((part as Error)?.message ?? part)) : []
  const text = (typeof message === 'string' && message) || parts.join('; ') || String(code ?? 'unknown failure')
  return secrets.filter((secret) => secret !== '').reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
}
