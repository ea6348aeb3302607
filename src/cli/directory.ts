/**
 * The directory of a stream as commands read it: its journal, the files that follow it, and both as one history. Nothing
 * in it is changed, and somebody else may be writing to it.
 *
 * @module
 */

import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FileColdStorage } from '../storage/cold/file-cold-storage.node.js'
import { MANIFEST } from '../storage/cold/manifest/manifest.js'
import type { ColdReader } from '../storage/cold/read/cold-reader.js'
import { NodeDisk } from '../storage/disk/node-disk.node.js'
import { StorageError } from '../storage/errors.js'
import { DirectoryHistory } from '../storage/history/directory-history.js'
import { nodeCrc32 } from '../storage/journal/crc32.node.js'
import type { JournalFolder } from '../storage/journal/journal-end.js'
import { JournalReader } from '../storage/journal/reader.js'
import { InputError } from './errors.js'

/** Where the journal lies in a stream's directory. */
export const JOURNAL_FOLDER = 'journal'
/** Where the files that follow it lie by convention. */
export const COLD_FOLDER = 'cold'

/** How often to look again because a writer was faster. */
const MOST_ROUNDS = 100

/** A directory that is open for reading; close it in the end. */
export class StreamDirectory {
  readonly path: string
  readonly folder: JournalFolder
  readonly journal: JournalReader
  /** Undefined if the directory has no files beside the journal. */
  readonly cold: ColdReader | undefined
  #history: DirectoryHistory | undefined

  private constructor(path: string, folder: JournalFolder, journal: JournalReader, cold: ColdReader | undefined) {
    this.path = path
    this.folder = folder
    this.journal = journal
    this.cold = cold
  }

  /**
   * @throws InputError if it is no stream's directory
   * @throws StorageError, CorruptSegmentError if it cannot be read
   */
  static async open(path: string): Promise<StreamDirectory> {
    const journalPath = join(path, JOURNAL_FOLDER)
    const status = statSync(path, { throwIfNoEntry: false })
    if (status === undefined) throw new InputError(`cannot read ${path}: there is no such directory`)
    if (!status.isDirectory()) throw new InputError(`cannot read ${path}: it is no directory`)
    if (!existsSync(journalPath))
      throw new InputError(`${path} is no directory of a stream: it has no ${JOURNAL_FOLDER}`)
    const folder = { disk: new NodeDisk(journalPath, { create: false }), crc32: nodeCrc32 }
    const journal = new JournalReader(folder)
    try {
      const coldPath = join(path, COLD_FOLDER)
      const hasStore = existsSync(join(coldPath, MANIFEST))
      return new StreamDirectory(path, folder, journal, hasStore ? await FileColdStorage.read(coldPath) : undefined)
    } catch (error) {
      journal.close()
      throw error
    }
  }

  /** Journal and files as one. */
  get history(): DirectoryHistory {
    this.#history ??= new DirectoryHistory(this.folder, this.cold === undefined ? [] : [this.cold])
    return this.#history
  }

  /** The events that a ring gets back when the directory is opened: the newest ones behind the last gap. */
  get window(): { startSeq: number; endSeq: number } {
    const { startSeq, endSeq, identity } = this.journal
    const oldest = Math.max(startSeq, endSeq - identity.capacity)
    return { startSeq: this.journal.gaps(oldest, endSeq).at(-1)?.end ?? oldest, endSeq }
  }

  /** Does `work` again where a writer has removed files of the journal that it was reading. */
  async steadily<T>(work: () => T | Promise<T>): Promise<T> {
    for (let round = 0; ; round++) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof StorageError) || round === MOST_ROUNDS || !this.hasMovedOn()) throw error
      }
    }
  }

  /** Looks at the journal again, and tells whether its oldest files have been removed since the last look. */
  hasMovedOn(): boolean {
    const { journal } = this
    const { startPosition } = journal
    journal.refresh()
    return journal.startPosition !== startPosition
  }

  async close(): Promise<void> {
    await this.#history?.close()
    this.journal.close()
    await this.cold?.close()
  }
}

/** Opens a directory for as long as `work` takes. */
export async function withDirectory<T>(path: string, work: (directory: StreamDirectory) => Promise<T>): Promise<T> {
  const directory = await StreamDirectory.open(path)
  try {
    return await work(directory)
  } finally {
    await directory.close()
  }
}
