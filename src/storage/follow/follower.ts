/**
 * A follower: leads one store along the journal, step by step, in order. See `step.ts` for what a step is and
 * `watermark.ts` for how far it goes.
 *
 * Contract:
 * - Each event is in the store exactly once, with its newest rewards, whatever crashes when: the store commits data and
 *   checkpoint as one, and whenever it is not sure what is committed, after a start as after a failure, the follower asks
 *   by `open` and goes on from there.
 * - Only what the chosen level holds is taken: nothing goes into a store that the journal could still lose in a crash
 *   which the level covers.
 * - A failure is told (`onReport`, `lastError`, `stats()`), and tried again with a growing wait; other followers go on.
 * - The journal keeps what the follower needs from `follow` on, until `unfollow` or a breach of `maxLagBytes` with
 *   `'detach'`, also while nobody follows and across restarts. One that failed for good still holds what it holds.
 * - While there is nothing to do no timer runs; no timer keeps a process alive.
 * - The store is its maker's: the follower flushes and never closes it.
 *
 * @module
 */

import { ClosedError } from '../../errors.js'
import type { Checkpoint, ColdStorage } from '../cold/cold-storage.js'
import { keptAlive } from '../durable/watchers.js'
import { Demands } from './demands.js'
import { LagLimit } from './lag-limit.js'
import type { Look } from './look.js'
import type { FollowerLag, FollowerState, FollowerStats, ResolvedFollow } from './options.js'
import { bytesBehind, lagOf } from './retention.js'
import { isWorthRetrying } from './retry.js'
import type { FollowerSite } from './site.js'
import { StoreCursor } from './store-cursor.js'

/**
 * Leads a store along the journal; `stream.follow` makes it. See the contract of the module.
 *
 * @example
 * ```ts
 * const stream = await openExperienceStream({ directory, capacity: 1000 })
 * const store = new FileColdStorage('cold')
 * const follower = stream.follow(store, { onReport: (report) => console.log(report) })
 * const seq = stream.writeEvent({ eventType: 1 })
 * await follower.flush()
 * stream.setAppraiserReward(seq, 0, 0.5)
 * await follower.caughtUp()
 * console.log(follower.checkpoint.seq, follower.lag.events, follower.attempts) // 1 0 0
 * await stream.close()
 * await store.close()
 * ```
 */
export class Follower {
  /** Its place in the journal. */
  readonly name: string
  /** What went wrong last, also if it has gone well since. */
  lastError: unknown
  private readonly options: ResolvedFollow
  private readonly site: FollowerSite
  private readonly cursor: StoreCursor
  private readonly limit: LagLimit
  private readonly demands = new Demands()
  private readonly cancel = new AbortController()
  private readonly running: Promise<void>
  private waker = new AbortController()
  private phase: FollowerState = 'following'
  private ending = false
  private finishing = false
  private settleTo = 0
  private readonly onAbort = (): void => this.stop()

  /** @internal `stream.follow` makes it. */
  constructor(store: ColdStorage, options: ResolvedFollow, site: FollowerSite, registered: Checkpoint) {
    this.name = options.name
    this.options = options
    this.site = site
    this.cursor = new StoreCursor(store, site.host, options, site.settleEvents, registered)
    this.limit = new LagLimit(site.host, options)
    options.signal?.addEventListener('abort', this.onAbort, { once: true })
    if (options.signal?.aborted) this.stop()
    this.running = this.run()
  }

  /** What it is doing. */
  get state(): FollowerState {
    return this.phase
  }

  /** What is committed in the store, as far as known; before the store was first asked, its place in the journal. */
  get checkpoint(): Checkpoint {
    return this.cursor.committed
  }

  /** Failures in a row. */
  get attempts(): number {
    return this.options.backoff.failures
  }

  /** How far it is behind what is written out. */
  get lag(): FollowerLag {
    return lagOf(this.site.host, this.checkpoint, this.cursor.needs)
  }

  /**
   * Resolves once everything that was accepted before the call and is settled by now is committed in the store, through
   * failures and retries. Rejects with the signal's reason, with the error if the follower fails for good, or with
   * `ClosedError` if it ends.
   */
  async caughtUp(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.reach(false, options.signal)
  }

  /** The same for everything that was accepted before the call, settled or not: what is scored later is a correction. */
  async flush(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.reach(true, options.signal)
  }

  /**
   * Ends it: waits for the store's call under way and flushes the store. What is not settled is not taken: `flush` before.
   * Its place in the journal stays. Does nothing the second time.
   */
  async close(): Promise<void> {
    this.ending = true
    this.wake()
    await this.running
    if (this.phase === 'failed') this.leave('closed')
  }

  /** The same as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** A snapshot for `stats()`. */
  stats(): FollowerStats {
    const { name, state, checkpoint, lag, attempts, lastError } = this
    return { name, state, checkpoint, lag, attempts, lastError, holding: this.limit.isHolding }
  }

  /** @internal Whether the store has ever told where it is. */
  get isKnown(): boolean {
    return this.cursor.isKnown
  }

  /** @internal Takes everything, settled or not, with one last attempt, and ends. Never rejects. */
  async finish(): Promise<void> {
    this.finishing = true
    this.wake()
    // What stops it from getting there is reported, and is in `lastError`.
    await this.reach(true, undefined).catch(() => {})
    await this.close()
  }

  /** @internal Looks at `maxLagBytes`: holds the writers, lets them go on, or ends. */
  checkLag(): void {
    if (this.options.maxLagBytes === Number.POSITIVE_INFINITY) return
    const lagBytes = bytesBehind(this.site.host.source, this.cursor.needs)
    const outcome = this.limit.check(lagBytes)
    if (outcome === 'exceeded') this.detach(lagBytes)
    else if (outcome === 'held') this.wake()
  }

