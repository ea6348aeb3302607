/**
 * The segments of a journal as a reader sees them: their headers, and the indexes of those that it has looked into
 * lately.
 *
 * @module
 */

import type { DiskFile } from '../disk/disk.js'
import { CorruptSegmentError, StorageError } from '../errors.js'
import * as F from './format.js'
import type { JournalFolder } from './journal-end.js'
import { decodeSegmentHeader, type SegmentHeader } from './segment-header.js'
import { SegmentIndex, type SeqRange } from './segment-index.js'
import type { JournalPosition, SegmentInfo } from './source.js'

/** Blocks of all indexes that are kept; the last segment and the one in use always are. */
const MOST_BLOCKS = 2 ** 18
/** Files that are kept open. */
const MOST_FILES = 16

/** The writing end in the same thread, which knows what a look into the folder would find. */
export interface LiveJournal {
  readonly position: JournalPosition
  readonly segments: readonly { readonly number: number }[]
}

/** A segment, what is known of it for good, and its index while it is kept. */
interface Entry {
  readonly header: SegmentHeader
  /** Bytes of the file once it is full. */
  bytes: number | undefined
  ranges: readonly SeqRange[] | undefined
  index: SegmentIndex | undefined
  /** When it was last asked for, counted in questions. */
  used: number
}

/** The segments, ascending, numbers consecutive. */
export class SegmentTable {
  private readonly folder: JournalFolder
  private readonly live: LiveJournal | undefined
  private entries: Entry[] = []
  private questions = 0

  /** @throws {StorageError} if there is no journal in the folder. */
  constructor(folder: JournalFolder, live: LiveJournal | undefined) {
    this.folder = folder
    this.live = live
    this.refresh()
    if (this.entries.length > 0) return
    throw new StorageError(`${folder.disk.name} holds no journal`, { directory: folder.disk.name })
  }

  /** How many segments there are. */
  get length(): number {
    return this.entries.length
  }

  /** The header of the segment at `place` of the table. */
  header(place: number): SegmentHeader {
    return (this.entries[place] as Entry).header
  }

  /** The segment at `place` as others see it. */
  info(place: number): SegmentInfo {
    const entry = this.entries[place] as Entry
    const { header } = entry
    const file = F.segmentName(header.number)
    return {
      number: header.number,
      file,
      startPosition: header.position,
      startSeq: header.nextSeq,
      createdUs: header.createdUs,
      bytes: place === this.entries.length - 1 ? this.last.endOffset : this.bytesOf(entry, file),
    }
  }

  /** Looks for new and removed segments, and for new blocks in what was the last one. */
  refresh(): void {
    if (this.isUpToDate()) return
    const numbers = this.numbers()
    const present = new Set(numbers)
    const kept: Entry[] = []
    for (const entry of this.entries) {
      if (present.has(entry.header.number)) kept.push(entry)
      else entry.index?.file.close()
    }
    const grown = kept.at(-1)
    for (const number of numbers) {
      if (number <= (grown?.header.number ?? -1)) continue
      const header = this.readHeader(number, number === numbers.at(-1))
      if (header === undefined) continue
      assertFollows(header, kept.at(-1)?.header)
      kept.push({ header, bytes: undefined, ranges: undefined, index: undefined, used: 0 })
    }
    this.entries = kept
    grown?.index?.extend(grown === kept.at(-1))
    // Open from now on, so that where the journal ends is known even if everything is removed meanwhile.
    if (kept.length > 0) this.index(kept.length - 1)
  }

  /** The index of the segment at `place`. @throws {CorruptSegmentError} unless its blocks lead to the next one. */
  index(place: number): SegmentIndex {
    const entry = this.entries[place] as Entry
    const isLast = place === this.entries.length - 1
    entry.used = ++this.questions
    if (entry.index === undefined) {
      const file = this.folder.disk.open(F.segmentName(entry.header.number), 'read')
      entry.index = new SegmentIndex(file, entry.header, this.folder.crc32)
      entry.index.extend(isLast)
      entry.ranges = entry.index.ranges
      this.shrink(entry)
    }
    if (!isLast) assertLeadsTo(this.header(place + 1), entry.index)
    return entry.index
  }

