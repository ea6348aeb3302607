/**
 * What a write says when it is refused: the field, the value, and what was expected.
 *
 * @module
 */

import { type InvalidArgumentError, invalid } from '../errors.js'
import * as L from '../layout.js'
import type { EventInput } from './types.js'

const LARGEST_REWARD = Math.fround(8e37)

/** The names of the four reward slots, in the record's order. */
export const REWARD_FIELDS = ['rewardHomeostasis', 'rewardCuriosity', 'rewardEfficiency', 'rewardGoal'] as const

/** Every scalar that can be refused, by reason. */
const SCALARS: Readonly<Record<number, readonly [keyof EventInput, string]>> = {
  [L.REFUSED_TIMESTAMP]: ['timestamp', 'be an integer number of µs in [0, 2^53)'],
  [L.REFUSED_EPISODE]: ['episodeId', 'be an integer in [0, 2^53), or a bigint in [0, 2^64)'],
  [L.REFUSED_STEP]: ['stepNumber', 'be an integer in [0, 2^32)'],
  [L.REFUSED_TYPE]: ['eventType', 'be an integer in [0, 65535]'],
  [L.REFUSED_FLAGS]: ['flags', 'be an integer in [0, 65535]'],
  [L.REFUSED_ADNA]: ['adnaVersionHash', 'be an integer in [0, 2^32)'],
}

/** Why one of the four integers is refused, or 0. */
export function integerRefusal(step: unknown, type: unknown, flags: unknown, adna: unknown): number {
  // Bit operations: on the small integers of V8 they cost next to nothing.
  if ((step as number) >>> 0 !== step) return L.REFUSED_STEP
  if (((type as number) & 0xffff) !== type) return L.REFUSED_TYPE
  if (((flags as number) & 0xffff) !== flags) return L.REFUSED_FLAGS
  return (adna as number) >>> 0 === adna ? 0 : L.REFUSED_ADNA
}

/**
 * The error for an event that is refused.
 * @param where what precedes the field's name, such as `'events[3].'`.
 */
export function refusalError(reason: number, event: EventInput, where = ''): InvalidArgumentError {
  const scalar = SCALARS[reason]
  if (scalar !== undefined) return invalid(where + scalar[0], scalar[1], event[scalar[0]])
  if (reason === L.REFUSED_REWARD) {
    const field = REWARD_FIELDS.find((name) => !isReward(event[name] ?? 0)) ?? REWARD_FIELDS[0]
    return rewardError(event[field], where + field)
  }
  const name = reason === L.REFUSED_STATE ? 'state' : 'action'
  const values = Array.from(event[name] ?? [])
  const index = values.findIndex((value) => !Number.isFinite(Math.fround(value)))
  return invalid(`${where}${name}[${index}]`, 'be finite as f32', values[index])
}

function isReward(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(Math.fround(value)) <= LARGEST_REWARD
}

/** The error for a reward that is out of range. */
export function rewardError(value: unknown, name: string): InvalidArgumentError {
  return invalid(name, 'be a number of at most 8e37 in magnitude', value)
}
