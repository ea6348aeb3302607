/**
 * What a query takes: checks, and which files it has to open.
 *
 * @module
 */

import { invalid } from '../../../errors.js'
import { assertInteger, assertKeys, assertNumber, episodeNumber, typeList } from '../../../stream/validate.js'
import type { ColdQuery } from '../cold-storage.js'
import type { RowFilter } from '../file-format.js'
import type { EventFileEntry } from '../manifest/state.js'

const KEYS = ['startSeq', 'endSeq', 'from', 'to', 'episodeId', 'types', 'batchSize', 'signal']
const DEFAULT_BATCH = 1024
const LARGEST_BATCH = 2 ** 20

/** A query with everything decided. */
export interface ResolvedQuery {
  readonly filter: RowFilter & { readonly startSeq: number; readonly endSeq: number }
  readonly batchSize: number
  readonly signal: AbortSignal | undefined
}

/** @throws {InvalidArgumentError} for an unknown key or a value that is out of range. */
export function resolveQuery(query: ColdQuery): ResolvedQuery {
  assertKeys(query, 'query', KEYS)
  const { startSeq = 0, endSeq = Number.MAX_SAFE_INTEGER, from, to, batchSize = DEFAULT_BATCH, signal } = query
  assertInteger(startSeq, 'startSeq', 0, Number.MAX_SAFE_INTEGER)
  assertInteger(endSeq, 'endSeq', 0, Number.MAX_SAFE_INTEGER)
  if (from !== undefined) assertNumber(from, 'from')
  if (to !== undefined) assertNumber(to, 'to')
  assertInteger(batchSize, 'batchSize', 1, LARGEST_BATCH)
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('signal', 'be an AbortSignal', signal)
  const episodeId = query.episodeId === undefined ? undefined : episodeNumber(query.episodeId, 'episodeId')
  const types = query.types === undefined ? undefined : typeList(query.types, 'types')
  return { filter: { startSeq, endSeq, from, to, episodeId, types }, batchSize, signal }
}

/** Whether a file may have rows that meet the filter, by what the manifest says of it. */
export function mayHold(file: EventFileEntry, filter: RowFilter): boolean {
  const { startSeq, endSeq, from, to, episodeId, types } = filter
  if (startSeq !== undefined && file.lastSeq < startSeq) return false
  if (endSeq !== undefined && file.firstSeq >= endSeq) return false
  if (from !== undefined && file.toUs < from) return false
  if (to !== undefined && file.fromUs >= to) return false
  if (episodeId !== undefined) {
    if (BigInt(file.leastEpisode) > episodeId || BigInt(file.largestEpisode) < episodeId) return false
  }
  if (types !== undefined && file.types !== undefined && !types.some((type) => file.types?.includes(type))) return false
  return file.runs === undefined || numbersIn(file.runs, startSeq, endSeq) > 0
}

/** How many numbers of ranges lie in [start, end). */
export function numbersIn(runs: readonly number[], start = 0, end = Number.POSITIVE_INFINITY): number {
  let count = 0
  for (let i = 0; i < runs.length; i += 2) {
    count += Math.max(0, Math.min(end, runs[i + 1] as number) - Math.max(start, runs[i] as number))
  }
  return count
}

/** @throws {InvalidArgumentError} unless both are sequence numbers. */
export function assertRange(startSeq: number, endSeq: number): void {
  assertInteger(startSeq, 'startSeq', 0, Number.MAX_SAFE_INTEGER)
  assertInteger(endSeq, 'endSeq', 0, Number.MAX_SAFE_INTEGER)
}
