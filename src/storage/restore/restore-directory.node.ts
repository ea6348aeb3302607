/**
 * Restoring the journal of a directory in Node's file system. The new journal is made in a folder beside its place and
 * gets its name once it is whole and safe: whatever ends the process before that, nothing is there, and the next attempt
 * begins again.
 *
 * @module
 */

import { NodeDisk } from '../disk/node-disk.node.js'
import { resolveDurable } from '../durable/options.js'
import type { DurableOptions } from '../durable/types.js'
import { StoreMismatchError } from '../errors.js'
import { nodeCrc32 } from '../journal/crc32.node.js'
import { readSegmentFiles } from '../journal/segment-files.js'
import { rebuildJournal } from './rebuild-journal.js'
import { assertStored, type RestorableStore, type RestoreReport } from './restorable-store.js'

const UNFINISHED = '.restoring'

/** Removes what a process that ended has left of restoring. The caller owns the directory. */
export function removeUnfinished(disk: NodeDisk): void {
  new NodeDisk(disk.name + UNFINISHED, { create: false }).removeAll()
}

/**
 * Makes the journal in the folder of `disk` from a store; undefined, and nothing is changed, if there is a journal or
 * the store holds no stream. The caller owns the directory, and has removed what is unfinished.
 *
 * @throws {StoreMismatchError} if no journal can be the store's; {@link InvalidArgumentError} for other appraisers.
 * @throws {StorageError} if the file system refuses, or if the store moved meanwhile. Errors of the store as they are.
 */
export async function restoreDirectory(
  disk: NodeDisk,
  store: RestorableStore,
  options: DurableOptions,
): Promise<RestoreReport | undefined> {
  const { segments, unborn } = readSegmentFiles({ disk, crc32: nodeCrc32 })
  if (segments.length > 0) return undefined
  const stored = await store.stored()
  if (stored === undefined) return undefined
  if (stored.origin === 'direct') {
    throw new StoreMismatchError(store.name, 'no journal ever wrote its stream, so that none can be restored from it')
  }
  assertStored(stored)
  const { stream, segmentBytes } = resolveDurable(options, stored.identity)
  const making = new NodeDisk(disk.name + UNFINISHED)
  try {
    const folder = { disk: making, crc32: nodeCrc32 }
    const report = await rebuildJournal(folder, store, stored, { capacity: stream.capacity, segmentBytes })
    // Files that were begun and never used.
    for (const { file } of unborn) disk.remove(file)
    making.takePlaceOf(disk)
    return report
  } catch (error) {
    making.removeAll()
    throw error
  }
}
