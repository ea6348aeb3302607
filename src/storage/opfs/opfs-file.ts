/**
 * An open file of the journal, standing on a file of the pool.
 *
 * @module
 */

import type { DiskFile } from '../disk/disk.js'
import { StorageError } from '../errors.js'
import { type AccessHandle, refused } from './access-handle.js'
import type { PoolFile } from './handle-pool.js'

/** One open file. Several may stand on one file of the pool; only the pool closes that. */
export class OpfsFile implements DiskFile {
  readonly name: string
  private readonly path: string
  private readonly writable: boolean
  private readonly onClose: (pooled: PoolFile) => void
  private pooled: PoolFile | undefined

  constructor(folder: string, name: string, pooled: PoolFile, writable: boolean, onClose: (pooled: PoolFile) => void) {
    this.name = name
    this.path = `${folder}/${name}`
    this.pooled = pooled
    this.writable = writable
    this.onClose = onClose
    pooled.users++
  }

  size(): number {
    const handle = this.handle('read')
    try {
      return handle.getSize()
    } catch (error) {
      throw refused('read', this.path, error)
    }
  }

  read(into: Uint8Array, offset: number): number {
    const handle = this.handle('read')
    try {
      return handle.read(into, { at: offset })
    } catch (error) {
      throw refused('read', this.path, error)
    }
  }

  write(pieces: readonly Uint8Array[], offset: number): number {
    const handle = this.handle('write')
    let written = 0
    for (const piece of pieces) {
      let count: number
      try {
        count = handle.write(piece, { at: offset + written })
      } catch (error) {
        // What is written already is told first: the write of the rest will meet the same error.
        if (written > 0) return written
        throw refused('write', this.path, error)
      }
      written += count
      if (count < piece.length) break
    }
    return written
  }

  /** The quota is asked for here, so that later writes within the size do not meet it. */
  reserve(size: number): void {
    if (size > this.size()) this.resize('reserve', size)
  }

  async reserveLater(size: number): Promise<void> {
    this.reserve(size)
    this.sync()
  }

  truncate(size: number): void {
    this.resize('truncate', size)
  }

  sync(): void {
    const handle = this.handle('write')
    try {
      handle.flush()
    } catch (error) {
      throw refused('sync', this.path, error)
    }
  }

  /** Browsers sync in the call only. */
  async syncLater(): Promise<void> {
    this.sync()
  }

  close(): void {
    const { pooled } = this
    if (pooled === undefined) return
    this.pooled = undefined
    pooled.users--
    this.onClose(pooled)
  }

  private resize(operation: string, size: number): void {
    const handle = this.handle('write')
    try {
      handle.truncate(size)
    } catch (error) {
      throw refused(operation, this.path, error)
    }
  }

  private handle(purpose: 'read' | 'write'): AccessHandle {
    if (this.pooled === undefined) throw new StorageError(`${this.path} is closed`, { path: this.path })
    if (purpose === 'write' && !this.writable) {
      throw new StorageError(`${this.path} was opened for reading`, { path: this.path })
    }
    return this.pooled.handle
  }
}
