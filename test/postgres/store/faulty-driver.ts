/**
 * A driver that fails when it is told to: before a call, so that nothing has happened, or behind it, so that it has and
 * nobody knows. What fails in a transaction rolls it back; a failure behind the commit does not.
 *
 * @module
 */

import type {
  SqlDriver,
  SqlRow,
  SqlSession,
  SqlValue,
  TransactionOptions,
} from '../../../src/postgres/driver/driver.js'
import { DatabaseUnavailableError } from '../../../src/postgres/errors.js'

/** What becomes of a call. */
export type Fate = 'well' | 'before' | 'behind'

export class FaultyDriver implements SqlDriver {
  readonly kind
  readonly capabilities
  readonly address
  /** Calls so far. */
  calls = 0
  /** Decides about each call, by its number. */
  fate: (call: number) => Fate = () => 'well'
  private readonly inner: SqlDriver

  get pool(): SqlDriver['pool'] {
    return this.inner.pool
  }

  constructor(inner: SqlDriver) {
    this.inner = inner
    this.kind = inner.kind
    this.capabilities = inner.capabilities
    this.address = inner.address
  }

  query<Row extends SqlRow>(sql: string, values?: readonly SqlValue[]): Promise<Row[]> {
    return this.step(() => this.inner.query<Row>(sql, values))
  }

  session<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.inner.session((session) => work(this.wrap(session)))
  }

  transaction<T>(work: (session: SqlSession) => Promise<T>, options?: TransactionOptions): Promise<T> {
    const run = async (): Promise<T> => {
      const fate = this.next()
      const result = await this.inner.transaction(async (session) => {
        const result = await work(this.wrap(session))
        if (fate === 'before') throw lost()
        return result
      }, options)
      if (fate === 'behind') throw lost()
      return result
    }
    return run()
  }

  async close(): Promise<void> {}

  private wrap(session: SqlSession): SqlSession {
    return {
      query: <Row extends SqlRow>(sql: string, values?: readonly SqlValue[]) => {
        return this.step(() => session.query<Row>(sql, values))
      },
      run: (sql) => this.step(() => session.run(sql)),
      copyIn: (sql, pieces) => this.step(() => session.copyIn(sql, pieces)),
      copyOut: (sql) => this.step(() => session.copyOut(sql)),
    }
  }

  private next(): Fate {
    return this.fate(this.calls++)
  }

  private async step<T>(call: () => Promise<T>): Promise<T> {
    const fate = this.next()
    if (fate === 'before') throw lost()
    const result = await call()
    if (fate === 'behind') throw lost()
    return result
  }
}

function lost(): Error {
  return new DatabaseUnavailableError('the connection was cut on purpose')
}
