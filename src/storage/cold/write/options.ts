/**
 * The options of cold storage in files: defaults and checks.
 *
 * @module
 */

import { invalid } from '../../../errors.js'
import { assertChoice, assertInteger, assertKeys } from '../../../stream/validate.js'
import type { ColdRetention } from './retention.js'

/** What `FileColdStorage` takes. Unknown keys are refused. */
export interface FileColdStorageOptions {
  /** What new files are written as. A store reads both, whatever it writes. Default `'parquet'`. */
  format?: 'parquet' | 'messagepack' | undefined
  /**
   * Events, or corrections, that are held back in memory before files are made of them; fewer if their metadata are
   * more than 16 MiB. Default 10,000.
   */
  batchSize?: number | undefined
  /** How long an event is held back at most. Default: until the next interval. */
  maxAgeMs?: number | undefined
  /** How often what is held back is written, whatever it is. Default 300,000, five minutes. */
  flushIntervalMs?: number | undefined
  /** `'flagged'` keeps only events that have the PERSIST flag; the others are counted. Default `'all'`. */
  keep?: 'all' | 'flagged' | undefined
  /** Which days may go. Default: none. */
  retention?: ColdRetention | undefined
  /** Events in a file that compaction makes, at most; it holds them in memory. Default 250,000. */
  fileEvents?: number | undefined
  /** Names the store in reports and its follower in the journal. Default `'files'`. */
  name?: string | undefined
}

/** Options with everything decided. */
export interface ResolvedColdOptions {
  readonly format: 'parquet' | 'messagepack'
  readonly batchSize: number
  readonly maxAgeMs: number | undefined
  readonly flushIntervalMs: number
  readonly flaggedOnly: boolean
  readonly retention: ColdRetention
  readonly fileEvents: number
  readonly name: string
}

const KEYS = ['format', 'batchSize', 'maxAgeMs', 'flushIntervalMs', 'keep', 'retention', 'fileEvents', 'name']
/** What a timer can wait at most. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
const LARGEST_BATCH = 1_000_000
const LONGEST_NAME = 100

/** @throws {InvalidArgumentError} for an unknown key or a value that is out of range. */
export function resolveColdOptions(options: FileColdStorageOptions): ResolvedColdOptions {
  assertKeys(options, 'options', KEYS)
  const { format = 'parquet', batchSize = 10_000, maxAgeMs, flushIntervalMs = 300_000, keep = 'all' } = options
  const { retention = {}, fileEvents = 250_000, name = 'files' } = options
  assertChoice(format, 'format', ['parquet', 'messagepack'])
  assertInteger(batchSize, 'batchSize', 1, LARGEST_BATCH)
  if (maxAgeMs !== undefined) assertInteger(maxAgeMs, 'maxAgeMs', 1, LONGEST_TIMER_MS)
  assertInteger(flushIntervalMs, 'flushIntervalMs', 1, LONGEST_TIMER_MS)
  assertChoice(keep, 'keep', ['all', 'flagged'])
  assertKeys(retention, 'retention', ['maxAgeMs', 'maxBytes'])
  if (retention.maxAgeMs !== undefined) {
    assertInteger(retention.maxAgeMs, 'retention.maxAgeMs', 1, Number.MAX_SAFE_INTEGER)
  }
  if (retention.maxBytes !== undefined) {
    assertInteger(retention.maxBytes, 'retention.maxBytes', 1, Number.MAX_SAFE_INTEGER)
  }
  assertInteger(fileEvents, 'fileEvents', 1, LARGEST_BATCH)
  assertName(name)
  const kept = { maxAgeMs: retention.maxAgeMs, maxBytes: retention.maxBytes }
  return {
    format,
    batchSize,
    maxAgeMs,
    flushIntervalMs,
    flaggedOnly: keep === 'flagged',
    retention: kept,
    fileEvents,
    name,
  }
}

function assertName(name: unknown): asserts name is string {
  if (typeof name === 'string' && name.length > 0 && name.length <= LONGEST_NAME) return
  throw invalid('name', `be a text of 1 to ${LONGEST_NAME} characters`, name)
}
