/**
 * The options of history, checked when a call is made.
 *
 * @module
 */

import type { EventFilter, FindOptions } from '../../stream/types.js'
import { assertBoolean, assertChoice, assertInteger, assertKeys, assertSignal } from '../../stream/validate.js'
import { RecordFilter } from './record-filter.js'
import type { HistoryOrder } from './tier.js'

const FILTER_KEYS = ['types', 'flags', 'episodeId', 'from', 'to', 'minReward', 'maxReward', 'startSeq', 'endSeq']
const READ_KEYS = ['order', 'limit', 'batchSize', 'metadata', 'signal']
const MOST_IN_BATCH = 65_536
const MOST_SAMPLED = 2 ** 20

/** What every call of history takes. */
export interface HistoryReadOptions {
  /** Ends the call with the signal's reason, between two chunks of at most 8192 events. */
  signal?: AbortSignal | undefined
}

/** What `query` takes: the conditions, order and limit of `find`, and how the answer is to come. */
export interface HistoryQuery extends FindOptions, HistoryReadOptions {
  /** Events in a batch at most, 1 to 65,536. Default 1024. */
  batchSize?: number | undefined
  /** Whether batches have the events' metadata. Default true; without it reading is faster. */
  metadata?: boolean | undefined
}

/** What `sample` takes. */
export interface HistorySampleOptions extends HistoryReadOptions {
  /** Draw from the events that meet it, which reads all of them once. Default: from all. */
  filter?: EventFilter | undefined
  /** The same seed draws the same numbers of the same events; as in `StreamOptions`. Default: random. */
  seed?: number | bigint | undefined
  /** Whether an event may be drawn more than once. Default false. */
  replacement?: boolean | undefined
  /** Whether the sample has the events' metadata. Default true. */
  metadata?: boolean | undefined
}

/** A query with everything decided. */
export interface ResolvedQuery {
  readonly filter: RecordFilter
  readonly order: HistoryOrder
  readonly limit: number
  readonly batchSize: number
  readonly metadata: boolean
  readonly signal: AbortSignal | undefined
}

/** @param taken the keys that the call itself gives. */
export function resolveQuery(query: HistoryQuery, given: EventFilter = {}): ResolvedQuery {
  const open = [...FILTER_KEYS.filter((key) => !(key in given)), ...READ_KEYS]
  assertKeys(query, 'options', open)
  const {
    order = 'oldest',
    limit = Number.MAX_SAFE_INTEGER,
    batchSize = 1024,
    metadata = true,
    signal,
    ...rest
  } = query
  assertChoice(order, 'order', ['oldest', 'newest'])
  assertInteger(limit, 'limit', 0, Number.MAX_SAFE_INTEGER)
  assertInteger(batchSize, 'batchSize', 1, MOST_IN_BATCH)
  assertBoolean(metadata, 'metadata')
  const filter = new RecordFilter({ ...rest, ...given })
  return { filter, order, limit, batchSize, metadata, signal: signalOf(signal) }
}

/** The signal of calls that take nothing else. */
export function resolveRead(options: HistoryReadOptions): AbortSignal | undefined {
  assertKeys(options, 'options', ['signal'])
  return signalOf(options.signal)
}

/** Checks the arguments of `sample`; the seed is checked where the generator is made. */
export function resolveSample(
  size: number,
  options: HistorySampleOptions,
): { filter: RecordFilter; replacement: boolean; metadata: boolean; signal: AbortSignal | undefined } {
  assertInteger(size, 'size', 0, MOST_SAMPLED)
  assertKeys(options, 'options', ['filter', 'seed', 'replacement', 'metadata', 'signal'])
  const { filter = {}, replacement = false, metadata = true } = options
  assertBoolean(replacement, 'replacement')
  assertBoolean(metadata, 'metadata')
  return { filter: new RecordFilter(filter), replacement, metadata, signal: signalOf(options.signal) }
}

function signalOf(signal: unknown): AbortSignal | undefined {
  assertSignal(signal)
  return signal
}
