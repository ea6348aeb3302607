/**
 * Group commit: one sync is under way at a time; calls that come meanwhile share the next one, which begins after them.
 *
 * @module
 */

/** Runs a sync for whoever asks, as seldom as it can. */
export class GroupSync {
  private readonly run: () => Promise<void>
  private running: Promise<void> | undefined
  private queued: Promise<void> | undefined

  constructor(run: () => Promise<void>) {
    this.run = run
  }

  /** A sync that begins now or later, not before this call. */
  later(): Promise<void> {
    if (this.running === undefined) {
      this.running = this.run().finally(() => {
        this.running = undefined
      })
      return this.running
    }
    this.queued ??= this.running
      .catch(() => {})
      .then(() => {
        this.queued = undefined
        return this.later()
      })
    return this.queued
  }
}
