/**
 * How far the journal is for those who follow it: what is safe, and what of it is settled. One for all followers.
 *
 * @module
 */

import type { Checkpoint } from '../cold/cold-storage.js'
import type { JournalHost, JournalProgress } from '../durable/host.js'
import type { FollowClock } from './clock.js'
import { SettleWatermark } from './watermark.js'

/** Longer timers overflow. */
const LONGEST_MS = 2 ** 31 - 1

/** What one look at the journal has seen. */
export interface Look {
  /** What to wait on for more. */
  readonly progress: JournalProgress
  /** Events and blocks before it are as safe as the level says; followers do not go further. */
  readonly horizon: Checkpoint
  /** Events before it are settled. */
  readonly settled: number
  /** In how many ms more will be settled by time alone; Infinity if nothing is waiting for it. */
  readonly dueMs: number
}

/** Looks at the journal of a stream. */
export class Lookout {
  private readonly host: JournalHost
  private readonly clock: FollowClock
  private readonly watermark: SettleWatermark

  constructor(host: JournalHost, capacity: number, clock: FollowClock) {
    this.host = host
    this.clock = clock
    host.source.refresh()
    this.watermark = new SettleWatermark(host.source, capacity, host.settleMs)
  }

  /** O(what is new since the last look). */
  look(): Look {
    const { source, progress } = this.host
    source.refresh()
    const horizon = {
      seq: Math.min(source.endSeq, progress.durableSeq),
      position: Math.min(source.endPosition, progress.durablePosition),
    }
    const now = this.clock.now()
    this.watermark.update(source, horizon, now)
    const { seq, dueUs } = this.watermark
    const leftMs = Math.ceil(((dueUs ?? Number.POSITIVE_INFINITY) - now) / 1000)
    const dueMs = dueUs === undefined ? leftMs : Math.min(LONGEST_MS, Math.max(1, leftMs))
    return { progress, horizon, settled: Math.min(seq, horizon.seq), dueMs }
  }
}
