/**
 * The figures of the days, which are computed when they are asked to be.
 *
 * @module
 */

import { assertInteger } from '../../stream/validate.js'
import type { RefreshOptions } from '../contract.js'
import type { SqlDriver } from '../driver/driver.js'
import { signalOf } from './arguments.js'

const REFRESH = 'SELECT refresh_daily_experience()'
const LONGEST_MS = 2 ** 31 - 1

/** Computes the materialised view `daily_experience` anew; whoever reads it meanwhile reads the figures of before. */
export async function refreshAnalytics(driver: SqlDriver, options: RefreshOptions = {}): Promise<void> {
  const signal = signalOf(options, ['timeoutMs'])
  const { timeoutMs = 3_600_000 } = options
  assertInteger(timeoutMs, 'timeoutMs', 1, LONGEST_MS)
  await driver.transaction((session) => session.query(REFRESH), { signal, statementTimeoutMs: timeoutMs })
}
