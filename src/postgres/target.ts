/**
 * What can be connected to. The shapes of what users bring of the libraries stand here, so that the types of this package
 * need none of them to be installed.
 *
 * @module
 */

/** A `Pool` of `pg`, of any copy of it. */
export interface PoolTarget {
  connect(): Promise<unknown>
  query(sql: string): Promise<unknown>
  end(): Promise<void>
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  readonly options: object
}

/** A `PGlite` of `@electric-sql/pglite`. */
export interface PgliteTarget {
  query(sql: string): Promise<unknown>
  exec(sql: string): Promise<unknown>
  execProtocol(message: Uint8Array): Promise<unknown>
  close(): Promise<void>
  readonly waitReady: Promise<void>
}

/**
 * What to connect to: `postgres://user:password@host:5432/name`, a pool of `pg`, `memory://`, `file://DIR`, or an instance
 * of PGlite. Undefined is `memory://`. A pool or an instance stays the caller's and is not closed.
 */
export type DatabaseTarget = string | URL | PoolTarget | PgliteTarget | undefined
