/**
 * Reading a command line: what all commands check alike. Mistakes are `UsageError`s that name what was given and what
 * was expected.
 *
 * @module
 */

import { type ParseArgsConfig, parseArgs } from 'node:util'
import { describeError, UsageError } from './errors.js'
import { parseTypeCode } from './sources/mapping.js'

type Words<T extends NonNullable<ParseArgsConfig['options']>> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; allowPositionals: true; strict: true }>
>

/** Options and the other words of a command line; an unknown option is a mistake. */
export function parseWords<T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T): Words<T> {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    // the first sentence says what is wrong, the others how parseArgs works
    const [message = ''] = describeError(error).split(/\.\s|\n/)
    throw new UsageError(message.charAt(0).toLowerCase() + message.slice(1))
  }
}

/** The directory that a command is for: its only word. */
export function onlyDirectory(command: string, words: readonly string[]): string {
  const [directory, extra] = words
  if (directory === undefined) throw new UsageError(`${command} needs the directory of a stream`)
  if (directory === '') throw new UsageError('the name of the directory is empty')
  if (extra !== undefined)
    throw new UsageError(`${command} takes one directory, but was given ${directory} and ${extra}`)
  return directory
}

/** One of the known words. */
export function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((name) => name === value)
  if (found !== undefined) return found
  throw new UsageError(`--${option} is "${value}", expected one of ${known.join(', ')}`)
}

/** An integer of at least `least` and at most `most`. */
export function integer(option: string, text: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least && value <= most) return value
  const limit = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
  throw new UsageError(`--${option} is "${text}", expected an integer ${limit}`)
}

/** A number of at least 0. */
export function nonNegative(option: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw new UsageError(`--${option} is "${text}", expected a number of at least 0`)
}

/** Type codes of every `--type`, each a list of numbers and names; undefined if there is none. */
export function typeCodes(lists: readonly string[] | undefined): number[] | undefined {
  return lists?.flatMap((list) => list.split(',')).map(typeCode)
}

/** A u64 in digits. */
export function u64(option: string, text: string): bigint {
  if (/^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n) return BigInt(text)
  throw new UsageError(`--${option} is "${text}", expected an integer from 0 to 2^64 - 1`)
}

/** A time in µs since 1970: digits, or a date with an optional time, in UTC unless it says otherwise. */
export function time(option: string, text: string): number {
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/.test(text)
  const isDate = /^\d{4}-\d\d-\d\d(?:[T ][\d:.]+)?(?:Z|[+-]\d\d:?\d\d)?$/.test(text)
  const milliseconds = isDate ? Date.parse(hasZone || !/[T ]/.test(text) ? text : `${text}Z`) : Number.NaN
  if (milliseconds >= 0) return milliseconds * 1000
  throw new UsageError(`--${option} is "${text}", expected a date such as 2026-11-21T14:00:00Z, or µs since 1970`)
}

function typeCode(text: string): number {
  const code = parseTypeCode(text.trim())
  if (code !== undefined) return code
  throw new UsageError(`--type is "${text}", expected 0 to 0xffff or the name of a type such as ActionFailed`)
}
