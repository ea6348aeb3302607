/**
 * The directory of archived days. It belongs to one database, whose id it holds, so that files never count for another.
 *
 *     archive.json                                    whose it is
 *     stream=<id>/events/day=<day>/<first number>-<ordinal>.parquet
 *
 * A name is final once the file is whole and on the disk. A file that no row of the database names is nothing: left by a
 * run that did not end; it is removed. One with an ordinal that the database has not given out yet is of a later time than
 * the database, which then comes from a backup: it is set aside under another name.
 *
 * @module
 */

import { resolve } from 'node:path'
import type { ColdFiles } from '../../storage/cold/files.js'
import { NodeColdFiles } from '../../storage/cold/files.node.js'
import { UNFINISHED } from '../../storage/cold/partition.js'
import type { ArchiveState } from './catalog.js'
import { ArchiveUnavailableError } from './errors.js'
import { isArchivePath, ordinalOf } from './paths.js'

const OWNER = 'archive.json'
const SET_ASIDE = '.unknown'

/** What a sweep did, in names. */
export interface Sweep {
  readonly removed: readonly string[]
  readonly setAside: readonly string[]
}

/** See the module. */
export class ArchiveDirectory {
  /** Absolute path. */
  readonly path: string
  readonly files: ColdFiles
  private readonly prepare: () => Promise<void>
  private owned: string | undefined

  constructor(path: string, files?: ColdFiles) {
    this.path = resolve(path)
    const own = new NodeColdFiles(this.path)
    this.files = files ?? own
    this.prepare = () => own.prepare()
  }

  /** Whether it was seen to belong to the database. */
  get isOwned(): boolean {
    return this.owned !== undefined
  }

  /** Makes it this database's if it is nobody's and the database has no files. @throws {ArchiveUnavailableError} */
  async claim(state: ArchiveState, hasFiles: boolean): Promise<void> {
    if (!hasFiles && (await this.owner()) === undefined) {
      await this.prepare()
      await this.make(OWNER, new TextEncoder().encode(`${JSON.stringify({ archiveId: state.archiveId })}\n`))
    }
    this.owned = undefined
    await this.assertOf(state)
  }

  /** @throws {ArchiveUnavailableError} unless it belongs to this database. */
  async assertOf({ archiveId, directory }: ArchiveState): Promise<void> {
    if (this.owned === archiveId) return
    const owner = await this.owner()
    if (owner === archiveId) {
      this.owned = archiveId
      return
    }
    const what = owner === undefined ? `it has no ${OWNER}` : 'it belongs to another database'
    const where = directory === undefined ? '' : `; they were last seen in ${directory}`
    throw new ArchiveUnavailableError(`${this.path} has not the archived days of this database: ${what}${where}`, {
      directory: this.path,
      expected: directory,
    })
  }

  /** Makes a file that survives a loss of power; until it is whole it has another name. @throws {StorageError} */
  async make(path: string, bytes: Uint8Array): Promise<void> {
    await this.files.create(path + UNFINISHED, bytes)
    await this.files.rename(path + UNFINISHED, path)
    await this.files.syncNames(path)
  }

  /** Removes a file, finished or not. */
  async remove(path: string): Promise<void> {
    await this.files.remove(path + UNFINISHED)
    await this.files.remove(path)
  }

  /** Clears away what does not count. Nobody may make files at the same time. */
  async sweep(listed: ReadonlySet<string>, ordinal: number): Promise<Sweep> {
    const removed: string[] = []
    const setAside: string[] = []
    for (const path of await this.files.list()) {
      if (!isArchivePath(path) || listed.has(path)) continue
      if ((ordinalOf(path) ?? 0) > ordinal) {
        await this.files.rename(path, path + SET_ASIDE)
        setAside.push(path)
      } else {
        await this.files.remove(path)
        removed.push(path)
      }
    }
    return { removed, setAside }
  }

  /** Whose it is; undefined if nobody's. */
  private async owner(): Promise<string | undefined> {
    const bytes = await this.files.read(OWNER)
    if (bytes === undefined) return undefined
    try {
      return String(JSON.parse(new TextDecoder().decode(bytes)).archiveId)
    } catch (error) {
      throw new ArchiveUnavailableError(
        `${this.files.resolve(OWNER)} cannot be understood: ${(error as Error).message}`,
        {
          directory: this.path,
        },
      )
    }
  }
}