  /** Whether a block of that kind in the segment at `place` may name numbers of [start, end). */
  mayConcern(place: number, kind: number, start: number, end: number): boolean {
    const { ranges } = this.entries[place] as Entry
    const range = (ranges ?? this.index(place).ranges)[kind] as SeqRange
    return range.start < end && range.end > start
  }

  /** The index of the last segment. */
  get last(): SegmentIndex {
    return this.index(this.entries.length - 1)
  }

  /** The place of the last segment of which `isBefore` holds, at least 0. */
  placeOf(isBefore: (header: SegmentHeader) => boolean): number {
    let low = 0
    let high = this.entries.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (isBefore(this.header(middle))) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Closes all files. */
  close(): void {
    for (const entry of this.entries) {
      entry.index?.file.close()
      entry.index = undefined
    }
  }

  private isUpToDate(): boolean {
    const { live, entries } = this
    if (live === undefined || entries.length === 0) return false
    return this.last.endPosition === live.position && this.header(0).number === live.segments[0]?.number
  }

  /** The numbers of the segments, ascending. */
  private numbers(): number[] {
    if (this.live !== undefined) return this.live.segments.map(({ number }) => number)
    const numbers = this.folder.disk.list().flatMap((name) => F.segmentNumber(name) ?? [])
    return numbers.sort((a, b) => a - b)
  }

  /** A full segment is cut to its blocks, so that its size tells where the last one ends. */
  private bytesOf(entry: Entry, name: string): number {
    if (entry.bytes === undefined) {
      const file = this.folder.disk.open(name, 'read')
      entry.bytes = file.size()
      file.close()
    }
    return entry.bytes
  }

  /** The header; undefined for a file that is only being made, or is removed at this moment. */
  private readHeader(number: number, isLast: boolean): SegmentHeader | undefined {
    const name = F.segmentName(number)
    let file: DiskFile
    try {
      file = this.folder.disk.open(name, 'read')
    } catch (error) {
      if (!this.folder.disk.list().includes(name)) return undefined
      throw error
    }
    try {
      const bytes = new Uint8Array(F.SEGMENT_HEADER_BYTES)
      const header = decodeSegmentHeader(bytes.subarray(0, file.read(bytes, 0)), number, this.folder.crc32)
      if (typeof header !== 'string') return header
      if (isLast) return undefined
      throw new CorruptSegmentError(name, 0, header)
    } finally {
      file.close()
    }
  }

  /** Gives up the indexes that were not asked for longest, but for the newest one and that of the last segment. */
  private shrink(newest: Entry): void {
    const held = this.entries.slice(0, -1).filter((entry) => entry.index !== undefined && entry !== newest)
    held.sort((a, b) => a.used - b.used)
    let blocks = held.reduce((sum, entry) => sum + (entry.index as SegmentIndex).length, newest.index?.length ?? 0)
    for (const entry of held) {
      if (blocks <= MOST_BLOCKS && held.length < MOST_FILES) return
      const index = entry.index as SegmentIndex
      blocks -= index.length
      index.file.close()
      entry.index = undefined
    }
  }
}

function assertFollows(header: SegmentHeader, before: SegmentHeader | undefined): void {
  if (before === undefined) return
  const name = F.segmentName(header.number)
  if (header.identity.streamId !== before.identity.streamId) {
    throw new CorruptSegmentError(name, 0, `it belongs to another stream, ${header.identity.streamId}`)
  }
  if (header.number !== before.number + 1) {
    throw new CorruptSegmentError(name, 0, `the segment before it is missing`)
  }
}

function assertLeadsTo(next: SegmentHeader, index: SegmentIndex): void {
  if (index.endPosition === next.position && index.endSeq === next.nextSeq) return
  throw new CorruptSegmentError(
    index.file.name,
    index.endOffset,
    `there is no block with position ${index.endPosition}, the next segment begins with ${next.position}`,
    { position: index.endPosition, nextPosition: next.position, events: [index.endSeq, next.nextSeq] },
  )
}