  /** @internal Gives up its place in the journal and ends. */
  detach(lagBytes = this.lag.bytes): void {
    if (this.phase === 'closed' || this.phase === 'detached') return
    const { names, progress } = this.site.host
    const { maxLagBytes } = this.options
    const hasEnded = this.phase === 'failed'
    this.phase = 'detached'
    names.removeFollower(this.name)
    this.options.report({
      name: this.name,
      kind: 'detached',
      lagBytes,
      maxLagBytes: Number.isFinite(maxLagBytes) ? maxLagBytes : undefined,
      start: this.checkpoint.seq,
      end: progress.writtenSeq,
    })
    this.stop()
    if (hasEnded) this.leave('detached')
  }

  private async reach(settlesNow: boolean, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    this.assertRunning()
    await this.site.host.flush()
    await this.site.host.durable(signal)
    this.assertRunning()
    const { settled, horizon } = this.site.look()
    const seq = settlesNow ? horizon.seq : settled
    if (settlesNow) this.settleTo = Math.max(this.settleTo, seq)
    const met = this.demands.add({ seq, position: horizon.position }, signal)
    this.wake()
    // Somebody waits for it: a store that pauses before it tries again must not look like a program that is done.
    await keptAlive(met)
  }

  private assertRunning(): void {
    if (this.phase === 'failed') throw this.lastError
    if (this.ending) throw new ClosedError(`follower '${this.name}'`)
  }

  private stop(): void {
    this.ending = true
    this.cancel.abort()
    // At once: the store's call under way may take its time.
    this.demands.fail(new ClosedError(`follower '${this.name}'`))
    this.wake()
  }

  private wake(): void {
    this.waker.abort()
    this.waker = new AbortController()
  }

  private async run(): Promise<void> {
    while (!this.ending) {
      try {
        const committed = await this.cursor.open()
        if (this.ending) break
        this.cursor.start(committed)
        await this.keepUp()
        if (!this.cancel.signal.aborted) await this.commit()
      } catch (error) {
        if (!this.cancel.signal.aborted) await this.suffer(error)
      }
    }
    this.end()
  }

  private async keepUp(): Promise<void> {
    const { cursor, demands, limit, site } = this
    while (!this.ending) {
      const look = site.look()
      const { reached } = cursor
      const to = cursor.plan(look, limit.isHolding ? look.horizon.seq : this.settleTo)
      if (reached !== undefined && demands.areMetBy(reached)) {
        await this.commit()
        demands.meet(reached)
      } else if (to !== undefined) {
        this.become('following')
        await cursor.take(to, this.cancel.signal)
        this.publish()
        await site.clock.turn()
      } else if (limit.isHolding && !cursor.isCommitted) {
        await this.commit()
      } else if (site.host.closed) {
        this.ending = true
      } else {
        await cursor.rest(this.cancel.signal)
        this.publish()
        await this.idle(look)
      }
    }
  }

  /** A detached one stays so, whatever it is still doing. */
  private become(phase: FollowerState): void {
    if (this.phase !== 'detached') this.phase = phase
  }

  private async commit(): Promise<void> {
    await this.cursor.flush(this.cancel.signal)
    this.publish()
  }

  private publish(): void {
    if (this.phase === 'detached') return
    if (this.cursor.publish()) this.recover()
    this.site.moved()
  }

  /** Only what is committed is a success: a store may take batches and fail at every commit. */
  private recover(): void {
    const { backoff, report } = this.options
    if (backoff.failures === 0) return
    report({ name: this.name, kind: 'recovered', attempts: backoff.failures })
    backoff.reset()
  }

  private async idle({ progress, dueMs }: Look): Promise<void> {
    this.become('waiting')
    if (this.cursor.isCommitted) this.recover()
    await this.site.host.wait(progress, dueMs, this.waker.signal)
    if (this.ending || this.demands.any || this.limit.isHolding) return
    await this.site.clock.sleep(this.options.lingerMs, this.waker.signal)
  }

  /** Tells of a failure, and waits or ends. */
  private async suffer(error: unknown): Promise<void> {
    this.lastError = error
    const { name, backoff, report } = this.options
    const isLast = this.finishing || this.ending
    const delayMs = !isLast && isWorthRetrying(error) ? backoff.next() : undefined
    if (delayMs !== undefined) {
      this.become('retrying')
      report({ name, kind: 'retrying', error, attempt: backoff.failures, delayMs })
      return this.pause(delayMs)
    }
    this.ending = true
    this.demands.fail(error)
    if (isLast) {
      report({ name, kind: 'unfinished', error, start: this.checkpoint.seq, end: this.site.host.progress.writtenSeq })
    } else {
      this.phase = 'failed'
      report({ name, kind: 'failed', error })
    }
  }

  private async pause(ms: number): Promise<void> {
    const { clock } = this.site
    const until = clock.now() + ms * 1000
    for (let left = ms; left > 0 && !this.ending && !this.finishing; left = (until - clock.now()) / 1000) {
      await clock.sleep(left, this.waker.signal)
    }
  }

  private end(): void {
    this.options.signal?.removeEventListener('abort', this.onAbort)
    this.demands.fail(new ClosedError(`follower '${this.name}'`))
    if (this.phase !== 'failed') this.leave(this.phase === 'detached' ? 'detached' : 'closed')
  }

  private leave(phase: 'closed' | 'detached'): void {
    this.phase = phase
    this.limit.letGo()
    this.site.ended(this.name)
  }
}
