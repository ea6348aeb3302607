/**
 * Finding and counting in the live window.
 *
 * @module
 */

import type { Ring } from '../kernel/ring.js'
import * as L from '../layout.js'
import type { EventBatch } from './batch.js'
import type { Matcher } from './matching.js'
import type { EventFilter, FindOptions } from './types.js'
import { assertChoice, assertInteger, assertKeys } from './validate.js'

const FILTER_KEYS = ['types', 'flags', 'episodeId', 'from', 'to', 'minReward', 'maxReward', 'startSeq', 'endSeq']
const FIND_KEYS = [...FILTER_KEYS, 'order', 'limit']

/** Looks for events in one ring. */
export class Finder {
  private readonly ring: Ring
  private readonly matcher: Matcher

  constructor(ring: Ring, matcher: Matcher) {
    this.ring = ring
    this.matcher = matcher
  }

  count(filter: EventFilter): number {
    assertKeys(filter, 'filter', FILTER_KEYS)
    return this.matcher.count(filter)
  }

  findSeqs(options: FindOptions): Float64Array {
    const { count, newestFirst } = this.search(options)
    const seqs = new Float64Array(count)
    this.copySeqs(count, newestFirst, seqs, () => {})
    return seqs
  }

  find(options: FindOptions, into: EventBatch): EventBatch {
    const { count, newestFirst } = this.search(options)
    const { core, u8 } = this.ring.kernel
    const bytes = into.own(count)
    this.copySeqs(count, newestFirst, into.ownNumbers(count), (at, length) => {
      core.gather(length)
      bytes.set(u8.subarray(L.BATCH, L.BATCH + length * L.RECORD_BYTES), at * L.RECORD_BYTES)
    })
    const { start, end } = this.matcher.range(options)
    return into.describe(count, start, end, 0, false)
  }

  /** Marks the matches and says how many of them are wanted. */
  private search(options: FindOptions): { count: number; newestFirst: boolean } {
    assertKeys(options, 'options', FIND_KEYS)
    const { order = 'oldest', limit = Number.MAX_SAFE_INTEGER } = options
    assertChoice(order, 'order', ['oldest', 'newest'])
    assertInteger(limit, 'limit', 0, Number.MAX_SAFE_INTEGER)
    return { count: Math.min(limit, this.matcher.mark(options)), newestFirst: order === 'newest' }
  }

  private copySeqs(
    count: number,
    newestFirst: boolean,
    seqs: Float64Array,
    copy: (at: number, length: number) => void,
  ): void {
    const { f64 } = this.ring.kernel
    let at = 0
    this.matcher.list(count, newestFirst, (length) => {
      seqs.set(f64.subarray(L.OUT_SEQS / 8, L.OUT_SEQS / 8 + length), at)
      copy(at, length)
      at += length
    })
  }
}
