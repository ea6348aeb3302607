/**
 * A PostgreSQL server behind a pool of connections of `pg`.
 *
 * Contract:
 * - A pool that was handed over is never closed, and its connections come back to it with the settings that they had.
 * - An aborted call has ended in the server as well when it rejects: its statement is cancelled by a request on a
 *   connection of its own, its transaction rolled back. Its connection is then closed, so that a cancellation that comes
 *   late can hit nothing else.
 * - A server that stays silent for longer than the statement timeout and some seconds counts as gone.
 *
 * @module
 */

import { setTimeout } from 'node:timers/promises'
import type { Pool, PoolClient } from 'pg'
import { ClosedError } from '../../errors.js'
import { assertChoice, assertInteger, assertSignal } from '../../stream/validate.js'
import { DatabaseUnavailableError } from '../errors.js'
import type { SqlDriver, SqlRow, SqlSession, SqlValue, TransactionOptions } from './driver.js'
import { failureOf } from './failures.js'
import { ServerSession, type SessionParts } from './server-session.js'
import { type Restore, restore, setUp } from './session-settings.js'

type Signalled = { readonly signal?: AbortSignal | undefined }

/** How long to wait for the other end to take leave of a connection; the library's pool does not wait at all. */
const LEAVE_MS = 1000

/** What a driver is made of; see `server.ts`. */
export interface ServerParts extends SessionParts {
  readonly pool: Pool
  /** Whether the pool is closed with the driver. */
  readonly owned: boolean
}

/** The driver. */
export class ServerDriver implements SqlDriver {
  readonly kind = 'server'
  readonly capabilities = { concurrent: true, durable: true, cancels: true }
  readonly address: string
  private readonly parts: ServerParts
  /** Connections of our pool that are set up. */
  private readonly ready = new WeakSet<PoolClient>()
  private readonly running = new Set<Promise<unknown>>()
  /** One for each connection of our pool; they resolve when it is gone. */
  private readonly ends = new Set<Promise<void>>()
  private closing: Promise<void> | undefined

  constructor(parts: ServerParts) {
    this.parts = parts
    this.address = parts.context.address
    parts.pool.on('error', ignore)
    if (parts.owned) parts.pool.on('connect', (client) => this.follow(client))
  }

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
    return this.lend(work, options.signal)
  }

  async transaction<T>(work: (session: SqlSession) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const { isolation = 'read committed', readOnly = false, statementTimeoutMs, signal } = options
    assertChoice(isolation, 'isolation', ['read committed', 'repeatable read'])
    if (statementTimeoutMs !== undefined) assertInteger(statementTimeoutMs, 'statementTimeoutMs', 0, 2 ** 31 - 1)
    const begin = `BEGIN ISOLATION LEVEL ${isolation.toUpperCase()} ${readOnly ? 'READ ONLY' : 'READ WRITE'}`
    const limit = statementTimeoutMs === undefined ? '' : `; SET LOCAL statement_timeout = ${statementTimeoutMs}`
    return this.lend(async (session) => {
      const usual = session.limitMs
      try {
        await session.run(begin + limit)
        session.limitMs = statementTimeoutMs ?? usual
        const result = await work(session)
        signal?.throwIfAborted()
        await session.commit()
        return result
      } catch (error) {
        await session.rollback()
        throw error
      } finally {
        session.limitMs = usual
      }
    }, signal)
  }

  close(): Promise<void> {
    this.closing ??= this.end()
    return this.closing
  }

  private async end(): Promise<void> {
    await Promise.allSettled([...this.running])
    // A connection may still fail on its way out, so that a pool of ours keeps its listener.
    if (!this.parts.owned) this.parts.pool.removeListener('error', ignore)
    else {
      await this.parts.pool.end()
      const gone = new AbortController()
      await Promise.race([
        Promise.all(this.ends),
        setTimeout(LEAVE_MS, undefined, { signal: gone.signal }).catch(ignore),
      ])
      gone.abort()
    }
  }

  private follow(client: PoolClient): void {
    const ended = new Promise<void>((resolve) => client.once('end', resolve))
    this.ends.add(ended)
    ended.then(() => this.ends.delete(ended))
  }

  private lend<T>(work: (session: ServerSession) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (this.closing !== undefined) return Promise.reject(new ClosedError('database'))
    const run = this.lent(work, signal)
    this.running.add(run)
    const end = (): boolean => this.running.delete(run)
    run.then(end, end)
    return run
  }

  /** Lends a connection to `work`, and sees to it that only a sound one comes back to the pool. */
  private async lent<T>(work: (session: ServerSession) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    assertSignal(signal)
    signal?.throwIfAborted()
    const client = await this.acquire(signal)
    const session = new ServerSession(client, this.parts, signal)
    session.begin()
    try {
      const before = await this.setUp(client, session)
      try {
        return await work(session)
      } finally {
        if (before !== undefined && session.sound) await session.quietly(() => restore(session, before))
      }
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      session.end()
      client.release(!session.sound)
    }
  }

  /** Sets a connection of ours up once, one of the caller's each time; returns what to put back then. */
  private async setUp(client: PoolClient, session: ServerSession): Promise<Restore | undefined> {
    if (this.ready.has(client)) return undefined
    const before = await setUp(session, this.parts.context.statementTimeoutMs)
    if (!this.parts.owned) return before
    this.ready.add(client)
    return undefined
  }

  private acquire(signal: AbortSignal | undefined): Promise<PoolClient> {
    const { pool, context } = this.parts
    const lent = pool.connect().catch((error: unknown) => {
      const isBusy = error instanceof Error && error.message === 'timeout exceeded when trying to connect'
      if (!isBusy) throw failureOf(error, context)
      const { max, connectionTimeoutMillis } = pool.options
      throw new DatabaseUnavailableError(
        `${context.address}: all ${max} connections of the pool were busy for ${connectionTimeoutMillis} ms`,
        { address: context.address, poolSize: max },
      )
    })
    if (signal === undefined) return lent
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        reject(signal.reason)
        lent.then((client) => client.release(), ignore)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      const settled = (): void => signal.removeEventListener('abort', onAbort)
      lent.then(settled, settled)
      lent.then(resolve, reject)
    })
  }
}

function ignore(): void {}
