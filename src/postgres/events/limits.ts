/**
 * How much a query does at a time.
 *
 * @module
 */

/** All are numbers of events, but for `days`; tests take small ones. */
export interface QueryLimits {
  /** Of a page: 2 MiB of records. */
  readonly page: number
  /** Of a page with metadata, of which each may be large. */
  readonly described: number
  /** What a statement looks at in the order of time or of numbers, however few it finds; see `windows.ts`. */
  readonly window: number
  /** What one statement counts, unless a day alone has more. */
  readonly counted: number
  /** Partitions that one statement touches: each takes locks, of which a server with its usual settings has some thousands. */
  readonly days: number
}

export const QUERY_LIMITS: QueryLimits = {
  page: 16_384,
  described: 1024,
  window: 1_000_000,
  counted: 4_000_000,
  days: 256,
}
