/**
 * The folder of a journal on the origin private file system of a browser, in a dedicated worker.
 *
 * Reading and writing are synchronous there, opening is not. So every file of the folder is open from the beginning,
 * with some spare ones besides: making a file takes a spare one and enters it in the table of names, removing one makes
 * it spare again. The bytes of a file are those that Node would have written; only what the browser calls the file
 * differs, see `name-table.ts`.
 *
 * Crashes: a change of names is one write to one of the two copies of the table, so that it has happened or not. Files
 * that no name leads to are spare, whatever they hold. A name whose file the browser has lost, as a loss of power may
 * do, leads to an empty one.
 *
 * @module
 */

import type { Disk, DiskFile } from '../disk/disk.js'
import { StorageError } from '../errors.js'
import { type AccessHandle, openHandle, refused } from './access-handle.js'
import { HandlePool, type PoolFile } from './handle-pool.js'
import { NameTable } from './name-table.js'
import { OpfsFile } from './opfs-file.js'

const TABLE = 'names'

/** How a folder is opened. */
export interface OpfsDiskOptions {
  /** Files that can be made before the event loop turns. Default 4. */
  readonly spareFiles?: number | undefined
  /** How long to wait for files that a tab which is gone has not let go of. Default 2000. */
  readonly timeoutMs?: number | undefined
}

/** One folder of the origin private file system. Only one exists for a folder, in all tabs and workers. */
export class OpfsDisk implements Disk {
  readonly name: string
  private readonly table: NameTable
  private readonly tableHandle: AccessHandle
  private readonly pool: HandlePool
  private readonly removed = new Set<PoolFile>()

  private constructor(name: string, table: NameTable, tableHandle: AccessHandle, pool: HandlePool) {
    this.name = name
    this.table = table
    this.tableHandle = tableHandle
    this.pool = pool
  }

  /**
   * Opens a folder with all its files, and makes it if it does not exist.
   * @param name what messages call it
   * @throws {StorageError} if another tab or worker has it open. {@link CorruptSegmentError}
   */
  static async open(
    folder: FileSystemDirectoryHandle,
    name: string,
    { spareFiles = 4, timeoutMs = 2000 }: OpfsDiskOptions = {},
  ): Promise<OpfsDisk> {
    const deadline = performance.now() + timeoutMs
    let tableHandle: AccessHandle | undefined
    try {
      tableHandle = await openHandle(folder, TABLE, deadline)
      const table = new NameTable(`${name}/${TABLE}`, tableHandle)
      const pool = await HandlePool.open(folder, name, new Set(table.names.values()), spareFiles, deadline)
      return new OpfsDisk(name, table, tableHandle, pool)
    } catch (error) {
      tableHandle?.close()
      throw error instanceof DOMException ? refused('open', name, error) : error
    }
  }

  list(): string[] {
    return [...this.table.names.keys()]
  }

  /** @throws {StorageError} {@link BackpressureError} if more files are made in one turn than there are spare ones. */
  open(name: string, mode: 'read' | 'write' | 'create'): DiskFile {
    const file = this.table.names.get(name)
    if (mode === 'create') {
      if (file !== undefined) throw new StorageError(`${this.name}/${name} exists already`, { name })
      return this.opened(name, this.create(name), mode)
    }
    if (file === undefined) throw this.missing(name)
    return this.opened(name, this.pool.get(file), mode)
  }

  remove(name: string): void {
    const { names } = this.table
    const file = names.get(name)
    if (file === undefined) throw this.missing(name)
    names.delete(name)
    try {
      this.table.save()
    } catch (error) {
      names.set(name, file)
      throw error
    }
    const pooled = this.pool.get(file)
    if (pooled.users > 0) this.removed.add(pooled)
    else this.pool.give(pooled)
  }

  syncNames(): void {
    this.table.sync()
  }

  /** Resolves when as many spare files are open as there should be. */
  filled(): Promise<void> {
    return this.pool.filled()
  }

  /** Closes all files, open ones too. */
  close(): void {
    this.removed.clear()
    this.pool.close()
    this.tableHandle.close()
  }

  private create(name: string): PoolFile {
    const { names } = this.table
    const pooled = this.pool.take()
    names.set(name, pooled.file)
    try {
      this.table.save()
    } catch (error) {
      names.delete(name)
      this.pool.give(pooled)
      throw error
    }
    return pooled
  }

  private opened(name: string, pooled: PoolFile, mode: 'read' | 'write' | 'create'): DiskFile {
    return new OpfsFile(this.name, name, pooled, mode !== 'read', () => {
      if (pooled.users === 0 && this.removed.delete(pooled)) this.pool.give(pooled)
    })
  }

  private missing(name: string): StorageError {
    return new StorageError(`${this.name}/${name} does not exist`, { name })
  }
}
