/**
 * A folder of Node's file system as the journal needs it. Errors of the system become `StorageError`s that name the
 * operation, the path and the system's code.
 *
 * @module
 */

import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { StorageError } from '../errors.js'
import type { Disk, DiskFile } from './disk.js'

const FLAGS = { read: 'r', write: 'r+', create: 'wx+' } as const
/** Zeros are written in pieces of this size. */
const ZEROS = new Uint8Array(1024 * 1024)
/** And synced after so many bytes: one sync of all would hold up those of other files for too long. */
const SYNC_BYTES = 4 * ZEROS.length
/** What a folder that cannot be synced answers; on such platforms names are safe with the file. */
const NO_SYNC_OF_FOLDERS = ['EISDIR', 'EPERM', 'EINVAL', 'EBADF', 'EACCES']

/** A folder; made with the folders above it if it does not exist. */
export class NodeDisk implements Disk {
  readonly name: string

  /** @throws {StorageError} if the folder cannot be made. */
  constructor(directory: string, options: { create?: boolean } = {}) {
    this.name = directory
    if (options.create ?? true)
      attempt('make the folder', directory, () => fs.mkdirSync(directory, { recursive: true }))
  }

  /** The names of the files, in no particular order. */
  list(): string[] {
    const entries = attempt('list', this.name, () => fs.readdirSync(this.name, { withFileTypes: true }))
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
  }

  /** Opens a file; with `'create'` a new one, which must not exist. */
  open(name: string, mode: 'read' | 'write' | 'create'): DiskFile {
    const path = join(this.name, name)
    return new NodeDiskFile(
      name,
      path,
      attempt(mode === 'create' ? 'create' : 'open', path, () => fs.openSync(path, FLAGS[mode])),
    )
  }

  /** Removes a file. */
  remove(name: string): void {
    const path = join(this.name, name)
    attempt('remove', path, () => fs.unlinkSync(path))
  }

  /** Syncs the folder. */
  syncNames(): void {
    syncFolder(this.name)
  }

  /** Gives this folder the path of another one, which must be empty, and makes that safe. */
  takePlaceOf(other: NodeDisk): void {
    attempt('replace', other.name, () => {
      fs.rmdirSync(other.name)
      fs.renameSync(this.name, other.name)
    })
    syncFolder(dirname(other.name))
  }

  /** Removes the folder with everything in it. */
  removeAll(): void {
    attempt('remove', this.name, () => fs.rmSync(this.name, { recursive: true, force: true }))
  }
}

function syncFolder(path: string): void {
  attempt('sync the folder', path, () => {
    const fd = fs.openSync(path, 'r')
    try {
      fs.fsyncSync(fd)
    } catch (error) {
      if (process.platform !== 'win32' || !NO_SYNC_OF_FOLDERS.includes(codeOf(error))) throw error
    } finally {
      fs.closeSync(fd)
    }
  })
}

class NodeDiskFile implements DiskFile {
  readonly name: string
  private readonly path: string
  private readonly fd: number
  /** Operations under way. */
  private pending = 0
  private closed = false

  constructor(name: string, path: string, fd: number) {
    this.name = name
    this.path = path
    this.fd = fd
  }

  size(): number {
    return this.attempt('look at', () => fs.fstatSync(this.fd).size)
  }

  read(into: Uint8Array, offset: number): number {
    return this.attempt('read', () => {
      let done = 0
      while (done < into.length) {
        const count = fs.readSync(this.fd, into, done, into.length - done, offset + done)
        if (count === 0) break
        done += count
      }
      return done
    })
  }

  write(pieces: readonly Uint8Array[], offset: number): number {
    if (pieces.length === 0) return 0
    return this.attempt('write to', () => fs.writevSync(this.fd, pieces, offset))
  }

  reserve(size: number): void {
    for (let at = this.size(); at < size; ) {
      const length = Math.min(ZEROS.length, size - at)
      const count = this.attempt('reserve', () => fs.writeSync(this.fd, ZEROS, 0, length, at))
      if (count === 0) throw new StorageError(`cannot reserve ${this.path}: nothing was written`, { path: this.path })
      at += count
    }
  }

  truncate(size: number): void {
    this.attempt('truncate', () => fs.ftruncateSync(this.fd, size))
  }

  sync(): void {
    this.attempt('sync', () => fs.fdatasyncSync(this.fd))
  }

  async syncLater(): Promise<void> {
    await this.later('sync', (done) => fs.fdatasync(this.fd, done))
  }

  async reserveLater(size: number): Promise<void> {
    for (let at = this.size(), unsynced = 0; at < size; ) {
      const length = Math.min(ZEROS.length, size - at)
      const count = await this.later<number>('reserve', (done) => fs.write(this.fd, ZEROS, 0, length, at, done))
      if (count === 0) throw new StorageError(`cannot reserve ${this.path}: nothing was written`, { path: this.path })
      at += count
      unsynced += count
      if (unsynced < SYNC_BYTES && at < size) continue
      await this.syncLater()
      unsynced = 0
    }
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.release()
  }

  private later<T = void>(
    operation: string,
    start: (done: (error: NodeJS.ErrnoException | null, result?: T) => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      this.attempt(operation, () => {
        start((error, result) => {
          this.pending--
          if (this.closed) this.release()
          if (error === null) resolve(result as T)
          else reject(failure(operation, this.path, error))
        })
        this.pending++
      })
    })
  }

  /** A descriptor that is closed may belong to another file by now. */
  private attempt<T>(operation: string, run: () => T): T {
    if (this.closed) throw new StorageError(`cannot ${operation} ${this.path}: it is closed`, { path: this.path })
    return attempt(operation, this.path, run)
  }

  /** The descriptor goes only when nothing is under way: its number could belong to another file by then. */
  private release(): void {
    if (this.pending === 0) attempt('close', this.path, () => fs.closeSync(this.fd))
  }
}

function attempt<T>(operation: string, path: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw failure(operation, path, error)
  }
}

function failure(operation: string, path: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error
  const code = codeOf(error)
  return new StorageError(`cannot ${operation} ${path}: ${messageOf(error, code)}`, { operation, path, code }, error)
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'UNKNOWN'
}

function messageOf(error: unknown, code: string): string {
  const reasons: Record<string, string> = {
    ENOSPC: 'the disk is full (ENOSPC)',
    EACCES: 'permission denied (EACCES)',
    EPERM: 'operation not permitted (EPERM)',
    EIO: 'input/output error (EIO)',
    ENOENT: 'it does not exist (ENOENT)',
    EEXIST: 'it exists already (EEXIST)',
    EMFILE: 'too many open files (EMFILE)',
    EROFS: 'the file system is read-only (EROFS)',
    EDQUOT: 'the quota is used up (EDQUOT)',
  }
  return reasons[code] ?? (error instanceof Error ? error.message : String(error))
}
