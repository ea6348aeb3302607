/**
 * The errors of databases. Each has `details.sqlState` where the database gave one; none holds a password, a parameter
 * or a row.
 *
 * @module
 */

import { ExperienceError } from '../errors.js'

type Details = Readonly<Record<string, unknown>>

/** No connection to the database: it is away, starting, stopping, full of clients, or the connection was cut. */
export class DatabaseUnavailableError extends ExperienceError {
  static override readonly className: string = 'DatabaseUnavailableError'

  constructor(message: string, details?: Details) {
    super('DATABASE_UNAVAILABLE', message, details, true)
  }
}

/** The database does not let this user in. */
export class AuthenticationError extends ExperienceError {
  static override readonly className: string = 'AuthenticationError'

  constructor(message: string, details?: Details) {
    super('AUTHENTICATION', message, details)
  }
}

/** The server has no database of this name. */
export class DatabaseMissingError extends ExperienceError {
  static override readonly className: string = 'DatabaseMissingError'

  constructor(message: string, details?: Details) {
    super('DATABASE_MISSING', message, details)
  }
}

/** The database cannot be used: its version is too old, or it does not hold text in UTF-8. */
export class UnsupportedDatabaseError extends ExperienceError {
  static override readonly className: string = 'UnsupportedDatabaseError'

  constructor(message: string, details?: Details) {
    super('UNSUPPORTED_DATABASE', message, details)
  }
}

/** The database has no tables of this package yet; the message has the command that makes them. */
export class SchemaMissingError extends ExperienceError {
  static override readonly className: string = 'SchemaMissingError'

  constructor(message: string, details?: Details) {
    super('SCHEMA_MISSING', message, details)
  }
}

/** The tables of the database are not those of this version of the package. */
export class SchemaVersionError extends ExperienceError {
  static override readonly className: string = 'SchemaVersionError'

  constructor(message: string, details?: Details) {
    super('SCHEMA_VERSION', message, details)
  }
}

/** A statement ran for longer than `statementTimeoutMs`. */
export class StatementTimeoutError extends ExperienceError {
  static override readonly className: string = 'StatementTimeoutError'

  constructor(message: string, details?: Details) {
    super('STATEMENT_TIMEOUT', message, details, true)
  }
}

/** The disk of the database is full. */
export class DatabaseFullError extends ExperienceError {
  static override readonly className: string = 'DatabaseFullError'

  constructor(message: string, details?: Details) {
    super('DATABASE_FULL', message, details, true)
  }
}

/** Another transaction stood in the way: try again. */
export class SerializationConflictError extends ExperienceError {
  static override readonly className: string = 'SerializationConflictError'

  constructor(message: string, details?: Details) {
    super('SERIALIZATION_CONFLICT', message, details, true)
  }
}

/** Everything else that a database refuses. */
export class DatabaseError extends ExperienceError {
  static override readonly className: string = 'DatabaseError'

  constructor(message: string, details?: Details, retryable = false) {
    super('DATABASE', message, details, retryable)
  }
}
