/**
 * A session on a connection of `pg`: statements, and COPY both ways by pg-copy-streams.
 *
 * @module
 */

import { once } from 'node:events'
import type { PoolClient } from 'pg'
import { DatabaseError, DatabaseUnavailableError } from '../errors.js'
import { cancelRequest } from './cancel.js'
import type { SqlRow, SqlSession, SqlValue } from './driver.js'
import { type FailureContext, failureOf } from './failures.js'
import type { CopyLibrary, PgLibrary } from './libraries.js'
import { parserOf, rowsOf, textOf } from './values.js'

/** Types for one query; the library's own are left as they are. */
const TYPES = { getTypeParser: (oid: number) => parserOf(oid) }
/** How long after its own timeout a server may stay silent before its connection counts as dead. */
const SILENCE_MS = 5000
/** How long a cancelled statement may take to end before its connection is cut. */
const CANCEL_MS = 3000

/** What sessions are made of. */
export interface SessionParts {
  readonly pg: PgLibrary
  readonly copy: CopyLibrary
  readonly context: FailureContext
}

/** One connection, lent by a pool. */
export class ServerSession implements SqlSession {
  /** Whether the connection may be lent again. */
  sound = true
  /** Longest statement in ms; 0 is no limit. */
  limitMs: number
  private readonly client: PoolClient
  private readonly parts: SessionParts
  private readonly signal: AbortSignal | undefined
  /** Why the connection was cut, if it was. */
  private cut: string | undefined
  /** Ends when the server has passed a cancellation on. */
  private cancelling: Promise<void> | undefined
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(client: PoolClient, parts: SessionParts, signal?: AbortSignal) {
    this.client = client
    this.parts = parts
    this.signal = signal
    this.limitMs = parts.context.statementTimeoutMs
  }

  /** Listens for the end of the connection and for the signal. */
  begin(): void {
    this.client.on('error', this.onError)
    this.signal?.addEventListener('abort', this.onAbort, { once: true })
  }

  /** Listens no more. A connection that is left within a transaction is not sound. */
  end(): void {
    const { getTransactionStatus } = this.client as { getTransactionStatus?: () => string | null }
    if (getTransactionStatus !== undefined && getTransactionStatus.call(this.client) !== 'I') this.sound = false
    clearTimeout(this.timer)
    this.client.removeListener('error', this.onError)
    this.signal?.removeEventListener('abort', this.onAbort)
  }

  query<Row extends SqlRow = SqlRow>(sql: string, values: readonly SqlValue[] = []): Promise<Row[]> {
    return this.told(async () => {
      const { rows } = await this.client.query({ text: sql, values: values.map(parameter), types: TYPES as never })
      return rowsOf<Row>(rows)
    })
  }

  run(sql: string): Promise<void> {
    return this.told(async () => {
      await this.client.query(sql)
    })
  }

  copyIn(sql: string, pieces: Iterable<Uint8Array>): Promise<number> {
    return this.told(async () => {
      const stream = this.client.query(this.parts.copy.from(sql))
      const closed = new Promise<void>((resolve) => stream.once('close', resolve))
      let failure: Error | undefined
      stream.once('error', (error) => {
        failure = error
      })
      try {
        for (const piece of pieces) {
          this.signal?.throwIfAborted()
          // Rejects with the server's error, if that is what comes instead.
          if (!stream.write(piece)) await once(stream, 'drain')
          if (failure) throw failure
        }
      } catch (error) {
        // Half a COPY is under way, which only the client can give up; what it says goes into the server's log.
        if (failure === undefined) {
          stream.destroy(new Error('the rows could not be made'))
          await closed
        }
        throw error
      }
      const finished = once(stream, 'finish')
      stream.end()
      await finished
      return stream.rowCount
    })
  }

  copyOut(sql: string): Promise<Uint8Array[]> {
    return this.told(async () => {
      const stream = this.client.query(this.parts.copy.to(sql))
      const pieces: Uint8Array[] = []
      for await (const piece of stream) pieces.push(piece as Uint8Array)
      return pieces
    })
  }

  /** @throws {DatabaseError} if the server rolled back instead, since a statement had failed and nobody minded. */
  async commit(): Promise<void> {
    await this.told(async () => {
      const { command } = await this.client.query('COMMIT')
      if (command === 'COMMIT') return
      throw new DatabaseError(`${this.parts.context.address}: a statement failed, so the transaction was rolled back`, {
        address: this.parts.context.address,
        sqlState: '25P02',
      })
    })
  }

  /** Undoes a transaction, also when the signal is aborted. */
  async rollback(): Promise<void> {
    // A cancellation that is still on its way would hit the ROLLBACK.
    await this.cancelling
    if (this.cut === undefined) await this.quietly(() => this.guarded(() => this.client.query('ROLLBACK')))
  }

  /** Does what must not hide an earlier failure; a connection on which it fails is not lent again. */
  async quietly(call: () => Promise<unknown>): Promise<void> {
    await call().catch(() => {
      this.sound = false
    })
  }

  private readonly onError = (error: Error): void => {
    this.sound = false
    this.cut ??= failureOf(error, this.parts.context).message
  }

  private readonly onAbort = (): void => {
    this.sound = false
    this.cancelling = cancelRequest(this.parts.pg, this.client)
    this.timer = setTimeout(() => this.destroy('a cancelled statement did not end'), CANCEL_MS)
  }

  /** Cuts the connection, so that whatever waits for it fails. */
  private destroy(reason: string): void {
    this.sound = false
    this.cut ??= reason
    socketOf(this.client).destroy()
  }

  private async told<T>(call: () => Promise<T>): Promise<T> {
    this.signal?.throwIfAborted()
    if (this.cut !== undefined) throw this.unavailable(this.cut)
    try {
      return await this.guarded(call)
    } catch (error) {
      const failure = failureOf(error, this.parts.context)
      if (failure instanceof DatabaseUnavailableError) this.sound = false
      if (this.cut !== undefined && failure instanceof DatabaseUnavailableError) throw this.unavailable(this.cut)
      throw failure
    }
  }

  /** A server that is cut off does not say so: nobody waits for it much longer than for its own timeout. */
  private async guarded<T>(call: () => Promise<T>): Promise<T> {
    if (this.limitMs === 0) return call()
    const patience = this.limitMs + SILENCE_MS
    const timer = setTimeout(() => this.destroy(`no answer within ${patience} ms`), Math.min(patience, 2 ** 31 - 1))
    try {
      return await call()
    } finally {
      clearTimeout(timer)
    }
  }

  private unavailable(reason: string): DatabaseUnavailableError {
    const { address } = this.parts.context
    const told = reason.startsWith('no connection') ? reason : `no connection to ${address}: ${reason}`
    return new DatabaseUnavailableError(told, { address })
  }
}

/** Bytes go as they are; everything else as text. */
function parameter(value: SqlValue): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : textOf(value)
}

function socketOf(client: PoolClient): { destroy(): void } {
  return (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream
}
