/**
 * The two tiers that are read without waiting: the ring, and the journal's files.
 *
 * @module
 */

import type { Gap, JournalSource } from '../journal/source.js'
import { addMetadata } from './metadata.js'
import { Rows } from './rows.js'
import type { HistoryChunk, HistoryRing, HistoryTier, Scan } from './tier.js'
import { nextTurn } from './turn.js'

/** What was read at once: the events of [start, end), which may begin later or end earlier than what was asked for. */
interface Read {
  start: number
  end: number
  rows: Rows
}

/** What both have in common: reading chunk by chunk, for as long as the numbers are still theirs. */
abstract class NearTier implements HistoryTier {
  protected readonly source: JournalSource
  protected abstract readonly name: string
  abstract readonly reach: number

  constructor(source: JournalSource) {
    this.source = source
  }

  abstract range(): { start: number; end: number }
  abstract count(start: number, end: number): Promise<number>
  abstract gaps(start: number, end: number): Promise<readonly Gap[]>
  /** Reads numbers that were in `range()` a moment ago. */
  protected abstract read(start: number, end: number): Read

  async *scan(scan: Scan): AsyncGenerator<HistoryChunk> {
    const { width, signal } = scan
    let { start, end } = scan
    while (start < end) {
      signal?.throwIfAborted()
      const range = this.range()
      const next = scan.order === 'oldest' ? start : end - 1
      if (next < range.start || next >= range.end) return
      const from = scan.order === 'oldest' ? start : Math.max(start, range.start, end - width)
      const to = scan.order === 'oldest' ? Math.min(end, range.end, start + width) : end
      const read = this.read(from, to)
      // The walk goes on only where it stands: a piece that does not begin there would leave numbers out.
      if (read.start >= read.end || (scan.order === 'oldest' ? read.start !== start : read.end !== end)) return
      const rows = read.rows.keep(scan.filter)
      if (scan.metadata) addMetadata(rows, this.source)
      yield { tier: this.name, start: read.start, end: read.end, rows }
      if (scan.order === 'oldest') start = read.end
      else end = read.start
      if (start < end) await nextTurn()
    }
  }
}

/** The live events. */
export class RingTier extends NearTier {
  protected readonly name = 'ring'
  readonly reach = 1
  private readonly ring: HistoryRing

  constructor(ring: HistoryRing, source: JournalSource) {
    super(source)
    this.ring = ring
  }

  range(): { start: number; end: number } {
    return { start: this.ring.oldest, end: this.ring.next }
  }

  async count(start: number, end: number): Promise<number> {
    return this.ring.count(start, end)
  }

  /** What has no event in the ring was claimed by a thread that never wrote. */
  async gaps(start: number, end: number): Promise<readonly Gap[]> {
    const read = this.ring.read(start, end)
    return holes(read.rows, read.start, read.end).map((hole) => ({ ...hole, reason: 'aborted' }))
  }

  protected read(start: number, end: number): Read {
    return this.ring.read(start, end)
  }
}

/** The events of the journal's files, as the corrections behind them have made them. */
export class JournalTier extends NearTier {
  protected readonly name = 'journal'
  readonly reach = 64

  range(): { start: number; end: number } {
    this.source.refresh()
    return { start: this.source.startSeq, end: this.source.endSeq }
  }

  async count(start: number, end: number): Promise<number> {
    return this.source.gaps(start, end).reduce((count, gap) => count - overlap(gap, start, end), end - start)
  }

  async gaps(start: number, end: number): Promise<readonly Gap[]> {
    return this.source.gaps(start, end)
  }

  protected read(start: number, end: number): Read {
    try {
      const { seqs, bytes, masks, length } = this.source.events(start, end)
      return { start, end, rows: new Rows(seqs, bytes, masks, undefined, length) }
    } catch (error) {
      // Where another thread or process writes the journal, a segment may have gone to the stores meanwhile.
      if (this.range().start <= start) throw error
      return { start: end, end, rows: Rows.withRoomFor(0) }
    }
  }
}

/** The numbers of [start, end) that no row has. */
export function holes(rows: Rows, start: number, end: number): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = []
  let next = start
  for (let i = 0; i <= rows.length; i++) {
    const seq = i < rows.length ? (rows.seqs[i] as number) : end
    if (seq > next) found.push({ start: next, end: seq })
    next = seq + 1
  }
  return found
}

/** How many numbers of [start, end) a gap has. */
export function overlap(gap: { start: number; end: number }, start: number, end: number): number {
  return Math.max(0, Math.min(gap.end, end) - Math.max(gap.start, start))
}
