/**
 * Cold storage in files: one partition for each UTC day, Parquet or MessagePack, listed by a manifest.
 *
 * Contract, beside that of `cold-storage.ts`:
 * - A file is made once and never changed. A flush makes one file of each day that its events are of, and one of its
 *   corrections; one entry of the manifest commits them all, with the checkpoint. Late events open a further file.
 * - One process at a time writes to a directory, others may read it: `FileColdStorage.read`.
 * - Queries and counts may run at any time, several at once, also while a call writes. They see what was accepted when
 *   they began.
 * - A call that fails leaves the store as it was before, so that it may be made again; or `open` it again, which drops
 *   what is not committed.
 * - What is held back is at most about twice `batchSize` events and as many corrections. The timers keep no process
 *   alive; a flush of theirs that fails is told by `stats().lastError` and tried again.
 *
 * @module
 */

import { resolve } from 'node:path'
import { invalid } from '../../errors.js'
import { lockDirectory } from '../disk/lock.node.js'
import { nodeCrc32 } from '../journal/crc32.node.js'
import { NodeColdFiles } from './files.node.js'
import { formatOf, loadLibraries } from './formats.node.js'
import { ColdReader } from './read/cold-reader.js'
import { ColdStore } from './write/cold-store.js'
import { type FileColdStorageOptions, resolveColdOptions } from './write/options.js'

/**
 * Keeps the events of one stream in a directory.
 *
 * @example
 * ```ts
 * const stream = await openExperienceStream({ directory, settleMs: 0 })
 * const store = new FileColdStorage(`${directory}/cold`, { format: 'messagepack', retention: { maxBytes: 1e9 } })
 * const follower = stream.follow(store)
 * stream.writeEvent({ episodeId: 7 })
 * await follower.caughtUp()
 * console.log(store.stats().events) // 1
 * for await (const { seqs } of store.query({ episodeId: 7n })) {
 *   console.log(seqs[0]) // 0
 * }
 * await stream.close()
 * ```
 */
export class FileColdStorage extends ColdStore {
  /** Absolute path. */
  readonly directory: string

  /**
   * @param directory is made by `open` if it does not exist.
   * @throws {InvalidArgumentError} for an unknown option or a value that is out of range.
   */
  constructor(directory: string, options: FileColdStorageOptions = {}) {
    const path = pathOf(directory)
    const files = new NodeColdFiles(path)
    const resolved = resolveColdOptions(options)
    const own = async (): Promise<() => void> => {
      await loadLibraries(resolved.format)
      await files.prepare()
      const lock = lockDirectory(path)
      return () => lock.release()
    }
    super({ files, formatOf, crc: nodeCrc32, own }, resolved)
    this.directory = path
  }

  /**
   * Opens a directory for reading, also while another process writes to it. Nothing in it is changed.
   * @throws {StorageError} if it holds no store.
   */
  static read(directory: string, name = 'files'): Promise<ColdReader> {
    return ColdReader.open({ files: new NodeColdFiles(pathOf(directory)), formatOf, crc: nodeCrc32 }, name)
  }
}

function pathOf(directory: unknown): string {
  if (typeof directory === 'string' && directory !== '') return resolve(directory)
  throw invalid('directory', 'be a path', directory)
}
