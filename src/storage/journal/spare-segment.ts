/**
 * The next segment, filled with zeros ahead of its time: a sync of bytes whose place on the disk is settled costs a
 * fraction of one that has to settle it. It is filled in steps, with every block that goes into the segment before, so
 * that no write has to wait for all of it, and synced on the way. Until its header is written it is no segment.
 *
 * A spare that cannot be made is no reason to refuse a write: the next segment then grows as it is written.
 *
 * @module
 */

import type { Disk, DiskFile } from '../disk/disk.js'

/** Filled at once; smaller steps would cost more calls than bytes. */
const STEP_BYTES = 256 * 1024
/** Synced at once: all of a spare together would hold up the syncs of the journal for too long. */
const SYNC_BYTES = 4 * 1024 * 1024

/** A file that is becoming the next segment. */
export class SpareSegment {
  private readonly disk: Disk
  private readonly name: string
  private readonly bytes: number
  private readonly pace: number
  private file: DiskFile | undefined
  private reserved = 0
  /** Zeros before it are synced, or will be. */
  private synced = 0
  private due = 0
  private isGivenUp = false

  /**
   * @param bytes the size that it is to have
   * @param pace bytes that are filled for each one written to the segment before
   */
  constructor(disk: Disk, name: string, bytes: number, pace: number) {
    this.pace = pace
    this.disk = disk
    this.name = name
    this.bytes = bytes
  }

  /** Keeps up with `bytes` that were written to the segment before. */
  advance(bytes: number): void {
    this.due += bytes * this.pace
    const left = this.bytes - this.reserved
    if (left === 0 || this.due < Math.min(STEP_BYTES, left) || this.isGivenUp) return
    try {
      this.file ??= this.make()
      this.reserved = Math.min(this.bytes, this.reserved + Math.floor(this.due))
      this.due = 0
      this.file.reserve(this.reserved)
      if (this.reserved === this.bytes || this.reserved - this.synced >= SYNC_BYTES) this.syncLater(this.file)
    } catch {
      this.discard()
    }
  }

  /**
   * Lets go of the file, which becomes the segment, and returns the size that it has got; undefined if there is none.
   * Whoever goes on opens it anew: a failure of a sync is told to one of those who have it open as one, and must not be
   * told to the spare instead of the segment.
   */
  take(): number | undefined {
    if (this.file === undefined || this.isGivenUp) return undefined
    this.isGivenUp = true
    this.file.close()
    return this.reserved
  }

  /** Removes the file. */
  discard(): void {
    if (this.isGivenUp) return
    this.isGivenUp = true
    if (this.file === undefined) return
    try {
      this.file.close()
      this.disk.remove(this.name)
    } catch {
      // It holds nothing: whoever makes the segment removes it first, and so does recovery.
    }
  }

  private syncLater(file: DiskFile): void {
    this.synced = this.reserved
    file.syncLater().catch(() => this.discard())
  }

  private make(): DiskFile {
    if (this.disk.list().includes(this.name)) this.disk.remove(this.name)
    return this.disk.open(this.name, 'create')
  }
}
