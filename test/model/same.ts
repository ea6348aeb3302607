/**
 * Comparisons that cost little while they hold: the assertion library is asked only to explain a difference.
 *
 * @module
 */

import { expect } from 'vitest'

/** Fails with `message` unless the condition holds. */
export function check(condition: boolean, message: () => string): void {
  if (!condition) throw new Error(message())
}

/** Compares two lists of numbers, element by element. */
export function sameNumbers(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  let same = found.length === expected.length
  for (let i = 0; same && i < expected.length; i++) same = Object.is(found[i], expected[i])
  if (!same) expect(Array.from(found)).toEqual(Array.from(expected))
}

/** Compares two values that JSON can tell apart. */
export function sameJson(found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) expect(found).toEqual(expected)
}
