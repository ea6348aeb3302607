/**
 * Reading the history of a directory in Node's file system.
 *
 * @module
 */

import { join } from 'node:path'
import { invalid } from '../../errors.js'
import { assertKeys } from '../../stream/validate.js'
import { NodeDisk } from '../disk/node-disk.node.js'
import { nodeCrc32 } from '../journal/crc32.node.js'
import { DirectoryHistory } from './directory-history.js'
import type { HistoryStore } from './tier.js'

/** What `openHistory` takes. */
export interface OpenHistoryOptions {
  /** Stores that follow the directory's journal and are open, asked in this order. Default: none. */
  stores?: readonly HistoryStore[] | undefined
}

/**
 * The history of the stream whose directory it is, read-only: without taking the directory, so that it works beside the
 * process that owns it, and shows what that one has written out.
 *
 * @throws {StorageError} if there is no journal in the directory, or it cannot be read.
 *
 * @example
 * ```ts
 * const stream = await openExperienceStream({ directory, capacity: 1000 })
 * for (let i = 0; i < 100; i++) stream.writeEvent({ stepNumber: i })
 * await stream.close()
 * const history = await openHistory(directory)
 * const newest = await history.query({ order: 'newest', limit: 3 }).toBatch()
 * console.log(newest.tier, newest.toArray().map(({ stepNumber }) => stepNumber)) // journal [ 99, 98, 97 ]
 * await history.close()
 * ```
 */
export async function openHistory(directory: string, options: OpenHistoryOptions = {}): Promise<DirectoryHistory> {
  if (typeof directory !== 'string' || directory === '') {
    throw invalid('directory', 'be the path of a folder', directory)
  }
  assertKeys(options, 'options', ['stores'])
  const { stores = [] } = options
  if (!Array.isArray(stores)) throw invalid('stores', 'be a list of stores', stores)
  const disk = new NodeDisk(join(directory, 'journal'), { create: false })
  return new DirectoryHistory({ disk, crc32: nodeCrc32 }, stores)
}
