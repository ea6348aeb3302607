/**
 * PGlite: PostgreSQL in this process, with one connection.
 *
 * Contract: sessions and transactions are one after the other, in the order in which they were asked for. A statement
 * under way cannot be ended, neither by a signal nor by a timeout; an aborted call ends behind it and is rolled back.
 *
 * @module
 */

import type { PGlite, Transaction } from '@electric-sql/pglite'
import type { SqlDriver, SqlRow, SqlSession, SqlValue, TransactionOptions } from './driver.js'
import { type FailureContext, failureOf } from './failures.js'
import { PARSERS, rowsOf, textOf } from './values.js'

type Signalled = { readonly signal?: AbortSignal | undefined }
type Connection = Pick<Transaction, 'query' | 'exec'>

/** Texts of parameters are ready as they are. */
const SERIALIZERS = new Proxy({}, { get: () => (text: string) => text })

/** The driver. */
export class EmbeddedDriver implements SqlDriver {
  readonly kind = 'embedded'
  readonly capabilities = { concurrent: false, durable: false, cancels: false }
  readonly address: string
  private readonly database: PGlite
  private readonly owned: boolean
  private readonly context: FailureContext
  /** Ends when the last session that was asked for has ended. */
  private tail: Promise<unknown> = Promise.resolve()
  private waiting = 0
  private closing: Promise<void> | undefined

  constructor(database: PGlite, address: string, owned: boolean) {
    this.database = database
    this.address = address
    this.owned = owned
    this.context = { address, statementTimeoutMs: 0, secrets: [] }
  }

  /** The one connection, as a pool would say it. */
  get pool(): { total: number; idle: number; waiting: number } {
    return { total: 1, idle: this.waiting === 0 ? 1 : 0, waiting: Math.max(0, this.waiting - 1) }
  }

  query<Row extends SqlRow = SqlRow>(
    sql: string,
    values?: readonly SqlValue[],
    options: Signalled = {},
  ): Promise<Row[]> {
    return this.session((session) => session.query<Row>(sql, values), options)
  }

  session<T>(work: (session: SqlSession) => Promise<T>, options: Signalled = {}): Promise<T> {
    return this.inTurn(options.signal, () => work(this.sessionOn(this.database, options.signal)))
  }

  transaction<T>(work: (session: SqlSession) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const { isolation = 'read committed', readOnly = false, signal } = options
    return this.inTurn(signal, () =>
      this.database.transaction(async (connection) => {
        await connection.exec(
          `SET TRANSACTION ISOLATION LEVEL ${isolation.toUpperCase()} ${readOnly ? 'READ ONLY' : 'READ WRITE'}`,
        )
        const result = await work(this.sessionOn(connection, signal))
        signal?.throwIfAborted()
        return result
      }),
    )
  }

  async close(): Promise<void> {
    this.closing ??= this.tail.then(() => (this.owned ? this.database.close() : undefined))
    await this.closing
  }

  /** Runs `work` behind what was asked for before; a signal ends the waiting, and a call under way at its next step. */
  private inTurn<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    this.waiting++
    const mine = this.tail.then(async () => {
      try {
        signal?.throwIfAborted()
        return await work()
      } catch (error) {
        signal?.throwIfAborted()
        throw failureOf(error, this.context)
      } finally {
        this.waiting--
      }
    })
    this.tail = mine.catch(() => {})
    if (signal === undefined) return mine
    return new Promise((resolve, reject) => {
      mine.then(resolve, reject)
      signal.addEventListener('abort', () => mine.then(reject, () => reject(signal.reason)), { once: true })
    })
  }

  private sessionOn(connection: Connection, signal: AbortSignal | undefined): SqlSession {
    return new EmbeddedSession(connection, this.parsers(), this.context, signal)
  }

  /** All types that the database knows as text, but for those that we read. */
  private parsers(): Record<number, (text: string) => unknown> {
    const all = Object.keys(this.database.parsers).map((oid) => [oid, (text: string) => text] as const)
    return { ...Object.fromEntries(all), ...Object.fromEntries(PARSERS) }
  }
}

class EmbeddedSession implements SqlSession {
  private readonly connection: Connection
  private readonly parsers: Record<number, (text: string) => unknown>
  private readonly context: FailureContext
  private readonly signal: AbortSignal | undefined

  constructor(
    connection: Connection,
    parsers: Record<number, (text: string) => unknown>,
    context: FailureContext,
    signal: AbortSignal | undefined,
  ) {
    this.connection = connection
    this.parsers = parsers
    this.context = context
    this.signal = signal
  }

  query<Row extends SqlRow = SqlRow>(sql: string, values: readonly SqlValue[] = []): Promise<Row[]> {
    return this.told(async () => {
      const options = { parsers: this.parsers, serializers: SERIALIZERS }
      const { rows } = await this.connection.query(sql, values.map(textOf), options)
      return rowsOf<Row>(rows)
    })
  }

  run(sql: string): Promise<void> {
    return this.told(async () => {
      await this.connection.exec(sql)
    })
  }

  copyIn(sql: string, pieces: Iterable<Uint8Array>): Promise<number> {
    return this.told(async () => {
      const blob = new Blob([...pieces] as BlobPart[])
      const { affectedRows = 0 } = await this.connection.query(throughBlob(sql, 'FROM STDIN'), [], { blob })
      return affectedRows
    })
  }

  copyOut(sql: string): Promise<Uint8Array[]> {
    return this.told(async () => {
      const { blob } = await this.connection.query(throughBlob(sql, 'TO STDOUT'))
      return blob === undefined ? [] : [new Uint8Array(await blob.arrayBuffer())]
    })
  }

  private async told<T>(call: () => Promise<T>): Promise<T> {
    this.signal?.throwIfAborted()
    try {
      return await call()
    } catch (error) {
      throw failureOf(error, this.context)
    }
  }
}

/** COPY goes through a file of that name. */
function throughBlob(sql: string, stream: 'FROM STDIN' | 'TO STDOUT'): string {
  const at = sql.lastIndexOf(stream)
  return `${sql.slice(0, at)}${stream.split(' ')[0]} '/dev/blob'${sql.slice(at + stream.length)}`
}
