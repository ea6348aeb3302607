/**
 * Checks of arguments that more than one part makes. Messages are built only when they are thrown.
 *
 * @module
 */

import { InvalidArgumentError, invalid } from '../errors.js'
import { assertU64 } from '../event/episode.js'
import { SEQ_LIMIT } from '../kernel/ring.js'

/** The most events that one call can return. */
export const LARGEST_BATCH = 2 ** 24

/** @throws {InvalidArgumentError} unless `value` is an integer in [least, most]. */
export function assertInteger(value: unknown, name: string, least: number, most: number): asserts value is number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return
  throw invalid(name, `be an integer in [${least}, ${most}]`, value)
}

/** @throws {InvalidArgumentError} unless `value` is a finite number in [least, most]. */
export function assertFinite(value: unknown, name: string, least: number, most: number): asserts value is number {
  if (typeof value === 'number' && value >= least && value <= most) return
  throw invalid(name, `be a number in [${least}, ${most}]`, value)
}

/** @throws {InvalidArgumentError} if `value` is a number that is not one. */
export function assertNumber(value: unknown, name: string): asserts value is number {
  if (typeof value === 'number' && !Number.isNaN(value)) return
  throw invalid(name, 'be a number', value)
}

/** @throws {InvalidArgumentError} unless `value` is true or false. */
export function assertBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== 'boolean') throw invalid(name, 'be true or false', value)
}

/** @throws {InvalidArgumentError} unless `value` is one of `choices`. */
export function assertChoice<T extends string>(
  value: unknown,
  name: string,
  choices: readonly T[],
): asserts value is T {
  if (choices.includes(value as T)) return
  const list = choices.map((choice) => `'${choice}'`).join(' or ')
  throw invalid(name, `be ${list}`, value)
}

/** @throws {InvalidArgumentError} unless it is an AbortSignal or undefined. */
export function assertSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('signal', 'be an AbortSignal', signal)
}

/** @throws {InvalidArgumentError} unless `value` is an object whose keys are all in `known`. */
export function assertKeys(value: unknown, name: string, known: readonly string[]): asserts value is object {
  if (typeof value !== 'object' || value === null) {
    throw invalid(name, 'be an object', value)
  }
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue
    throw new InvalidArgumentError(`${name} has no '${key}', it knows ${known.join(', ')}`, { key })
  }
}

/** Type codes as a list without doubles. */
export function typeList(types: unknown, name: string): number[] {
  const list: unknown[] = typeof types === 'number' ? [types] : Array.isArray(types) ? types : []
  if (list.length === 0) {
    throw invalid(name, 'be a type code or a list of at least one', types)
  }
  for (const type of list) assertInteger(type, name, 0, 65535)
  return [...new Set(list as number[])]
}

/** An episode as u64. */
export function episodeNumber(episodeId: unknown, name: string): bigint {
  if (typeof episodeId === 'bigint') {
    assertU64(episodeId, name)
    return episodeId
  }
  assertInteger(episodeId, name, 0, SEQ_LIMIT - 1)
  return BigInt(episodeId)
}

/** The batch to fill: `into` of the options, or a new one. */
export function intoBatch<T extends object>(options: { into?: unknown }, type: new () => T): T {
  assertKeys(options, 'options', ['replacement', 'into'])
  const { into } = options
  if (into === undefined) return new type()
  if (into instanceof type) return into
  throw invalid('into', `be a ${type.name} of an earlier call`, into)
}
