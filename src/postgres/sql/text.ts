/**
 * Text of SQL that is made of values, for COPY, which takes no parameters, and for names of tables. Only what is checked
 * here may be put into a statement.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import { assertInteger } from '../../stream/validate.js'

const LEAST_INT8 = -(2n ** 63n)
const MOST_INT8 = 2n ** 63n - 1n

/** An INT8. @throws {InvalidArgumentError} unless it is an integer that fits, numbers up to 2^53. */
export function int8(value: bigint | number): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw invalid('value', 'be a safe integer', value)
  if (typeof value !== 'number' && typeof value !== 'bigint') throw invalid('value', 'be an integer', value)
  const big = BigInt(value)
  if (big < LEAST_INT8 || big > MOST_INT8) throw invalid('value', 'fit into 64 bits', value)
  return `'${big}'::INT8`
}

/** An INT4. @throws {InvalidArgumentError} */
export function int4(value: number): string {
  if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 31) {
    throw invalid('value', 'be an integer of 32 bits', value)
  }
  return `'${value}'::INT4`
}

/** A list of INT8 for `= ANY (…)`. @throws {InvalidArgumentError} */
export function int8List(values: ArrayLike<number>): string {
  const list = Array.from(values)
  for (const value of list) int8(value)
  return `'{${list.join(',')}}'::INT8[]`
}

/** A UUID of 16 bytes. @throws {InvalidArgumentError} */
export function uuid(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw invalid('bytes', 'be 16 bytes', bytes)
  return `'${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}'::UUID`
}

/** The bits of a u16 as a SMALLINT. @throws {InvalidArgumentError} */
export function unsigned16(value: number): string {
  assertInteger(value, 'value', 0, 0xffff)
  return `('${(value << 16) >> 16}'::INT2)`
}

/** The bits of u16 values for `= ANY (…)` of a SMALLINT column. @throws {InvalidArgumentError} */
export function unsigned16List(values: readonly number[]): string {
  for (const value of values) assertInteger(value, 'value', 0, 0xffff)
  return `'{${Int16Array.from(values).join(',')}}'::INT2[]`
}

/** A REAL, rounded to the nearest one. @throws {InvalidArgumentError} unless it is finite then. */
export function real(value: number): string {
  const rounded = Math.fround(value)
  if (typeof value !== 'number' || !Number.isFinite(rounded)) throw invalid('value', 'be finite as a REAL', value)
  return `'${Object.is(rounded, -0) ? '-0' : rounded}'::REAL`
}

/** A name in quotes. @throws {InvalidArgumentError} if it is empty, too long for PostgreSQL, or has U+0000. */
export function ident(name: string): string {
  const bytes = typeof name === 'string' ? Buffer.byteLength(name) : 0
  if (bytes === 0 || bytes > 63 || name.includes('\0')) throw invalid('name', 'be an identifier of 1 to 63 bytes', name)
  return `"${name.replaceAll('"', '""')}"`
}
