/**
 * A folder in memory that knows which bytes were synced, so that a loss of power can be played: it drops and tears what
 * was not.
 *
 * @module
 */

import type { Disk, DiskFile } from '../../../src/storage/disk/disk.js'
import { StorageError } from '../../../src/storage/errors.js'

/** What a loss of power leaves whole. */
const SECTOR = 512

type Change = { readonly offset: number; readonly bytes: Uint8Array } | { readonly size: number }

class Content {
  bytes = new Uint8Array(1024)
  size = 0
  /** What a sync has made safe, and what has changed since. */
  safe = new Uint8Array(0)
  changes: Change[] = []

  write(offset: number, bytes: Uint8Array): void {
    this.resize(Math.max(this.size, offset + bytes.length))
    this.bytes.set(bytes, offset)
  }

  resize(size: number): void {
    if (size > this.bytes.length) {
      const larger = new Uint8Array(Math.max(size, this.bytes.length * 2))
      larger.set(this.bytes.subarray(0, this.size))
      this.bytes = larger
    }
    if (size < this.size) this.bytes.fill(0, size, this.size)
    this.size = size
  }

  sync(): void {
    this.safe = this.bytes.slice(0, this.size)
    this.changes = []
  }

  afterPowerLoss(random: () => number): Content {
    const content = new Content()
    content.write(0, this.safe)
    const kept = random()
    for (const change of this.changes) {
      if ('size' in change) {
        if (random() < kept) content.resize(change.size)
        continue
      }
      for (let at = 0; at < change.bytes.length; ) {
        const end = Math.min(change.bytes.length, at + SECTOR - ((change.offset + at) % SECTOR))
        if (random() < kept) content.write(change.offset + at, change.bytes.slice(at, end))
        at = end
      }
    }
    content.sync()
    return content
  }
}

/** The folder. */
export class MemoryDisk implements Disk {
  readonly name = 'memory'
  private files = new Map<string, Content>()
  private safeNames = new Map<string, Content>()

  list(): string[] {
    return [...this.files.keys()]
  }

  open(name: string, mode: 'read' | 'write' | 'create'): DiskFile {
    const known = this.files.get(name)
    if (mode === 'create' ? known !== undefined : known === undefined) {
      throw new StorageError(`cannot ${mode} ${name}: it ${known === undefined ? 'does not exist' : 'exists'}`)
    }
    const content = known ?? new Content()
    if (mode === 'create') this.files.set(name, content)
    return new MemoryFile(name, content, mode)
  }

  remove(name: string): void {
    if (!this.files.delete(name)) throw new StorageError(`cannot remove ${name}: it does not exist`)
  }

  syncNames(): void {
    this.safeNames = new Map(this.files)
  }

  /** The same folder, to be changed apart from this one. */
  copy(): MemoryDisk {
    const copy = new MemoryDisk()
    for (const [name, content] of this.files) copy.set(name, content.bytes.slice(0, content.size))
    return copy
  }

  /** The bytes of a file. */
  get(name: string): Uint8Array {
    const content = this.files.get(name) as Content
    return content.bytes.slice(0, content.size)
  }

  /** Makes a file, or replaces its bytes. */
  set(name: string, bytes: Uint8Array): void {
    const content = new Content()
    content.write(0, bytes)
    content.sync()
    this.files.set(name, content)
    this.safeNames.set(name, content)
  }

  /** What is there after the power was gone: what was synced, and by chance some of the rest. */
  afterPowerLoss(random: () => number): MemoryDisk {
    const disk = new MemoryDisk()
    for (const name of new Set([...this.files.keys(), ...this.safeNames.keys()])) {
      const [now, safe] = [this.files.get(name), this.safeNames.get(name)]
      const content = now === safe || random() < 0.5 ? now : safe
      if (content !== undefined) disk.files.set(name, content.afterPowerLoss(random))
    }
    disk.syncNames()
    return disk
  }
}

class MemoryFile implements DiskFile {
  readonly name: string
  private readonly content: Content
  private readonly mode: string
  private closed = false

  constructor(name: string, content: Content, mode: string) {
    this.name = name
    this.content = content
    this.mode = mode
  }

  size(): number {
    this.assertOpen()
    return this.content.size
  }

  read(into: Uint8Array, offset: number): number {
    this.assertOpen()
    const found = this.content.bytes.subarray(0, this.content.size).subarray(offset, offset + into.length)
    into.set(found)
    return found.length
  }

  write(pieces: readonly Uint8Array[], offset: number): number {
    this.assertWritable()
    let at = offset
    for (const piece of pieces) {
      this.content.write(at, piece)
      this.content.changes.push({ offset: at, bytes: piece.slice() })
      at += piece.length
    }
    return at - offset
  }

  reserve(size: number): void {
    const from = this.size()
    if (from < size) this.write([new Uint8Array(size - from)], from)
  }

  async reserveLater(size: number): Promise<void> {
    this.reserve(size)
    await this.syncLater()
  }

  truncate(size: number): void {
    this.assertWritable()
    this.content.resize(size)
    this.content.changes.push({ size })
  }

  sync(): void {
    this.assertOpen()
    this.content.sync()
  }

  async syncLater(): Promise<void> {
    this.assertOpen()
    // What is written after the call is not promised.
    const count = this.content.changes.length
    const safe = this.content.bytes.slice(0, this.content.size)
    await Promise.resolve()
    this.content.safe = safe
    this.content.changes = this.content.changes.slice(count)
  }

  close(): void {
    this.closed = true
  }

  private assertOpen(): void {
    if (this.closed) throw new StorageError(`${this.name} is closed`)
  }

  private assertWritable(): void {
    this.assertOpen()
    if (this.mode === 'read') throw new StorageError(`${this.name} is open for reading`)
  }
}
