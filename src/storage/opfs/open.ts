/**
 * Durable streams on the origin private file system: a Web Lock says who owns the directory, `DIR/journal` has the
 * journal.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import { assertInteger } from '../../stream/validate.js'
import { openDurable } from '../durable/open.js'
import { resolveDurable } from '../durable/options.js'
import type { DurableExperienceStream } from '../durable/stream.js'
import type { DurableOptions } from '../durable/types.js'
import { nextTurn } from '../history/turn.js'
import { crc32 } from '../journal/crc32.js'
import { assertPath, assertSynchronousFiles, folderAt } from './directory.js'
import { OpfsDisk } from './opfs-disk.js'
import { takeWebLock } from './web-lock.js'

const LONGEST_TIMEOUT_MS = 60_000

/** What `openExperienceStream` takes in a browser. */
export interface OpfsDurableOptions extends DurableOptions {
  /** Path on the origin private file system, such as `'agent/memory'`; made if it does not exist. */
  directory: string
  /** How long to wait for a tab that is about to end, as the one before a reload is. Default 2000 ms. */
  timeoutMs?: number | undefined
}

/**
 * Opens the stream of a directory, or makes one: events, rewards, flags, metadata and sequence numbers go on where the
 * journal ends, in a ring with the newest `capacity` events. One tab or worker of the origin owns a directory.
 *
 * `durability: 'process-crash'` survives the end of the tab and of the browser. With `'power-loss'` the bytes are
 * flushed as far as the browser does it; the call that flushes blocks the worker meanwhile.
 *
 * @throws {InvalidArgumentError} for an option that is unknown or out of range, or appraisers that are not the directory's.
 * @throws {WorkerRequiredError} on a page's main thread and in other workers than dedicated ones.
 * @throws {DirectoryLockedError} if another tab or stream has it open for longer than `timeoutMs`.
 * @throws {CorruptSegmentError} with `recover: 'strict'` if the journal is damaged before its end; nothing is changed.
 * @throws {StorageError} if the browser refuses; the end of its quota is `details.code` `'QuotaExceededError'`.
 *
 * @example
 * ```ts
 * // In a dedicated worker; what was durable is there after the end of the tab.
 * const stream = await openExperienceStream({ directory: 'memory', capacity: 10_000 })
 * const seq = stream.writeEvent({ rewardGoal: 1 })
 * await stream.durable()
 * console.log(seq) // 0
 * await stream.close()
 * ```
 */
export async function openExperienceStream(options: OpfsDurableOptions): Promise<DurableExperienceStream> {
  if (typeof options !== 'object' || options === null) throw invalid('options', 'be an object', options)
  const { directory, timeoutMs = 2000, ...durable } = options
  assertPath(directory)
  assertInteger(timeoutMs, 'timeoutMs', 0, LONGEST_TIMEOUT_MS)
  // Before anything is made: a mistake leaves no trace.
  resolveDurable(durable)
  assertSynchronousFiles(directory)
  const lock = await takeWebLock(directory, timeoutMs)
  let disk: OpfsDisk
  try {
    const path = `${directory}/journal`
    disk = await OpfsDisk.open(await folderAt(path), path, { timeoutMs })
  } catch (error) {
    lock.release()
    throw error
  }
  const release = (): void => {
    disk.close()
    lock.release()
  }
  const afterTurn = (callback: () => void): void => void nextTurn().then(callback)
  const platform = { directory, disk, crc32, afterTurn, release }
  if (durable.shared !== true) return openDurable(platform, durable)
  const { LocalJournal, openShared } = await import('./shared.js').catch((error) => {
    release()
    throw error
  })
  return openShared({ ...platform, start: (orders) => LocalJournal.start(platform, orders) }, durable)
}
