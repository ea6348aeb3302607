/**
 * A session on a connection of `pg`: statements, and COPY both ways by pg-copy-streams.
 *
 * @module
 */

import { once } from 'node:events'
import type { PoolClient } from 'pg'
import type { SqlRow, SqlSession, SqlValue } from './driver.js'
import { type FailureContext, failureOf } from './failures.js'
import type { CopyLibrary } from './libraries.js'
import { parserOf, rowsOf, textOf } from './values.js'

/** Types for one query; the library's own are left as they are. */
const TYPES = { getTypeParser: (oid: number) => parserOf(oid) }

/** One connection, lent by a pool. */
export class ServerSession implements SqlSession {
  /** Whether the connection may be in a state that nobody knows, so that it must not be used again. */
  broken = false
  private readonly client: PoolClient
  private readonly copy: CopyLibrary
  private readonly context: FailureContext

  constructor(client: PoolClient, copy: CopyLibrary, context: FailureContext) {
    this.client = client
    this.copy = copy
    this.context = context
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
      const stream = this.client.query(this.copy.from(sql))
      const ended = new Promise<void>((resolve, reject) => {
        stream.once('finish', resolve)
        stream.once('error', reject)
      })
      // The failure is seen by whoever awaits next; it must not count as unhandled before.
      ended.catch(() => {})
      try {
        for (const piece of pieces) {
          if (!stream.write(piece)) await Promise.race([once(stream, 'drain'), ended])
        }
      } catch (error) {
        // Half a COPY is under way: only the end of the connection ends it for sure.
        this.destroy()
        throw error
      }
      stream.end()
      await ended
      return stream.rowCount
    })
  }

  copyOut(sql: string): Promise<Uint8Array[]> {
    return this.told(async () => {
      const stream = this.client.query(this.copy.to(sql))
      const pieces: Uint8Array[] = []
      for await (const piece of stream) pieces.push(piece as Uint8Array)
      return pieces
    })
  }

  /** Cuts the connection. */
  destroy(): void {
    this.broken = true
    streamOf(this.client).destroy()
  }

  private async told<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw failureOf(error, this.context)
    }
  }
}

/** Bytes go as they are; everything else as text. */
function parameter(value: SqlValue): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : textOf(value)
}

/** The socket of a connection. */
export function streamOf(client: PoolClient): { destroy(error?: Error): void } {
  return (client as unknown as { connection: { stream: { destroy(error?: Error): void } } }).connection.stream
}
