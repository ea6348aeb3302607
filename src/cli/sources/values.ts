/**
 * Single values of foreign records: text, numbers, bigints and booleans to the numbers of an event.
 *
 * @module
 */

import { EventFlags } from '../../index.js'

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|0[xX][0-9a-fA-F]+)\s*$/

/** Whether a value says nothing: absent, null, or empty text as an empty cell of a table has it. */
export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

/** A finite number from a number, a bigint, a boolean or text that spells one; otherwise `undefined`. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'string') return undefined
  if (value === 'true' || value === 'false') return value === 'true' ? 1 : 0
  if (!NUMBER.test(value)) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** An integer in `[0, limit)`, otherwise `undefined`. */
export function wholeNumber(value: unknown, limit: number): number | undefined {
  const number = asNumber(value)
  return number !== undefined && Number.isInteger(number) && number >= 0 && number < limit ? number : undefined
}

/** Flags from a number, or from names joined by `|`; otherwise `undefined`. */
export function flagsOf(value: unknown): number | undefined {
  const number = wholeNumber(value, 2 ** 16)
  if (number !== undefined || typeof value !== 'string') return number
  let flags = 0
  for (const name of value.split('|').map((part) => part.trim())) {
    if (!Object.hasOwn(EventFlags, name)) return undefined
    flags |= EventFlags[name as keyof typeof EventFlags]
  }
  return flags
}
