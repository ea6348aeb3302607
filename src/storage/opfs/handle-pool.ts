/**
 * The files of a folder, all of them open, some of them spare. Taking one is synchronous; the pool is filled up after
 * the event loop has turned.
 *
 * @module
 */

import { BackpressureError } from '../errors.js'
import { type AccessHandle, openHandle, refused } from './access-handle.js'

const POOL_FILE = /^pool-(\d{1,15})$/u
/** Handles that are opened at the same time. */
const AT_ONCE = 16
/** About how long the opening of the spare files takes. */
const FILLING_MS = 10

/** A file that the browser has. */
export interface PoolFile {
  readonly file: string
  readonly handle: AccessHandle
  /** How many open files of the journal stand on it. */
  users: number
}

/** The pool of one folder. */
export class HandlePool {
  private readonly folder: FileSystemDirectoryHandle
  private readonly path: string
  private readonly target: number
  private readonly files = new Map<string, PoolFile>()
  private readonly spare: PoolFile[] = []
  private next = 1
  private filling: Promise<void> | undefined
  private failure: unknown
  private closed = false

  private constructor(folder: FileSystemDirectoryHandle, path: string, target: number) {
    this.folder = folder
    this.path = path
    this.target = target
  }

  /**
   * Opens every file of the pool; those in `taken` are made if they are missing, the others become spare.
   * @param target spare files to have
   * @param deadline of `performance.now()`, for files that a tab which is gone has not let go of
   */
  static async open(
    folder: FileSystemDirectoryHandle,
    path: string,
    taken: ReadonlySet<string>,
    target: number,
    deadline: number,
  ): Promise<HandlePool> {
    const pool = new HandlePool(folder, path, target)
    try {
      const found = new Set(taken)
      for await (const file of folder.keys()) if (POOL_FILE.test(file)) found.add(file)
      await pool.openAll([...found], deadline)
      for (const pooled of pool.files.values()) if (!taken.has(pooled.file)) pool.empty(pooled)
      // A folder without room for spare files can still be read; `take` says what is wrong.
      pool.refill()
      await pool.filling
    } catch (error) {
      pool.close()
      throw error
    }
    return pool
  }

  /** The file of the pool with this name; it must be one of those that `open` was given, or a taken one. */
  get(file: string): PoolFile {
    return this.files.get(file) as PoolFile
  }

  /** An empty file. @throws {BackpressureError} if none is spare until the event loop has turned. */
  take(): PoolFile {
    const pooled = this.spare.pop()
    this.refill()
    if (pooled !== undefined) return pooled
    if (this.failure !== undefined) throw refused('make a file in', this.path, this.failure)
    throw new BackpressureError(`${this.path} has no file open that is not in use`, FILLING_MS, { path: this.path })
  }

  /** Takes back a file that nobody uses, whatever it holds. */
  give(pooled: PoolFile): void {
    this.empty(pooled)
    this.refill()
  }

  /** Resolves when as many files are spare as there should be. Rejects with what the browser says against it. */
  async filled(): Promise<void> {
    this.refill()
    await this.filling
    if (this.failure !== undefined) throw refused('make a file in', this.path, this.failure)
  }

  /** Closes every file. */
  close(): void {
    this.closed = true
    for (const { handle } of this.files.values()) handle.close()
    this.files.clear()
    this.spare.length = 0
  }

  private empty(pooled: PoolFile): void {
    try {
      pooled.handle.truncate(0)
    } catch (error) {
      throw refused('truncate', `${this.path}/${pooled.file}`, error)
    }
    this.spare.push(pooled)
  }

  private refill(): void {
    this.filling ??= this.fill()
      .then(
        () => {
          this.failure = undefined
        },
        (error: unknown) => {
          this.failure = error
        },
      )
      .finally(() => {
        this.filling = undefined
      })
  }

  private async fill(): Promise<void> {
    while (!this.closed && this.spare.length < this.target) {
      this.spare.push(await this.add(`pool-${this.next}`, performance.now()))
    }
    while (!this.closed && this.spare.length > this.target) {
      const { file, handle } = this.spare.shift() as PoolFile
      this.files.delete(file)
      handle.close()
      await this.folder.removeEntry(file)
    }
  }

  private async openAll(files: string[], deadline: number): Promise<void> {
    for (let i = 0; i < files.length; i += AT_ONCE) {
      const adding = files.slice(i, i + AT_ONCE).map((file) => this.add(file, deadline))
      // All of them are waited for, so that those which did open are known and closed.
      const failed = (await Promise.allSettled(adding)).find((result) => result.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    }
  }

  private async add(file: string, deadline: number): Promise<PoolFile> {
    this.next = Math.max(this.next, Number(POOL_FILE.exec(file)?.[1]) + 1)
    const handle = await openHandle(this.folder, file, deadline)
    const pooled = { file, handle, users: 0 }
    if (this.closed) handle.close()
    else this.files.set(file, pooled)
    return pooled
  }
}
