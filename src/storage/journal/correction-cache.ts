/**
 * The corrections of one region of sequence numbers, kept while a reader goes through it in chunks: each chunk would else
 * look at every block of corrections that any of its neighbours has already looked at.
 *
 * @module
 */

import { type CorrectionList, CorrectionMerger } from './corrections.js'

/** Numbers of a region; 28 bytes of memory for each event of it that has a correction. */
const REGION = 65_536
/** A read of fewer numbers is taken for one at random, which would pay for the region and not use it. */
const LEAST_READ = 256

/** Adds the corrections of blocks [from, to) of the events [start, end) to a merger. */
type Merge = (merger: CorrectionMerger, from: number, to: number, start: number, end: number) => void

/** The corrections of the region that was read last. */
export class CorrectionCache {
  private readonly merge: Merge
  private region: { start: number; end: number; to: number; list: CorrectionList } | undefined

  constructor(merge: Merge) {
    this.merge = merge
  }

  /**
   * The corrections of events [start, end), possibly with others, that the blocks before `to` hold.
   * @param positionOf where the records of a number are, before which nothing corrects them
   */
  list(start: number, end: number, to: number, positionOf: (seq: number) => number): CorrectionList {
    const known = this.region
    if (known !== undefined && start >= known.start && end <= known.end && to >= known.to) return this.grown(known, to)
    const first = Math.floor(start / REGION) * REGION
    if (end - start < LEAST_READ || end > first + REGION) {
      const merger = new CorrectionMerger()
      this.merge(merger, positionOf(start), to, start, end)
      return merger.list()
    }
    const empty = new CorrectionMerger().list()
    this.region = { start: first, end: first + REGION, to: positionOf(first), list: empty }
    return this.grown(this.region, to)
  }

  /** Adds what was written since. */
  private grown(region: NonNullable<CorrectionCache['region']>, to: number): CorrectionList {
    if (to > region.to) {
      const merger = new CorrectionMerger()
      merger.addList(region.list)
      this.merge(merger, region.to, to, region.start, region.end)
      region.list = merger.list()
      region.to = to
    }
    return region.list
  }
}
