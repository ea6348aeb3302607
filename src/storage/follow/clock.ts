/**
 * Time as followers see it: what time it is, and how to let some of it pass without keeping a process alive. Tests give
 * a clock of their own.
 *
 * @module
 */

/** What followers need of time. */
export interface FollowClock {
  /** Unix µs. May be set back or forward by whoever looks after the machine's clock. */
  now(): number
  /** Resolves after `ms`, or at abort. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Resolves once the event loop has turned, so that others get their turn between the steps of a long way. */
  turn(): Promise<void>
}

/** The platform's clock. */
export const systemClock: FollowClock = {
  now: () => Date.now() * 1000,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer: { unref?: () => void } & ReturnType<typeof setTimeout> = setTimeout(end, ms)
      timer.unref?.()
      signal.addEventListener('abort', end, { once: true })
    }),
  turn: () =>
    new Promise((resolve) => {
      if (typeof setImmediate === 'function') setImmediate(resolve)
      else setTimeout(resolve, 0)
    }),
}
