/**
 * The segments of a journal that is being written: the current one, those that are full and not synced yet, and the
 * spare that becomes the next.
 *
 * @module
 */

import type { Disk, DiskFile } from '../disk/disk.js'
import { StorageError } from '../errors.js'
import type { Crc32 } from './crc32.js'
import * as F from './format.js'
import type { JournalEnd, JournalFolder, SegmentPlace } from './journal-end.js'
import { newSalt, type SegmentHeader } from './segment-header.js'
import { SegmentWriter } from './segment-writer.js'
import type { JournalPosition } from './source.js'
import { SpareSegment } from './spare-segment.js'

/** What is reserved at once when a journal is opened. */
const FIRST_RESERVE = 8 * 1024 * 1024
/** The next segment is reserved once this part of the current one is full; in the first, whose room is small, at once. */
const SPARE_FROM = 0.25

/** That segments are reserved, and how. */
export interface Reserve {
  /** How long nothing has to have been written before the next segment is worked on. */
  readonly quietMs: number
}

/** What the header of a new segment says beside its number and salt. */
export type NewSegment = Omit<SegmentHeader, 'number' | 'salt'>

/** The segments, ascending; the last one is written to. */
export class SegmentChain {
  readonly places: SegmentPlace[]
  /** Segments that are full, but whose last bytes have not been synced. */
  readonly retired: DiskFile[] = []
  private readonly disk: Disk
  private readonly crc32: Crc32
  private readonly segmentBytes: number
  private readonly reserve: Reserve | undefined
  /** Where the reserve of the current segment ends, or where it is full. */
  private limit: number
  private spareFrom = 0
  private writtenMs = 0
  private segment: SegmentWriter | undefined
  private spare: SpareSegment | undefined
  private namesChanged = false

  /** Opens the last segment, and those before it whose blocks behind `end.synced` nobody may have synced. */
  constructor({ disk, crc32 }: JournalFolder, end: JournalEnd, segmentBytes: number, reserve: Reserve | undefined) {
    this.disk = disk
    this.crc32 = crc32
    this.segmentBytes = segmentBytes
    this.reserve = reserve
    this.limit = segmentBytes
    this.places = [...end.segments]
    if (end.last === undefined) return
    const { header, offset } = end.last
    this.segment = new SegmentWriter(disk.open(F.segmentName(header.number), 'write'), header, offset, crc32)
    this.openUnsynced(end)
    this.reserveCurrent()
  }

  /** The segment that is written to. */
  get current(): SegmentWriter {
    return this.segment as SegmentWriter
  }

  /** Whether a block with such a payload belongs into the next segment. */
  isFull(payloadBytes: number): boolean {
    const { current } = this
    if (current.fits(payloadBytes, this.limit)) return false
    // Rather longer than its reserve than followed by a segment that has none.
    return !(this.spare?.isFilling && current.fits(payloadBytes, this.segmentBytes))
  }

  /** Has the spare made in time; called after each block. */
  keepUp(): void {
    if (this.reserve === undefined) return
    this.writtenMs = performance.now()
    if (this.current.offset >= this.spareFrom) this.spare?.start()
  }

  /**
   * Begins the next segment; `writeFirst` writes its first block. Nothing has changed if that fails.
   * @throws {StorageError}
   */
  next(start: NewSegment, writeFirst: (segment: SegmentWriter) => void): void {
    const number = (this.places.at(-1)?.number ?? -1) + 1
    const name = F.segmentName(number)
    const isReserved = this.spare?.take() ?? false
    this.spare = undefined
    // What an attempt that failed left behind.
    if (!isReserved && this.disk.list().includes(name)) this.disk.remove(name)
    const file = this.disk.open(name, isReserved ? 'write' : 'create')
    let segment: SegmentWriter
    try {
      segment = SegmentWriter.begin(file, { ...start, number, salt: newSalt() }, this.crc32)
      writeFirst(segment)
    } catch (error) {
      file.close()
      throw error
    }
    this.retire()
    this.segment = segment
    this.places.push({ number, position: start.position, nextSeq: start.nextSeq })
    this.namesChanged = true
    if (number === 0) this.reserveCurrent()
    else this.planSpare(this.segmentBytes, SPARE_FROM * this.segmentBytes)
  }

  /** Makes the names of new segments safe. */
  syncNames(): void {
    if (!this.namesChanged) return
    this.disk.syncNames()
    this.namesChanged = false
  }

  /** Closes full segments, which have been synced. */
  release(files: readonly DiskFile[]): void {
    for (const file of files) {
      const at = this.retired.indexOf(file)
      if (at < 0) continue
      this.retired.splice(at, 1)
      file.close()
    }
  }

  /** Removes the segments all of whose blocks stand before `position`, but not the last one. Returns how many. */
  removeBefore(position: JournalPosition): number {
    let removed = 0
    while (this.places.length > 1 && (this.places[1] as SegmentPlace).position <= position) {
      this.disk.remove(F.segmentName((this.places[0] as SegmentPlace).number))
      this.places.shift()
      // One by one: if a later file could be gone and an earlier one come back, one would be missing in the middle.
      this.disk.syncNames()
      removed++
    }
    return removed
  }

  /** Closes everything. */
  close(): void {
    this.spare?.discard()
    for (const file of this.retired) file.close()
    this.cut(this.current)
    this.current.file.close()
  }

  private retire(): void {
    if (this.segment === undefined) return
    this.cut(this.segment)
    this.retired.push(this.segment.file)
  }

  private openUnsynced({ synced, position }: JournalEnd): void {
    if (synced >= position) return
    this.namesChanged = true
    for (const [i, { number }] of this.places.slice(0, -1).entries()) {
      if ((this.places[i + 1] as SegmentPlace).position <= synced) continue
      this.retired.push(this.disk.open(F.segmentName(number), 'write'))
    }
  }

  /** Reserves what comes first, so that it is there at once; no spare had the time to become ready. */
  private reserveCurrent(): void {
    if (this.reserve === undefined) return
    const { file, offset } = this.current
    const bytes = Math.max(offset, Math.min(this.segmentBytes, offset + FIRST_RESERVE))
    file.reserve(bytes)
    file.sync()
    this.planSpare(bytes, offset)
  }

  private planSpare(limit: number, from: number): void {
    const { reserve } = this
    if (reserve === undefined) return
    this.limit = limit
    this.spareFrom = from
    const isQuiet = (): boolean => performance.now() - this.writtenMs >= reserve.quietMs
    this.spare = new SpareSegment(this.disk, F.segmentName(this.current.header.number + 1), this.segmentBytes, isQuiet)
  }

  /** Gives back what was reserved and not used. Where that fails, zeros stay, which nobody minds. */
  private cut({ file, offset }: SegmentWriter): void {
    if (this.reserve === undefined) return
    try {
      if (file.size() > offset) file.truncate(offset)
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
    }
  }
}
