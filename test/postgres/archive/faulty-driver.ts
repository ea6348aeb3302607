/**
 * A driver that dies on purpose: behind a chosen call nothing reaches the database any more, as if the process had ended
 * there. What was not committed by then is rolled back, as the server does when a connection ends.
 */
import type {
  SqlDriver,
  SqlRow,
  SqlSession,
  SqlValue,
  TransactionOptions,
} from '../../../src/postgres/driver/driver.js'
import { DatabaseUnavailableError } from '../../../src/postgres/errors.js'

export class FaultyDriver implements SqlDriver {
  /** Calls so far. */
  calls = 0
  /** Whether nothing works any more. */
  dead = false
  private readonly inner: SqlDriver
  private readonly dieAfter: number
  private readonly isOver: () => boolean

  /**
   * @param dieAfter number of the call that is the last one; it is carried out, and its answer is lost
   * @param isOver whether everything has ended for another reason
   */
  constructor(inner: SqlDriver, dieAfter: number, isOver: () => boolean = () => false) {
    this.inner = inner
    this.dieAfter = dieAfter
    this.isOver = isOver
  }

  get kind(): SqlDriver['kind'] {
    return this.inner.kind
  }

  get capabilities(): SqlDriver['capabilities'] {
    return this.inner.capabilities
  }

  get address(): string {
    return this.inner.address
  }

  get pool(): SqlDriver['pool'] {
    return this.inner.pool
  }

  query<Row extends SqlRow = SqlRow>(sql: string, values?: readonly SqlValue[]): Promise<Row[]> {
    return this.call(() => this.inner.query<Row>(sql, values))
  }

  session<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.inner.session((session) => work(this.wrap(session)))
  }

  transaction<T>(work: (session: SqlSession) => Promise<T>, options?: TransactionOptions): Promise<T> {
    this.assertAlive()
    // The commit is a call as well: one that may be the last.
    return this.call(() => this.inner.transaction((session) => work(this.wrap(session)), options))
  }

  close(): Promise<void> {
    return this.inner.close()
  }

  private wrap(session: SqlSession): SqlSession {
    return {
      query: <Row extends SqlRow>(sql: string, values?: readonly SqlValue[]) =>
        this.call(() => session.query<Row>(sql, values)),
      run: (sql) => this.call(() => session.run(sql)),
      copyIn: (sql, pieces) => this.call(() => session.copyIn(sql, pieces)),
      copyOut: (sql) => this.call(() => session.copyOut(sql)),
    }
  }

  private async call<T>(work: () => Promise<T>): Promise<T> {
    this.assertAlive()
    const result = await work()
    if (this.calls++ === this.dieAfter) this.dead = true
    this.assertAlive()
    return result
  }

  private assertAlive(): void {
    if (this.dead || this.isOver()) throw new DatabaseUnavailableError('the connection has ended')
  }
}
