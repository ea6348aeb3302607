/**
 * A disk whose writes and syncs can be made to fail, to stop half way, and to wait.
 *
 * @module
 */

import type { Disk, DiskFile } from '../../../src/storage/disk/disk.js'
import { StorageError } from '../../../src/storage/errors.js'

/** Files that do what the switches say. */
export class SwitchedDisk implements Disk {
  readonly name: string
  /** Writes fail. */
  isFull = false
  /** Syncs fail. */
  isBroken = false
  /** Turns of the event loop that a sync in the background takes. */
  turns = 0
  /** Bytes that are left before writes fail. */
  left = Number.POSITIVE_INFINITY
  /** Calls of `write` and of both kinds of syncs. */
  writes = 0
  syncs = 0
  private readonly inner: Disk
  private waiting: (() => void)[] = []
  private held = false

  constructor(inner: Disk) {
    this.inner = inner
    this.name = inner.name
  }

  /** Syncs that are begun from now on do not end before the function that it returns is called. */
  holdSyncs(): () => void {
    this.held = true
    return () => {
      this.held = false
      for (const go of this.waiting.splice(0)) go()
    }
  }

  list(): string[] {
    return this.inner.list()
  }

  open(name: string, mode: 'read' | 'write' | 'create'): DiskFile {
    return this.wrap(this.inner.open(name, mode))
  }

  remove(name: string): void {
    this.inner.remove(name)
  }

  syncNames(): void {
    this.inner.syncNames()
  }

  private wrap(file: DiskFile): DiskFile {
    const sync = (): void => {
      this.syncs++
      if (this.isBroken) throw new StorageError('EIO: the sync failed')
      file.sync()
    }
    return {
      name: file.name,
      size: () => file.size(),
      read: (into, offset) => file.read(into, offset),
      write: (pieces, offset) => this.write(file, pieces, offset),
      reserve: (size) => file.reserve(size),
      reserveLater: (size) => file.reserveLater(size),
      truncate: (size) => file.truncate(size),
      sync,
      syncLater: async () => {
        for (let i = 0; i < this.turns; i++) await new Promise((resolve) => setImmediate(resolve))
        if (this.held) await new Promise<void>((resolve) => this.waiting.push(resolve))
        sync()
      },
      close: () => file.close(),
    }
  }

  private write(file: DiskFile, pieces: readonly Uint8Array[], offset: number): number {
    this.writes++
    const total = pieces.reduce((sum, piece) => sum + piece.length, 0)
    if (this.isFull || this.left === 0) throw new StorageError('ENOSPC: the disk is full')
    if (total <= this.left) {
      this.left -= total
      return file.write(pieces, offset)
    }
    const short = Buffer.concat(pieces).subarray(0, this.left)
    this.left = 0
    return file.write([short], offset)
  }
}
