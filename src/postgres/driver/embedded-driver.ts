/**
 * PGlite: PostgreSQL in this process, with one connection.
 *
 * Contract: sessions and transactions are one after the other, in the order in which they were asked for. A statement
 * under way cannot be ended, neither by a signal nor by a timeout; an aborted call ends behind it and is rolled back.
 *
 * @module
 */

import { once } from 'node:events'
import type { PGlite } from '@electric-sql/pglite'
import { ClosedError } from '../../errors.js'
import { assertChoice, assertSignal } from '../../stream/validate.js'
import type { SqlDriver, SqlRow, SqlSession, SqlValue, TransactionOptions } from './driver.js'
import { type Connection, EmbeddedSession } from './embedded-session.js'
import { type FailureContext, failureOf } from './failures.js'
import { PARSERS } from './values.js'

type Signalled = { readonly signal?: AbortSignal | undefined }

/** What a driver is made of; see `embedded.ts`. */
export interface EmbeddedParts {
  readonly database: PGlite
  readonly address: string
  /** Lets go of what belongs to the driver. */
  readonly end: () => Promise<void>
}

/** The driver. */
export class EmbeddedDriver implements SqlDriver {
  readonly kind = 'embedded'
  readonly capabilities = { concurrent: false, durable: false, cancels: false }
  readonly address: string
  private readonly parts: EmbeddedParts
  private readonly context: FailureContext
  private readonly parsers: Record<number, (text: string) => unknown>
  /** Ends when the last one that asked for the connection has given it back. */
  private tail: Promise<unknown> = Promise.resolve()
  private asked = 0
  private closing: Promise<void> | undefined

  constructor(parts: EmbeddedParts) {
    this.parts = parts
    this.address = parts.address
    this.context = { address: parts.address, statementTimeoutMs: 0, secrets: [] }
    this.parsers = parsersFor(parts.database)
  }

  get pool(): { total: number; idle: number; waiting: number } {
    return { total: 1, idle: this.asked === 0 ? 1 : 0, waiting: Math.max(0, this.asked - 1) }
  }

  query<Row extends SqlRow = SqlRow>(
    sql: string,
    values?: readonly SqlValue[],
    options: Signalled = {},
  ): Promise<Row[]> {
    return this.session((session) => session.query<Row>(sql, values), options)
  }

  session<T>(work: (session: SqlSession) => Promise<T>, options: Signalled = {}): Promise<T> {
    return this.inTurn(options.signal, () => work(this.sessionOn(this.parts.database, options.signal)))
  }

  async transaction<T>(work: (session: SqlSession) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const { isolation = 'read committed', readOnly = false, signal } = options
    assertChoice(isolation, 'isolation', ['read committed', 'repeatable read'])
    const begin = `SET TRANSACTION ISOLATION LEVEL ${isolation.toUpperCase()} ${readOnly ? 'READ ONLY' : 'READ WRITE'}`
    return this.inTurn(signal, async () => {
      let failure: unknown
      try {
        return await this.parts.database.transaction(async (connection) => {
          await connection.exec(begin)
          try {
            const result = await work(this.sessionOn(connection, signal))
            signal?.throwIfAborted()
            return result
          } catch (error) {
            failure = error
            throw error
          }
        })
      } catch (error) {
        // What `work` failed with is its own affair; BEGIN and COMMIT fail here.
        throw error === failure ? error : failureOf(error, this.context)
      }
    })
  }

  close(): Promise<void> {
    this.closing ??= this.tail.then(this.parts.end)
    return this.closing
  }

  /** Runs `work` behind what was asked for before; a signal ends the waiting at once. */
  private async inTurn<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    assertSignal(signal)
    signal?.throwIfAborted()
    if (this.closing !== undefined) throw new ClosedError('database')
    this.asked++
    const turn = this.tail
    const mine = this.afterTurn(turn, signal, work)
    // The next one waits for both: one that gives up waiting does not end what is before it.
    this.tail = mine.then(
      () => turn,
      () => turn,
    )
    try {
      return await mine
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      this.asked--
    }
  }

  private async afterTurn<T>(
    turn: Promise<unknown>,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    if (signal === undefined) await turn
    else {
      const waiting = new AbortController()
      const aborted = once(signal, 'abort', { signal: waiting.signal }).catch(() => {})
      await Promise.race([turn, aborted])
      waiting.abort()
    }
    signal?.throwIfAborted()
    return work()
  }

  private sessionOn(connection: Connection, signal: AbortSignal | undefined): SqlSession {
    return new EmbeddedSession(connection, this.parsers, this.context, signal)
  }
}

/** All types that a database knows as text, but for those that we read. */
function parsersFor(database: PGlite): Record<number, (text: string) => unknown> {
  const all = Object.keys(database.parsers).map((oid) => [oid, (text: string) => text] as const)
  return { ...Object.fromEntries(all), ...Object.fromEntries(PARSERS) }
}
