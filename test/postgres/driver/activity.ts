/**
 * What the server is doing for a test.
 *
 * @module
 */

import { expect, vi } from 'vitest'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'

const OTHERS = 'SELECT count(*)::INT4 AS n FROM pg_stat_activity WHERE datname = current_database()'

/** Counts statements that sleep. */
export const SLEEPING = `${OTHERS} AND query LIKE 'SELECT pg_sleep%' AND state = 'active'`
/** Counts transactions that wait for their client. */
export const OPEN = `${OTHERS} AND state LIKE 'idle in transaction%'`

/** Waits until a count is what it is to be. */
export async function until(driver: SqlDriver, sql: string, count: number): Promise<void> {
  await vi.waitFor(async () => expect(await driver.query(sql)).toEqual([{ n: count }]), { timeout: 10_000 })
}
