/**
 * Durable streams in Node's file system: `DIR/LOCK` says who owns the directory, `DIR/journal` has the journal.
 *
 * @module
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { invalid } from '../../errors.js'
import { type DirectoryLock, lockDirectory } from '../disk/lock.node.js'
import { NodeDisk } from '../disk/node-disk.node.js'
import { StorageError } from '../errors.js'
import { nodeCrc32 } from '../journal/crc32.node.js'
import { assertRestorable, type RestorableStore, type RestoreReport } from '../restore/restorable-store.js'
import { removeUnfinished, restoreDirectory } from '../restore/restore-directory.node.js'
import { openShared } from '../shared/open-shared.js'
import { WorkerPort } from '../shared/worker-port.node.js'
import { openDurable } from './open.js'
import { resolveDurable } from './options.js'
import type { DurableExperienceStream } from './stream.js'
import type { DurableOptions } from './types.js'

/** What `openExperienceStream` takes. */
export interface NodeDurableOptions extends DurableOptions {
  /** The stream's folder, made if it does not exist. One process at a time owns it. */
  directory: string
  /**
   * Where the newest events come from if the directory has no journal: a store that followed it, such as a
   * `FileColdStorage` or a `PostgresBackend`. The stream goes on behind what the store has, with its id, numbers,
   * rewards, masks and metadata; names of subscriptions and followers are not in a store. Where there is a journal it is
   * the truth, and the store is not asked. Of several stores take the one that is furthest: one that has more than the
   * new journal cannot follow it.
   */
  restoreFrom?: RestorableStore | undefined
}

/**
 * Opens the stream of a directory, or makes one: events, rewards, flags, metadata and sequence numbers go on where the
 * journal ends, in a ring with the newest `capacity` events.
 *
 * @throws {InvalidArgumentError} for an option that is unknown or out of range, or appraisers that are not the directory's.
 * @throws {DirectoryLockedError} if another process or stream has it open.
 * @throws {CorruptSegmentError} with `recover: 'strict'` if the journal is damaged before its end; nothing is changed.
 * @throws {StoreMismatchError} if `restoreFrom` holds a stream that no journal wrote.
 * @throws {StorageError} if the file system refuses, or if `restoreFrom` moved on while it was read. Errors of that
 * store come as they are, and the next attempt begins again.
 *
 * @example
 * ```ts
 * const stream = await openExperienceStream({ directory, capacity: 10_000 })
 * const seq = stream.writeEvent({ rewardGoal: 1 })
 * await stream.durable() // a crash of the program can no longer take the event
 * await stream.close()
 * const again = await openExperienceStream({ directory })
 * console.log(again.totalWritten, again.getEvent(seq)?.rewardGoal) // 1 1
 * await again.close()
 * ```
 */
export async function openExperienceStream(options: NodeDurableOptions): Promise<DurableExperienceStream> {
  if (typeof options !== 'object' || options === null) throw invalid('options', 'be an object', options)
  const { directory, restoreFrom, ...durable } = options
  if (typeof directory !== 'string' || directory === '')
    throw invalid('directory', 'be the path of a folder', directory)
  // Before anything is made: a mistake leaves no trace.
  resolveDurable(durable)
  if (restoreFrom !== undefined) assertRestorable(restoreFrom)
  const lock = lockFolder(directory)
  let disk: NodeDisk
  let restored: RestoreReport | undefined
  try {
    disk = new NodeDisk(join(directory, 'journal'))
    removeUnfinished(disk)
    if (restoreFrom !== undefined) restored = await restoreDirectory(disk, restoreFrom, durable)
  } catch (error) {
    lock.release()
    throw error
  }
  const platform = {
    directory,
    disk,
    crc32: nodeCrc32,
    restored,
    powerLoss: lock.previous !== 'same-boot',
    afterTurn: (callback: () => void) => void setImmediate(callback),
    release: () => lock.release(),
  }
  if (durable.shared !== true) return openDurable(platform, durable)
  const folder = disk.name
  return openShared({ ...platform, start: (orders) => WorkerPort.start(folder, orders) }, durable)
}

function lockFolder(directory: string): DirectoryLock {
  try {
    mkdirSync(directory, { recursive: true })
  } catch (error) {
    throw new StorageError(`cannot make the folder ${directory}: ${String(error)}`, { directory }, error)
  }
  return lockDirectory(directory)
}
