/**
 * A PostgreSQL server behind a pool of connections of `pg`.
 *
 * Contract:
 * - A pool that was handed over is never closed, and its connections come back to it as they were.
 * - An aborted statement is cancelled by a request on a connection of its own; its connection is then closed, so that a
 *   cancellation that comes late can hit nothing else.
 *
 * @module
 */

import type { Pool, PoolClient } from 'pg'
import { DatabaseUnavailableError } from '../errors.js'
import { cancelRequest } from './cancel.js'
import type { SqlDriver, SqlRow, SqlSession, SqlValue, TransactionOptions } from './driver.js'
import { type FailureContext, failureOf } from './failures.js'
import type { CopyLibrary } from './libraries.js'
import { ServerSession } from './server-session.js'

type Signalled = { readonly signal?: AbortSignal | undefined }

/** What a driver is made of; see `server.ts`. */
export interface ServerParts {
  readonly pool: Pool
  /** Whether the pool is closed with the driver. */
  readonly owned: boolean
  readonly copy: CopyLibrary
  readonly context: FailureContext
}

/** The driver. */
export class ServerDriver implements SqlDriver {
  readonly kind = 'server'
  readonly capabilities = { concurrent: true, durable: true, cancels: true }
  readonly address: string
  private readonly parts: ServerParts
  private closing: Promise<void> | undefined

  constructor(parts: ServerParts) {
    this.parts = parts
    this.address = parts.context.address
    // Of a connection that nobody uses: the pool has already let go of it.
    if (parts.owned) parts.pool.on('error', () => {})
  }

  /** Connections of the pool. */
  get pool(): { total: number; idle: number; waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.parts.pool
    return { total: totalCount, idle: idleCount, waiting: waitingCount }
  }

  query<Row extends SqlRow = SqlRow>(
    sql: string,
    values?: readonly SqlValue[],
    options: Signalled = {},
  ): Promise<Row[]> {
    return this.session((session) => session.query<Row>(sql, values), options)
  }

  session<T>(work: (session: SqlSession) => Promise<T>, options: Signalled = {}): Promise<T> {
    return this.lend((session) => work(session), options.signal)
  }

  transaction<T>(work: (session: SqlSession) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const { isolation = 'read committed', readOnly = false, signal } = options
    return this.lend(async (session) => {
      await session.run(`BEGIN ISOLATION LEVEL ${isolation.toUpperCase()} ${readOnly ? 'READ ONLY' : 'READ WRITE'}`)
      try {
        const result = await work(session)
        signal?.throwIfAborted()
        await session.run('COMMIT')
        return result
      } catch (error) {
        if (!session.broken) {
          await session.run('ROLLBACK').catch(() => {
            session.broken = true
          })
        }
        throw error
      }
    }, signal)
  }

  close(): Promise<void> {
    this.closing ??= this.parts.owned ? this.parts.pool.end() : Promise.resolve()
    return this.closing
  }

  /** Lends a connection to `work`, and sees to it that only a sound one comes back to the pool. */
  private async lend<T>(work: (session: ServerSession) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted()
    const client = await this.acquire(signal)
    const session = new ServerSession(client, this.parts.copy, this.parts.context)
    const onError = (): void => {
      session.broken = true
    }
    client.on('error', onError)
    const onAbort = (): void => {
      session.broken = true
      cancelRequest(client).catch(() => session.destroy())
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      if (!this.parts.owned) await this.limit(session)
      const result = await work(session)
      signal?.throwIfAborted()
      return result
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof DatabaseUnavailableError) session.broken = true
      throw error
    } finally {
      signal?.removeEventListener('abort', onAbort)
      client.removeListener('error', onError)
      if (!this.parts.owned && !session.broken) await this.unlimit(session)
      client.release(session.broken)
    }
  }

  private acquire(signal: AbortSignal | undefined): Promise<PoolClient> {
    const lent = this.parts.pool.connect().catch((error: unknown) => {
      throw failureOf(error, this.parts.context)
    })
    if (signal === undefined) return lent
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        reject(signal.reason)
        lent.then(
          (client) => client.release(),
          () => {},
        )
      }
      signal.addEventListener('abort', onAbort, { once: true })
      lent.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    })
  }

  private async limit(session: ServerSession): Promise<void> {
    const { statementTimeoutMs } = this.parts.context
    const sql = `SELECT set_config('experience.caller_timeout', current_setting('statement_timeout'), false),
      set_config('statement_timeout', $1, false)`
    await session.query(sql, [String(statementTimeoutMs)])
  }

  private async unlimit(session: ServerSession): Promise<void> {
    const sql = "SELECT set_config('statement_timeout', current_setting('experience.caller_timeout'), false)"
    await session.query(sql).catch(() => {
      session.broken = true
    })
  }
}
