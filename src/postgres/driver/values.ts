/**
 * Values on their way to a database and rows on their way back, as text: the same for both drivers, and without touching
 * what other users of the libraries have set.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import type { SqlRow, SqlValue } from './driver.js'

/** A parser of one column's text. */
export type Parser = (text: string) => unknown

const identity: Parser = (text) => text

/** By the OID of the type; all others stay text. */
export const PARSERS: ReadonlyMap<number, Parser> = new Map<number, Parser>([
  [16, (text) => text === 't'],
  [17, bytesOf],
  [20, BigInt],
  [21, Number],
  [23, Number],
  [26, Number],
  [114, JSON.parse],
  [700, Number],
  [701, Number],
  [1184, dateOf],
  [3802, JSON.parse],
])

/** The parser of a type. */
export function parserOf(oid: number): Parser {
  return PARSERS.get(oid) ?? identity
}

/**
 * A value as a database reads it.
 * @throws {InvalidArgumentError} for text that no database in UTF-8 can hold: with U+0000 or a lone surrogate.
 */
export function textOf(value: SqlValue): string | null {
  if (value === null) return null
  if (typeof value === 'string') return checked(value)
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (value instanceof Uint8Array) {
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`
  }
  if (isList(value)) return `{${value.map(elementOf).join(',')}}`
  return String(value)
}

function isList(value: SqlValue): value is readonly SqlValue[] {
  return Array.isArray(value)
}

function elementOf(value: SqlValue): string {
  if (isList(value)) return textOf(value) as string
  const text = textOf(value)
  return text === null ? 'NULL' : `"${text.replace(/["\\]/g, '\\$&')}"`
}

function checked(text: string): string {
  if (!/[\0\p{Surrogate}]/u.test(text)) return text
  throw invalid('text', 'be without U+0000 and lone surrogates, which a database cannot hold', text)
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'))
}

const TIMESTAMP = /^(\d{4,})-(\d\d)-(\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,3})?)\d*([+-]\d\d)(?::?(\d\d))?$/

/** In ms; what is beyond the range of `Date`, or not in ISO style, becomes an invalid date. */
function dateOf(text: string): Date {
  const match = TIMESTAMP.exec(text)
  if (match === null) return new Date(text)
  const [, year = '', month, day, time, hours, minutes = '00'] = match
  const long = year.length > 4 ? `+${year.padStart(6, '0')}` : year
  return new Date(`${long}-${month}-${day}T${time}${hours}:${minutes}`)
}

/** Rows of plain objects, as a library makes them. */
export function rowsOf<Row extends SqlRow>(rows: readonly unknown[]): Row[] {
  return rows as Row[]
}
