/**
 * Checks of what callers give to policies, configuration and metrics, and its text on the way to the database.
 *
 * @module
 */

import { InvalidArgumentError, invalid } from '../../errors.js'
import { assertJson, assertText } from '../../storage/json.js'
import { assertInteger, assertKeys, assertSignal } from '../../stream/validate.js'

/** Rows that one call returns at most. */
export const MOST_ROWS = 10_000
const LONGEST_NAME = 255
/** Bytes of one value as JSON. */
const LARGEST_DOCUMENT = 2 ** 20
/** The years 1 to 9999, which text of four digits can tell. */
const EARLIEST_MS = -62_135_596_800_000
const LATEST_MS = 253_402_300_799_999
const CODE = /^(?:0|[1-9]\d{0,4})$/

/** @throws {InvalidArgumentError} unless it is text of 1 to 255 characters that a database can hold. */
export function assertName(value: unknown, where: string): asserts value is string {
  if (typeof value !== 'string' || value === '' || longerThan(value, LONGEST_NAME)) {
    throw invalid(where, `be a text of 1 to ${LONGEST_NAME} characters`, value)
  }
  assertStorable(value, where)
}

/** @throws {InvalidArgumentError} unless it is an id that a database gives out. */
export function assertId(value: unknown, where: string): asserts value is number {
  assertInteger(value, where, 1, Number.MAX_SAFE_INTEGER)
}

/**
 * The JSON of a value. JSONB keeps it, except for the order of keys, and -0, which is 0.
 * @throws {InvalidArgumentError} naming the place of what is no JSON or cannot be held, or if it has more than 1 MiB.
 */
export function documentOf(value: unknown, where: string): string {
  assertJson(value, where, assertStorable)
  const text = JSON.stringify(value)
  assertSize(text, where)
  return text
}

/**
 * Weights as the JSON of an object by action code.
 * @throws {InvalidArgumentError} naming the code of what is wrong.
 */
export function weightsOf(given: unknown, where: string): string {
  if (typeof given !== 'object' || given === null || Array.isArray(given) || ArrayBuffer.isView(given)) {
    throw invalid(where, 'be an object or a map of weights by action code', given)
  }
  const entries: Iterable<[unknown, unknown]> = given instanceof Map ? given : Object.entries(given)
  const weights: Record<number, number> = {}
  for (const [key, weight] of entries) {
    const code = typeof key === 'string' && CODE.test(key) ? Number(key) : key
    assertInteger(code, `a code of ${where}`, 0, 65535)
    if (typeof weight !== 'number' || !Number.isFinite(weight)) {
      throw invalid(`${where}[${code}]`, 'be a finite number', weight)
    }
    weights[code] = weight
  }
  const text = JSON.stringify(weights)
  assertSize(text, where)
  return text
}

/** A time as the database reads it. @throws {InvalidArgumentError} unless it is a date of the years 1 to 9999. */
export function timeOf(value: unknown, where: string): string {
  const ms = value instanceof Date ? value.getTime() : Number.NaN
  if (ms >= EARLIEST_MS && ms <= LATEST_MS) return (value as Date).toISOString()
  throw invalid(where, 'be a Date of the years 1 to 9999', value instanceof Date ? ms : value)
}

/** The signal of a call that also takes `others`. @throws {InvalidArgumentError} */
export function signalOf(options: { signal?: unknown }, others: readonly string[] = []): AbortSignal | undefined {
  assertKeys(options, 'options', ['signal', ...others])
  const { signal } = options
  assertSignal(signal)
  return signal
}

/** How many rows a call may return. @throws {InvalidArgumentError} */
export function limitOf(limit: unknown, standard: number, most = MOST_ROWS): number {
  const given = limit ?? standard
  assertInteger(given, 'limit', 0, most)
  return given
}

function assertStorable(value: string, where: string): void {
  assertText(value, where)
  if (value.includes('\0')) throw invalid(where, 'be without U+0000, which a database cannot hold', value)
}

function assertSize(text: string, where: string): void {
  const bytes = Buffer.byteLength(text)
  if (bytes <= LARGEST_DOCUMENT) return
  throw new InvalidArgumentError(`${where} must have at most ${LARGEST_DOCUMENT} bytes as JSON, it has ${bytes}`, {
    bytes,
    most: LARGEST_DOCUMENT,
  })
}

/** In characters, as the database counts them: one for each code point. */
function longerThan(text: string, most: number): boolean {
  return text.length > most && (text.length > 2 * most || [...text].length > most)
}
