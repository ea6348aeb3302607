/**
 * What a write says when it is refused: the field, the value, and what was expected.
 *
 * @module
 */

import { InvalidArgumentError } from '../errors.js'
import * as L from '../layout.js'

const LARGEST_REWARD = Math.fround(8e37)

/** Why one of the four integers is refused, or 0. */
export function integerRefusal(step: unknown, type: unknown, flags: unknown, adna: unknown): number {
  // Bit operations: on the small integers of V8 they cost next to nothing.
  if ((step as number) >>> 0 !== step) return L.REFUSED_STEP
  if (((type as number) & 0xffff) !== type) return L.REFUSED_TYPE
  if (((flags as number) & 0xffff) !== flags) return L.REFUSED_FLAGS
  return (adna as number) >>> 0 === adna ? 0 : L.REFUSED_ADNA
}

/** The names of the four reward slots, in the record's order. */
export const REWARD_FIELDS = ['rewardHomeostasis', 'rewardCuriosity', 'rewardEfficiency', 'rewardGoal'] as const

/** The fields of an event that the module checks. */
export interface CheckedFields {
  timestamp: unknown
  episodeId: unknown
  stepNumber: unknown
  eventType: unknown
  flags: unknown
  adnaVersionHash: unknown
  state: ArrayLike<number>
  action: ArrayLike<number>
  rewards: ArrayLike<number>
}

function invalid(where: string, field: string, value: unknown, expected: string): InvalidArgumentError {
  return new InvalidArgumentError(`${where}${field} must be ${expected}, got ${String(value)}`, { [field]: value })
}

function vector(where: string, name: string, values: ArrayLike<number>): InvalidArgumentError {
  const index = Array.from(values).findIndex((value) => !Number.isFinite(Math.fround(value)))
  return invalid(where, `${name}[${index}]`, values[index], 'finite as f32')
}

/**
 * The error for a reason that the module gave.
 * @param where what precedes the field's name, such as `'events[3].'`.
 */
export function refusalError(reason: number, fields: CheckedFields, where = ''): InvalidArgumentError {
  switch (reason) {
    case L.REFUSED_TIMESTAMP:
      return invalid(where, 'timestamp', fields.timestamp, 'an integer number of µs in [0, 2^53)')
    case L.REFUSED_EPISODE:
      return invalid(where, 'episodeId', fields.episodeId, 'an integer in [0, 2^53), or a bigint in [0, 2^64)')
    case L.REFUSED_STEP:
      return invalid(where, 'stepNumber', fields.stepNumber, 'an integer in [0, 2^32)')
    case L.REFUSED_TYPE:
      return invalid(where, 'eventType', fields.eventType, 'an integer in [0, 65535]')
    case L.REFUSED_FLAGS:
      return invalid(where, 'flags', fields.flags, 'an integer in [0, 65535]')
    case L.REFUSED_ADNA:
      return invalid(where, 'adnaVersionHash', fields.adnaVersionHash, 'an integer in [0, 2^32)')
    case L.REFUSED_STATE:
      return vector(where, 'state', fields.state)
    case L.REFUSED_ACTION:
      return vector(where, 'action', fields.action)
    default: {
      const rewards: unknown[] = Array.from(fields.rewards)
      const index = rewards.findIndex((value) => typeof value !== 'number' || !(Math.abs(Math.fround(value)) <= LARGEST_REWARD))
      return rewardError(rewards[index], `${where}${REWARD_FIELDS[index] ?? 'reward'}`)
    }
  }
}

/** The error for a reward that is out of range. */
export function rewardError(value: unknown, name: string): InvalidArgumentError {
  return invalid('', name, value, 'a number of at most 8e37 in magnitude')
}
