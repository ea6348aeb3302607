/**
 * The partitions of days: made before the transactions that need them, at most so many, and looked for again inside, since
 * a day may be archived at any time.
 *
 * @module
 */

import { ExperienceError } from '../../errors.js'
import type { SqlDriver } from '../driver/driver.js'
import { DAY_LOCK } from '../sql/locks.js'
import { partitionsOf } from './days.js'
import { TooManyDaysError } from './errors.js'
import type { Queryable } from './streams.js'

/** Days whose partitions are known to have been there; asked anew beyond it. */
const MOST_KNOWN = 10_000
/** How often a transaction is made again because days are archived under it. */
const MOST_ATTEMPTS = 5

/** A partition that was there when the step was planned has been archived. Nothing was done; `days` are the ones. */
export class PartitionGoneError extends ExperienceError {
  static override readonly className: string = 'PartitionGoneError'
  readonly days: readonly number[]

  constructor(days: readonly number[]) {
    super('PARTITION_GONE', `${days.length} day(s) were archived while events were on their way there`, { days }, true)
    this.days = days
  }
}

/** See the module. */
export class Partitions {
  private readonly driver: SqlDriver
  private readonly maxDays: number
  private readonly known = new Set<number>()

  constructor(driver: SqlDriver, maxDays: number) {
    this.driver = driver
    this.maxDays = maxDays
  }

  /**
   * Makes what is missing, each day in a transaction of its own.
   * @throws {TooManyDaysError} if there would be more than `maxDays` partitions; then none is made.
   */
  private async ensure(days: readonly number[], signal?: AbortSignal): Promise<void> {
    const asked = days.filter((day) => !this.known.has(day))
    if (asked.length === 0) return
    const missing = await missingOf(this.driver, asked)
    if (missing.length > 0) await this.make(missing, signal)
    if (this.known.size > MOST_KNOWN) this.known.clear()
    for (const day of asked) this.known.add(day)
  }

  /**
   * Makes what `days` need, and then a transaction that holds them; once more, told of the days, if one was archived in
   * between.
   */
  async with<T>(
    days: readonly number[],
    transaction: () => Promise<T>,
    signal: AbortSignal | undefined,
    gone?: (days: readonly number[]) => void,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      await this.ensure(days, signal)
      try {
        return await transaction()
      } catch (error) {
        if (!(error instanceof PartitionGoneError) || attempt === MOST_ATTEMPTS) throw error
        gone?.(error.days)
      }
    }
  }

  /**
   * Takes the shared locks of days, ascending. While the transaction lasts nobody archives a day that it holds.
   * @throws {PartitionGoneError} if one of `written` has no partition (any more).
   */
  async hold(session: Queryable, days: readonly number[], written: readonly number[]): Promise<void> {
    const ascending = [...new Set([...days, ...written])].sort((a, b) => a - b)
    if (ascending.length === 0) return
    await session.query(
      'SELECT count(pg_advisory_xact_lock_shared($1, day)) FROM (SELECT day FROM unnest($2::INT4[]) day ORDER BY day) d',
      [DAY_LOCK, ascending],
    )
    const missing = await missingOf(session, written)
    if (missing.length === 0) return
    for (const day of missing) this.known.delete(day)
    throw new PartitionGoneError(missing)
  }

  private async make(days: readonly number[], signal: AbortSignal | undefined): Promise<void> {
    const count = "SELECT count(*) AS count FROM pg_inherits WHERE inhparent = 'experience_events'::REGCLASS"
    const [there] = await this.driver.query<{ count: bigint }>(count)
    const total = Number(there?.count) + days.length
    if (total > this.maxDays) {
      throw new TooManyDaysError(total, this.maxDays, partitionsOf(days[0] as number).events)
    }
    for (const day of days) {
      const sql = "SELECT experience_ensure_day(DATE '1970-01-01' + $1::INT4)"
      await this.driver.transaction((session) => session.query(sql, [day]), { signal })
    }
  }
}

async function missingOf(on: Queryable, days: readonly number[]): Promise<number[]> {
  if (days.length === 0) return []
  const names = new Map(days.map((day) => [partitionsOf(day).events, day]))
  // As rows, not by to_regclass, whose cache may be older than the locks.
  const found = await on.query<{ relname: string }>(
    `SELECT relname::TEXT AS relname FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid
     WHERE inhparent = 'experience_events'::REGCLASS AND relname = ANY ($1::TEXT[])`,
    [[...names.keys()]],
  )
  for (const { relname } of found) names.delete(relname)
  return [...names.values()]
}
