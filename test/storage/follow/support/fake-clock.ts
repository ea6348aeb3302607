/**
 * A clock that goes when it is told to.
 *
 * @module
 */

import type { FollowClock } from '../../../../src/storage/follow/clock.js'

interface Timer {
  readonly dueUs: number
  fire(): void
}

export class FakeClock implements FollowClock {
  us = 1_700_000_000_000_000
  private readonly timers = new Set<Timer>()

  /** Timers that run. */
  get running(): number {
    return this.timers.size
  }

  now(): number {
    return this.us
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted || ms <= 0) return resolve()
      const timer = {
        dueUs: this.us + ms * 1000,
        fire: () => {
          this.timers.delete(timer)
          signal?.removeEventListener('abort', timer.fire)
          resolve()
        },
      }
      if (ms !== Number.POSITIVE_INFINITY) this.timers.add(timer)
      signal?.addEventListener('abort', timer.fire, { once: true })
    })
  }

  turn(): Promise<void> {
    return turns(1)
  }

  /** Lets time pass and what was waiting for it happen. */
  async advance(ms: number): Promise<void> {
    await turns(3)
    const end = this.us + ms * 1000
    for (;;) {
      const next = [...this.timers].sort((a, b) => a.dueUs - b.dueUs)[0]
      if (next === undefined || next.dueUs > end) break
      this.us = Math.max(this.us, next.dueUs)
      next.fire()
      await turns(3)
    }
    this.us = end
    await turns(3)
  }
}

/** Lets the event loop turn. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}
