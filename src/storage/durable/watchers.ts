/**
 * Those who wait for the journal to move on.
 *
 * @module
 */

/** Wakes everybody at once; who is not where it wants to be waits again. Keeps no process alive. */
export class Watchers {
  private waiting = new Set<() => void>()

  /** Wakes everybody. */
  wake(): void {
    const { waiting } = this
    this.waiting = new Set()
    for (const wake of waiting) wake()
  }

  /** Resolves at the next `wake`, or when the function that it hands over is called. */
  sleep(onRelease: (release: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.add(resolve)
      onRelease(() => {
        this.waiting.delete(resolve)
        resolve()
      })
    })
  }

  /** Resolves at the next `wake`, after `timeoutMs` (Infinity: no timer), or at abort. */
  async wait(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return
    let release = (): void => {}
    const sleep = this.sleep((wake) => {
      release = wake
    })
    const timer = timeoutMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(release, timeoutMs)
    if (typeof timer === 'object') timer.unref()
    signal?.addEventListener('abort', release, { once: true })
    await sleep
    clearTimeout(timer)
    signal?.removeEventListener('abort', release)
  }
}

/** What `promise` gives, or the signal's reason if that comes first. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** No timer is longer. */
const LONGEST_MS = 2 ** 31 - 1

/** What `promise` gives; until then the process does not end for want of anything else to do. */
export async function keptAlive<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, LONGEST_MS)
  try {
    return await promise
  } finally {
    clearInterval(timer)
  }
}
