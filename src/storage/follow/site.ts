/**
 * Where a follower lives.
 *
 * @module
 */

import type { JournalHost } from '../durable/host.js'
import type { FollowClock } from './clock.js'
import type { Look } from './look.js'

/** What a follower needs of those who made it. */
export interface FollowerSite {
  readonly host: JournalHost
  readonly clock: FollowClock
  /** After how many further events one is settled. */
  readonly settleEvents: number
  look(): Look
  /** The follower has got further: limits and retention may have changed. */
  moved(): void
  /** The follower has come to its end, other than by failing. */
  ended(name: string): void
}
