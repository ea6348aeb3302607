/**
 * Who owns a directory of the origin private file system: one stream in all tabs and workers of the origin, by a lock
 * that the browser takes back when a tab or worker ends, however it ends.
 *
 * @module
 */

import { DirectoryLockedError } from '../errors.js'

/** A lock that is held until it is released, or the worker ends. */
export interface WebLock {
  release(): void
}

/**
 * Takes the lock of a directory.
 * @param timeoutMs how long to wait for a tab that may be about to end, as after a reload
 * @throws {DirectoryLockedError}
 */
export async function takeWebLock(directory: string, timeoutMs: number): Promise<WebLock> {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), timeoutMs)
  try {
    return await new Promise<WebLock>((resolve, reject) => {
      // The lock is held until the promise that is returned inside is resolved.
      const holding = () => new Promise<void>((release) => resolve({ release }))
      navigator.locks.request(`experience-stream:${directory}`, { signal: patience.signal }, holding).catch(reject)
    })
  } catch (error) {
    throw patience.signal.aborted ? new DirectoryLockedError(directory, {}) : error
  } finally {
    clearTimeout(timer)
  }
}
