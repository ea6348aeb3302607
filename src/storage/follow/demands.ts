/**
 * Those who wait for a follower to have got somewhere.
 *
 * @module
 */

import type { Checkpoint } from '../cold/cold-storage.js'

interface Demand {
  readonly to: Checkpoint
  resolve(): void
  reject(error: unknown): void
}

/** Promises that are kept once everything up to a checkpoint is committed. */
export class Demands {
  private readonly open = new Set<Demand>()

  /** Whether anybody waits. */
  get any(): boolean {
    return this.open.size > 0
  }

  /** Resolves by `meet`, rejects by `fail` or with the signal's reason. */
  add(to: Checkpoint, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.open.delete(demand)
        signal?.removeEventListener('abort', abort)
      }
      const abort = (): void => demand.reject(signal?.reason)
      const demand: Demand = {
        to,
        resolve: () => {
          leave()
          resolve()
        },
        reject: (error) => {
          leave()
          reject(error)
        },
      }
      this.open.add(demand)
      if (signal?.aborted) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    })
  }

  /** Whether somebody waits for no more than this. */
  areMetBy(at: Checkpoint): boolean {
    for (const { to } of this.open) if (isAt(at, to)) return true
    return false
  }

  /** Tells everybody who waits for no more than this. */
  meet(at: Checkpoint): void {
    for (const demand of [...this.open]) if (isAt(at, demand.to)) demand.resolve()
  }

  /** Tells everybody that it will not happen. */
  fail(error: unknown): void {
    for (const demand of [...this.open]) demand.reject(error)
  }
}

function isAt(at: Checkpoint, to: Checkpoint): boolean {
  return at.seq >= to.seq && at.position >= to.position
}
