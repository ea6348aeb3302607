import { describe, expect, test } from 'vitest'
import { ExperienceError, InvalidArgumentError } from '../../../src/errors.js'
import { failureOf } from '../../../src/postgres/driver/failures.js'
import { isWorthRetrying } from '../../../src/storage/follow/retry.js'

const context = { address: 'db:5432/app', statementTimeoutMs: 500, secrets: ['s3cret'] }

describe('what a failure is told as', () => {
  test.each<[string, string, string, boolean]>([
    ['28P01', 'password authentication failed for user "x"', 'AUTHENTICATION', false],
    ['28000', 'no pg_hba.conf entry for host', 'AUTHENTICATION', false],
    ['3D000', 'database "app" does not exist', 'DATABASE_MISSING', false],
    ['57P01', 'terminating connection due to administrator command', 'DATABASE_UNAVAILABLE', true],
    ['57P03', 'the database system is starting up', 'DATABASE_UNAVAILABLE', true],
    ['53300', 'sorry, too many clients already', 'DATABASE_UNAVAILABLE', true],
    ['08006', 'connection failure', 'DATABASE_UNAVAILABLE', true],
    ['25P03', 'terminating connection due to idle-in-transaction timeout', 'DATABASE_UNAVAILABLE', true],
    ['40001', 'could not serialize access', 'SERIALIZATION_CONFLICT', true],
    ['40P01', 'deadlock detected', 'SERIALIZATION_CONFLICT', true],
    ['55P03', 'canceling statement due to lock timeout', 'SERIALIZATION_CONFLICT', true],
    ['53100', 'could not extend file: No space left on device', 'DATABASE_FULL', true],
    ['57014', 'canceling statement due to statement timeout', 'STATEMENT_TIMEOUT', true],
    ['57014', 'canceling statement due to user request', 'DATABASE', true],
    ['53200', 'out of memory', 'DATABASE', true],
    ['58030', 'could not read file', 'DATABASE', true],
    ['25006', 'cannot execute INSERT in a read-only transaction', 'DATABASE', true],
    ['23505', 'duplicate key value violates unique constraint', 'DATABASE', false],
    ['42501', 'permission denied for table t', 'DATABASE', false],
    ['42P01', 'relation "experience_events" does not exist', 'SCHEMA_MISSING', false],
    ['42P01', 'relation "experience_events_20261121" does not exist', 'DATABASE', false],
    ['XX000', 'internal error', 'DATABASE', false],
  ])('SQLSTATE %s, %s: %s', (sqlState, message, code, retryable) => {
    const failure = failureOf(Object.assign(new Error(message), { code: sqlState }), context)
    expect(failure).toBeInstanceOf(ExperienceError)
    expect(failure).toMatchObject({ code, retryable, details: { sqlState, address: 'db:5432/app' } })
    expect(isWorthRetrying(failure)).toBe(retryable)
  })

  test.each<[string, object]>([
    ['a refused connection', Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })],
    ['a name that nobody knows', Object.assign(new Error('getaddrinfo ENOTFOUND db'), { code: 'ENOTFOUND' })],
    ['a name server that is away', Object.assign(new Error('getaddrinfo EAI_AGAIN db'), { code: 'EAI_AGAIN' })],
    ['a pipe that broke', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })],
    ['an end without a reason', new Error('Connection terminated unexpectedly')],
    ['an end while connecting', new Error('Connection terminated due to connection timeout')],
    ['a client that failed before', new Error('Client has encountered a connection error and is not queryable')],
    [
      'several addresses',
      Object.assign(new AggregateError([new Error('a'), new Error('b')], ''), { code: 'ECONNREFUSED' }),
    ],
  ])('%s is a database that is not there', (_, error) => {
    const failure = failureOf(error, context)
    expect(failure).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryable: true })
    expect(failure.message).toMatch(/^no connection to db:5432\/app: .+/)
  })

  test('a name that several addresses were tried for tells all reasons', () => {
    const failure = failureOf(
      new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')], ''),
      context,
    )
    expect(failure.message).toContain('::1 refused; 127.0.0.1 refused')
  })

  test.each(['SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string', 'Password must be a string'])(
    'a password that is missing is a matter of authentication: %s',
    (message) => {
      expect(failureOf(new Error(message), context)).toMatchObject({ code: 'AUTHENTICATION' })
    },
  )

  test.each<[string, object]>([
    ['TLS where there is none', new Error('The server does not support SSL connections')],
    [
      'a certificate that nobody trusts',
      Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
    ],
  ])('%s is no matter of time', (_, error) => {
    expect(failureOf(error, context)).toMatchObject({ code: 'DATABASE', retryable: false })
  })

  test('a full disk below an embedded database is one of a server', () => {
    const error = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    expect(failureOf(error, context)).toMatchObject({ code: 'DATABASE_FULL', retryable: true })
  })

  test('errors of this package stay what they are', () => {
    const error = new InvalidArgumentError('wrong')
    expect(failureOf(error, context)).toBe(error)
  })

  test.each([undefined, null, 5, 'text', {}])('whatever is thrown becomes an error: %s', (thrown) => {
    expect(failureOf(thrown, context)).toMatchObject({ code: 'DATABASE' })
  })

  test('a password never gets into an error, and neither does a row', () => {
    const raw = Object.assign(new Error('what is s3cret doing in a message'), {
      code: '23514',
      detail: 'Failing row contains (4711).',
      where: 'COPY t, line 1: "4711"',
      internalQuery: 's3cret',
    })
    const failure = failureOf(raw, context)
    const shown = JSON.stringify([failure.message, failure.stack, { ...failure }, failure.cause ?? ''])
    expect(shown).not.toMatch(/s3cret|4711/)
  })
})
