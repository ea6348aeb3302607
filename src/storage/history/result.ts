/**
 * What a query of history returns: nothing is read before it is iterated.
 *
 * @module
 */

import type { ExperienceEvent } from '../../event/types.js'
import { assertInteger, assertKeys, LARGEST_BATCH } from '../../stream/validate.js'
import { ResultTooLargeError } from '../errors.js'
import { HistoryBatch, type Piece } from './batch.js'

/** Events that are collected at most, unless a call says otherwise. */
const DEFAULT_LIMIT = 1_000_000

/** Options of `toBatch` and `toArray`. */
export interface CollectOptions {
  /** Refuse to collect more events than this, at most 2^24. Default 1,000,000. */
  limit?: number | undefined
}

/**
 * The events that a query finds, batch by batch, in bounded memory. Every iteration asks anew, for what was written
 * before it began; ending it early by `break` lets go of everything.
 */
export class HistoryResult implements AsyncIterable<HistoryBatch> {
  private readonly run: () => AsyncGenerator<HistoryBatch>

  /** @internal */
  constructor(run: () => AsyncGenerator<HistoryBatch>) {
    this.run = run
  }

  [Symbol.asyncIterator](): AsyncGenerator<HistoryBatch> {
    return this.run()
  }

  /**
   * All events in one batch.
   * @throws {ResultTooLargeError} if there are more than `limit`; give the query a `limit` to get the first of them.
   */
  async toBatch(options: CollectOptions = {}): Promise<HistoryBatch> {
    assertKeys(options, 'options', ['limit'])
    const { limit = DEFAULT_LIMIT } = options
    assertInteger(limit, 'limit', 0, LARGEST_BATCH)
    const pieces: Piece[] = []
    let length = 0
    let start = Number.POSITIVE_INFINITY
    let end = 0
    for await (const batch of this) {
      length += batch.length
      if (length > limit) throw new ResultTooLargeError(limit)
      pieces.push({ tier: batch.tier, rows: batch, first: 0, count: batch.length, step: 1 })
      start = Math.min(start, batch.start)
      end = Math.max(end, batch.end)
    }
    return new HistoryBatch().fill(pieces, Math.min(start, end), end)
  }

  /** Snapshots of all events; throws as `toBatch`. */
  async toArray(options: CollectOptions = {}): Promise<ExperienceEvent[]> {
    return (await this.toBatch(options)).toArray()
  }
}
