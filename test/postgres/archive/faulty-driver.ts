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
import { StorageError } from '../../../src/storage/errors.js'
import type { FaultyFiles } from '../../storage/cold/faulty-files.js'

export class FaultyDriver implements SqlDriver {
  /** Calls so far. */
  calls = 0
  private readonly inner: SqlDriver
  private readonly dieAfter: number
  private readonly files: FaultyFiles

  /** @param dieAfter number of the call that is the last one; whether its answer arrives does not matter then */
  constructor(inner: SqlDriver, files: FaultyFiles, dieAfter = Number.POSITIVE_INFINITY) {
    this.inner = inner
    this.files = files
    this.dieAfter = dieAfter
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
    if (this.calls++ === this.dieAfter) this.files.crashed = true
    this.assertAlive()
    return result
  }

  private assertAlive(): void {
    if (this.files.crashed) throw new StorageError('the process has ended')
  }
}
