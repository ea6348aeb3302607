/**
 * A session on PGlite: statements, and COPY both ways through the file that it calls `/dev/blob`.
 *
 * @module
 */

import type { Transaction } from '@electric-sql/pglite'
import type { SqlRow, SqlSession, SqlValue } from './driver.js'
import { type FailureContext, failureOf } from './failures.js'
import { rowsOf, textOf } from './values.js'

/** A database, or a transaction of it. */
export type Connection = Pick<Transaction, 'query' | 'exec'>

/** Texts of parameters are ready as they are. */
const SERIALIZERS = new Proxy({}, { get: () => (text: string) => text })

/** The one connection, for as long as it is lent. */
export class EmbeddedSession implements SqlSession {
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
