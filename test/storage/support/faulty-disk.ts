/**
 * Any disk, with faults: full after so many bytes, short writes, syncs that fail, syncs that take their time.
 *
 * @module
 */

import type { Disk, DiskFile } from '../../../src/storage/disk/disk.js'
import { StorageError } from '../../../src/storage/errors.js'

/** What goes wrong; can be changed at any time. */
export interface Faults {
  /** Bytes that the disk still takes; a write that needs more takes what fits, the next one throws. */
  room: number
  /** Bytes that one write takes at most. */
  mostBytes: number
  /** Whether syncs fail. */
  failSyncs: boolean
  /** Whether reserving fails for want of room. */
  failReserves: boolean
  /** Whether making, opening and removing files fails. */
  failNames: boolean
  /** Awaited by `syncLater` before it begins. */
  delay: () => Promise<void>
}

/** A disk with faults. */
export class FaultyDisk implements Disk {
  readonly name: string
  readonly faults: Faults
  private readonly disk: Disk

  constructor(disk: Disk, faults: Partial<Faults> = {}) {
    this.disk = disk
    this.name = disk.name
    this.faults = {
      room: Number.POSITIVE_INFINITY,
      mostBytes: Number.POSITIVE_INFINITY,
      failSyncs: false,
      failReserves: false,
      failNames: false,
      delay: async () => {},
      ...faults,
    }
  }

  list(): string[] {
    return this.disk.list()
  }

  open(name: string, mode: 'read' | 'write' | 'create'): DiskFile {
    this.assertNames('open', name)
    return new FaultyFile(this.disk.open(name, mode), this.faults)
  }

  remove(name: string): void {
    this.assertNames('remove', name)
    this.disk.remove(name)
  }

  syncNames(): void {
    if (this.faults.failSyncs) throw failure('sync', this.name, 'EIO')
    this.disk.syncNames()
  }

  private assertNames(operation: string, name: string): void {
    if (this.faults.failNames) throw failure(operation, name, 'EACCES')
  }
}

class FaultyFile implements DiskFile {
  readonly name: string
  private readonly file: DiskFile
  private readonly faults: Faults

  constructor(file: DiskFile, faults: Faults) {
    this.file = file
    this.faults = faults
    this.name = file.name
  }

  size(): number {
    return this.file.size()
  }

  read(into: Uint8Array, offset: number): number {
    return this.file.read(into, offset)
  }

  write(pieces: readonly Uint8Array[], offset: number): number {
    const { faults } = this
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
    if (length > 0 && faults.room === 0) throw failure('write to', this.name, 'ENOSPC')
    const taken = Math.min(length, faults.room, faults.mostBytes)
    faults.room -= taken
    if (taken === length) return this.file.write(pieces, offset)
    const whole = new Uint8Array(length)
    let at = 0
    for (const piece of pieces) {
      whole.set(piece, at)
      at += piece.length
    }
    return this.file.write([whole.subarray(0, taken)], offset)
  }

  reserve(size: number): void {
    const needed = Math.max(0, size - this.size())
    if (needed > this.faults.room || this.faults.failReserves) throw failure('reserve', this.name, 'ENOSPC')
    this.faults.room -= needed
    this.file.reserve(size)
  }

  async reserveLater(size: number): Promise<void> {
    this.reserve(size)
    await this.syncLater()
  }

  truncate(size: number): void {
    this.file.truncate(size)
  }

  sync(): void {
    if (this.faults.failSyncs) throw failure('sync', this.name, 'EIO')
    this.file.sync()
  }

  async syncLater(): Promise<void> {
    await this.faults.delay()
    if (this.faults.failSyncs) throw failure('sync', this.name, 'EIO')
    await this.file.syncLater()
  }

  close(): void {
    this.file.close()
  }
}

function failure(operation: string, name: string, code: string): StorageError {
  return new StorageError(`cannot ${operation} ${name}: ${code}`, { operation, name, code })
}
