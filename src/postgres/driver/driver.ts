/**
 * What the tier asks of a database, so that everything above it is written once: a PostgreSQL server behind a pool of
 * connections, or PGlite, which is PostgreSQL in this process with one connection.
 *
 * Contract:
 * - Values reach the database as parameters. COPY takes none: its text is made of what `sql/text.ts` lets through.
 * - Every failure is one of `errors.ts`, told by its SQLSTATE or by what became of the connection; none shows a password.
 * - A session that failed in a way that leaves its connection in doubt does not go back to the pool.
 * - A statement runs for `statementTimeoutMs` at most, on every connection, where the database can end one.
 * - A signal that is aborted ends the waiting for a connection and cancels the statement under way; the call rejects with
 *   the signal's reason, and a transaction is rolled back. Only a COMMIT that was sent already is not undone.
 *
 * @module
 */

/** A value for a placeholder. Bytes are BYTEA, arrays become arrays of the type that the statement casts them to. */
export type SqlValue = null | boolean | number | bigint | string | Uint8Array | readonly SqlValue[]

/**
 * A row. Types as the database has them: INT8 is `bigint`, INT2, INT4, REAL and DOUBLE are `number`, BYTEA is
 * `Uint8Array`, JSONB is parsed, TIMESTAMPTZ is `Date`, all others are text.
 */
export type SqlRow = Readonly<Record<string, unknown>>

/** What differs between databases, and what tests and callers may ask about. */
export interface SqlCapabilities {
  /** Several transactions at the same time. */
  readonly concurrent: boolean
  /** What is committed survives a crash of the machine. */
  readonly durable: boolean
  /** A statement under way can be ended: by a signal, by its timeout. */
  readonly cancels: boolean
}

/** One connection, for as long as it is lent. Calls are made one after the other. */
export interface SqlSession {
  query<Row extends SqlRow = SqlRow>(sql: string, values?: readonly SqlValue[]): Promise<Row[]>
  /** Several statements without values, as of a file. */
  run(sql: string): Promise<void>
  /**
   * `COPY … FROM STDIN (FORMAT binary)`: the pieces together are one COPY stream. They belong to the driver until the call
   * ends. If taking a piece throws, nothing of the COPY is kept and the call rejects with what was thrown. Returns how many
   * rows it had.
   */
  copyIn(sql: string, pieces: Iterable<Uint8Array>): Promise<number>
  /** `COPY … TO STDOUT (FORMAT binary)`: the whole result in pieces, which the caller owns. The caller bounds its size. */
  copyOut(sql: string): Promise<Uint8Array[]>
}

/** How a transaction is begun. */
export interface TransactionOptions {
  readonly signal?: AbortSignal | undefined
  /** `'read committed'` unless given. */
  readonly isolation?: 'read committed' | 'repeatable read' | undefined
  readonly readOnly?: boolean | undefined
  /** Longest statement of this transaction in ms; 0 is no limit. Default: that of the driver. */
  readonly statementTimeoutMs?: number | undefined
}

/** A database. */
export interface SqlDriver {
  readonly kind: 'server' | 'embedded'
  readonly capabilities: SqlCapabilities
  /** Host, port and database, or the folder: for messages. Without user and password. */
  readonly address: string
  /** Connections at this moment. */
  readonly pool: { readonly total: number; readonly idle: number; readonly waiting: number }
  /** One statement on any connection. */
  query<Row extends SqlRow = SqlRow>(
    sql: string,
    values?: readonly SqlValue[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Row[]>
  /** Several calls on one connection, without a transaction around them. */
  session<T>(work: (session: SqlSession) => Promise<T>, options?: { signal?: AbortSignal | undefined }): Promise<T>
  /** Commits what `work` did, or rolls it back if it rejects. */
  transaction<T>(work: (session: SqlSession) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Waits for what runs and lets go of every connection that it made. Does nothing the second time. */
  close(): Promise<void>
}
