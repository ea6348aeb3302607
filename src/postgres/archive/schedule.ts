/**
 * Archives at intervals, for as long as it is not stopped.
 *
 * Contract:
 * - One run at a time, and of all processes that share a database one at a time: one that finds another at work skips its
 *   turn. Intervals have jitter, so that the turns of several processes fall apart.
 * - A run that fails is told and tried again, after a minute, then two, up to an hour.
 * - It keeps no process alive.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import { MS_PER_DAY, US_PER_DAY } from '../../storage/cold/partition.js'
import type { FollowClock } from '../../storage/follow/clock.js'
import { Backoff } from '../../storage/follow/retry.js'
import { assertFinite, assertInteger, assertKeys } from '../../stream/validate.js'
import type { ArchiveReport } from '../contract.js'
import { ArchiveBusyError } from './errors.js'
import { type ArchiveCallOptions, MOST_DAYS } from './options.js'

/** How often, and what is due. */
export interface ArchivingOptions {
  /** From run to run in ms, 1000 to 2,147,483,647. Default one day. */
  readonly everyMs?: number | undefined
  /** Part of the interval that chance takes away, 0 to 1. Default 0.1. */
  readonly jitter?: number | undefined
  /** Days that a day stays in the database after its end. Default: what `archive.afterDays` says. */
  readonly afterDays?: number | undefined
  /** Called after each turn. */
  readonly onReport?: ((turn: ArchivingTurn) => void) | undefined
}

/** What became of one turn. `nextMs` is how long it is to the next. */
export type ArchivingTurn =
  | { readonly kind: 'archived'; readonly report: ArchiveReport; readonly nextMs: number }
  /** Somebody else was at it. */
  | { readonly kind: 'skipped'; readonly nextMs: number }
  | { readonly kind: 'failed'; readonly error: unknown; readonly attempt: number; readonly nextMs: number }

/** What it works on. */
export interface Archivable {
  readonly afterDays: number
  archive(olderThan: number, options: ArchiveCallOptions): Promise<ArchiveReport>
}

const KEYS = ['everyMs', 'jitter', 'afterDays', 'onReport']
const LONGEST_MS = 2 ** 31 - 1
/** The first turn is within a minute: a process that is started anew every hour archives as well. */
const FIRST_MS = 60_000
const RETRY = { initialMs: 60_000, maxMs: 3_600_000 }

/** Archiving at intervals, begun by its constructor. */
export class Archiving {
  /** What became of the last turn. */
  last: ArchivingTurn | undefined
  private readonly archive: Archivable
  private readonly clock: FollowClock
  private readonly everyMs: number
  private readonly jitter: number
  private readonly afterDays: number
  private readonly onReport: ((turn: ArchivingTurn) => void) | undefined
  private readonly backoff: Backoff
  private readonly ending = new AbortController()
  private readonly turns: Promise<void>

  /** @throws {InvalidArgumentError} */
  constructor(archive: Archivable, clock: FollowClock, options: ArchivingOptions = {}) {
    assertKeys(options, 'options', KEYS)
    const { everyMs = MS_PER_DAY, jitter = 0.1, afterDays = archive.afterDays, onReport } = options
    assertFinite(everyMs, 'everyMs', 1000, LONGEST_MS)
    assertFinite(jitter, 'jitter', 0, 1)
    assertInteger(afterDays, 'afterDays', 0, MOST_DAYS)
    if (onReport !== undefined && typeof onReport !== 'function') throw invalid('onReport', 'be a function', onReport)
    this.archive = archive
    this.clock = clock
    this.everyMs = everyMs
    this.jitter = jitter
    this.afterDays = afterDays
    this.onReport = onReport
    this.backoff = new Backoff({ initialMs: Math.min(RETRY.initialMs, everyMs), maxMs: Math.min(RETRY.maxMs, everyMs) })
    this.turns = this.run()
  }

  /** Ends it, a run under way included. Resolves once nothing of it is left. */
  async stop(): Promise<void> {
    this.ending.abort()
    await this.turns
  }

  private async run(): Promise<void> {
    const { signal } = this.ending
    await this.clock.sleep(Math.random() * Math.min(FIRST_MS, this.everyMs), signal)
    while (!signal.aborted) {
      const turn = await this.turn(signal)
      if (signal.aborted) return
      this.last = turn
      queueMicrotask(() => this.onReport?.(turn))
      await this.clock.sleep(turn.nextMs, signal)
    }
  }

  private async turn(signal: AbortSignal): Promise<ArchivingTurn> {
    const endUs = Math.max(0, this.clock.now() - this.afterDays * US_PER_DAY)
    try {
      const report = await this.archive.archive(endUs, { signal })
      this.backoff.reset()
      return { kind: 'archived', report, nextMs: this.interval() }
    } catch (error) {
      if (error instanceof ArchiveBusyError) {
        this.backoff.reset()
        return { kind: 'skipped', nextMs: this.interval() }
      }
      const nextMs = this.backoff.next() ?? this.everyMs
      return { kind: 'failed', error, attempt: this.backoff.failures, nextMs }
    }
  }

  private interval(): number {
    return this.everyMs * (1 - this.jitter * Math.random())
  }
}
