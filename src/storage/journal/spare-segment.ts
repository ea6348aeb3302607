/**
 * The next segment, filled with zeros ahead of its time: a sync of bytes whose place on the disk is settled costs half of
 * one that has to settle it. It is filled while nothing else is written: in competition with the journal's own syncs it
 * would cost more than it saves. Until its header is written it is no segment.
 *
 * A spare that cannot be made, or is not ready in time, is no reason to refuse a write: the next segment then grows as
 * it is written.
 *
 * @module
 */

import type { Disk, DiskFile } from '../disk/disk.js'

/** Filled and synced at once; a write that comes meanwhile has to wait for no more. */
const PIECE_BYTES = 256 * 1024
const PAUSE_MS = 10

/** A file that is becoming the next segment. */
export class SpareSegment {
  private readonly disk: Disk
  private readonly name: string
  private readonly bytes: number
  private readonly isQuiet: () => boolean
  private file: DiskFile | undefined
  private state: 'planned' | 'filling' | 'ready' | 'over' = 'planned'

  /**
   * @param bytes the size that it is to have
   * @param isQuiet whether the disk has nothing better to do
   */
  constructor(disk: Disk, name: string, bytes: number, isQuiet: () => boolean) {
    this.disk = disk
    this.name = name
    this.bytes = bytes
    this.isQuiet = isQuiet
  }

  /** Whether it pays to wait for it. */
  get isFilling(): boolean {
    return this.state === 'filling'
  }

  /** Begins to fill it, once. */
  start(): void {
    if (this.state !== 'planned') return
    this.state = 'filling'
    this.fill().catch(() => this.discard())
  }

  /**
   * Lets go of the file, which becomes the segment, and tells whether there is one; what is not ready is removed.
   * Whoever goes on opens it anew: a failure of a sync is told to one of those who have it open as one, and must not be
   * told to the spare instead of the segment.
   */
  take(): boolean {
    if (this.state !== 'ready') {
      this.discard()
      return false
    }
    this.state = 'over'
    this.file?.close()
    return true
  }

  /** Removes the file. */
  discard(): void {
    if (this.state === 'over') return
    this.state = 'over'
    if (this.file === undefined) return
    try {
      this.file.close()
      this.disk.remove(this.name)
    } catch {
      // It holds nothing: whoever makes the segment removes it first, and so does recovery.
    }
  }

  private async fill(): Promise<void> {
    if (this.disk.list().includes(this.name)) this.disk.remove(this.name)
    this.file = this.disk.open(this.name, 'create')
    for (let size = 0; size < this.bytes; ) {
      while (this.isFilling && !this.isQuiet()) await pause()
      if (!this.isFilling) return
      size = Math.min(this.bytes, size + PIECE_BYTES)
      await this.file.reserveLater(size)
    }
    if (this.isFilling) this.state = 'ready'
  }
}

/** Keeps no process alive. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const timer: { unref?: () => void } & ReturnType<typeof setTimeout> = setTimeout(resolve, PAUSE_MS)
    timer.unref?.()
  })
}
