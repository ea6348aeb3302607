/**
 * Conditions as the text of a WHERE clause. COPY takes no parameters, so the text is made of numbers that were checked
 * and of fixed words; what is asked of metadata stands in settings of the transaction.
 *
 * @module
 */

import { US_PER_DAY } from '../../storage/cold/partition.js'
import { int4, int8, real, unsigned16, unsigned16List } from '../sql/text.js'
import type { RowQuery } from '../store/source.js'
import type { Conditions } from './conditions.js'
import { bits, type Day, numbersOf, timesOf } from './days.js'
import { TOTAL_REWARD } from './order.js'

/** Conditions within bounds: times [low, high), numbers [startSeq, endSeq), on these days. */
export interface Bounded {
  readonly conditions: Conditions
  readonly stream: number
  readonly days: readonly Day[]
  readonly low: number
  readonly high: number
  readonly startSeq: number
  readonly endSeq: number
}

/** Of a row `e` of `experience_events`, joined by AND. */
export function whereOf({ conditions, stream, days, low, high, startSeq, endSeq }: Bounded): string {
  const { types, episodeId, minReward, flags, adnaVersionHash, metadata } = conditions
  const bounds = [`stream = ${int4(stream)}`, timesOf(days, low, high), ...numbersOf(startSeq, endSeq)]
  const clauses = [...bounds]
  if (episodeId !== undefined) clauses.push(`episode_id = ${int8(bits(episodeId))}`)
  if (types?.length === 1) clauses.push(`event_type = ${unsigned16(types[0] as number)}`)
  else if (types !== undefined) clauses.push(`event_type = ANY (${unsigned16List(types)})`)
  if (minReward !== undefined) clauses.push(`${TOTAL_REWARD} >= ${real(minReward)}`)
  if (flags !== 0) clauses.push(`flags & ${unsigned16(flags)} = ${unsigned16(flags)}`)
  if (adnaVersionHash !== undefined) clauses.push(`adna_version_hash = ${int4(adnaVersionHash | 0)}`)
  if (metadata !== undefined) {
    // The bounds are the event's own; said again they keep the join out of partitions that cannot have a match.
    const same = 'm.sequence_number = e.sequence_number AND m.timestamp = e.timestamp'
    clauses.push(`EXISTS (SELECT FROM action_metadata m WHERE ${[...bounds, same, metadata.sql].join(' AND ')})`)
  }
  return clauses.join(' AND ')
}

/** What an archive is asked for: the same bounds, and the conditions that its files know. */
export function archivedOf({ conditions, days, low, high, startSeq, endSeq }: Bounded): RowQuery {
  const from = Math.max(low, (days[0]?.day ?? 0) * US_PER_DAY)
  const to = Math.min(high, ((days.at(-1)?.day ?? -1) + 1) * US_PER_DAY)
  const { episodeId, types } = conditions
  return { startSeq, endSeq, from, to, episodeId, types }
}
