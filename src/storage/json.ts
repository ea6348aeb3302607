/**
 * Checks of JSON that users give, so that nothing of it is changed where it is kept.
 *
 * @module
 */

import { InvalidArgumentError, invalid } from '../errors.js'

/** Deeper values would be a danger to the stack of whoever reads them. */
const DEEPEST = 64

/** Refuses text that a store cannot hold; `where` names its place. */
export type TextCheck = (value: string, where: string) => void

/**
 * Halves of characters have no UTF-8: they would come back as something else.
 * @throws {InvalidArgumentError}
 */
export function assertText(value: string, where: string): void {
  if (/\p{Surrogate}/u.test(value)) throw invalid(where, 'be well-formed text', value)
}

/**
 * @param checkText Told of every text and every key.
 * @throws {InvalidArgumentError} naming the place of what is no JSON.
 */
export function assertJson(value: unknown, where: string, checkText: TextCheck = assertText): void {
  assertBelow(value, where, checkText, [])
}

function assertBelow(value: unknown, where: string, checkText: TextCheck, above: readonly object[]): void {
  if (value === null || typeof value === 'boolean') return
  if (typeof value === 'string') return checkText(value, where)
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return
    throw invalid(where, 'be a finite number', value)
  }
  if (typeof value !== 'object') throw invalid(where, 'be JSON', value)
  if (above.includes(value)) throw new InvalidArgumentError(`${where} must not contain itself`)
  if (above.length === DEEPEST) throw invalid(where, `be nested at most ${DEEPEST} deep`, value)
  const path = [...above, value]
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) assertBelow(value[i], `${where}[${i}]`, checkText, path)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) {
    throw invalid(where, 'be a plain object', value)
  }
  for (const [key, entry] of Object.entries(value)) {
    checkText(key, `a key of ${where}`)
    if (key === '__proto__') throw invalid(`a key of ${where}`, 'be another name', key)
    assertBelow(entry, `${where}.${key}`, checkText, path)
  }
}
