/**
 * What the columns of a table, or the keys of an object, mean: the mapping behind `--map`.
 *
 * In its short form a mapping is a list `field=column[:how]`, separated by commas; `field=#value` gives every event the
 * same value. In its long form it is a JSON object with a key for each field, in a file or in place:
 *
 *     timestamp=ts:iso,episodeId=user:hash,eventType=kind:click=0xf001|view=0xf002,state.0=load:0..100,flags=#2
 *     { "timestamp": { "column": "ts", "unit": "iso" }, "state.0": { "column": "load", "range": [0, 100] },
 *       "eventType": { "column": "kind", "codes": { "click": 61441 } }, "flags": { "value": 2 }, "stepNumber": "n" }
 *
 * A mapping is parsed once; mistakes are `UsageError`s that name the field and what was expected.
 *
 * @module
 */

import { EventType } from '../../index.js'
import { UsageError } from '../errors.js'

/** What a timestamp counts. */
export const TIME_UNITS = ['iso', 's', 'ms', 'us'] as const
export type TimeUnit = (typeof TIME_UNITS)[number]

/** Scalar fields of an event that are not a reward. */
const SCALARS = ['timestamp', 'eventId', 'episodeId', 'stepNumber', 'eventType', 'flags', 'adnaVersionHash'] as const

/** In the order of `AppraiserType`. */
export const REWARD_FIELDS = ['rewardHomeostasis', 'rewardCuriosity', 'rewardEfficiency', 'rewardGoal'] as const

/** Everything that a mapping can fill. */
export const FIELDS: readonly string[] = [
  ...SCALARS,
  ...Array.from({ length: 8 }, (_, i) => `state.${i}`),
  ...Array.from({ length: 8 }, (_, i) => `action.${i}`),
  ...REWARD_FIELDS,
]

/** Where one field comes from, and how it is read. */
export interface FieldRule {
  field: string
  /** Name of the column or key; absent with `value`. */
  column?: string
  /** The same value for every event. */
  value?: unknown
  /** Of a timestamp. */
  unit?: TimeUnit
  /** The episode is named by a keyed hash of the text. */
  hash?: boolean
  /** Type codes of the values of `eventType`; others are refused. */
  codes?: ReadonlyMap<string, number>
  /** `[from, to]` becomes [0, 1]. */
  range?: readonly [number, number]
}

/** The mapping in which every column has the name of its field, and timestamps are in µs. */
export function fieldsByName(columns: readonly string[]): FieldRule[] {
  return columns
    .filter((column) => FIELDS.includes(column))
    .map((field) => (field === 'timestamp' ? { field, column: field, unit: 'us' } : { field, column: field }))
}

/** Parses the short form, or the long form if the text begins with a brace. */
export function parseMapping(text: string): FieldRule[] {
  const rules = text.trimStart().startsWith('{') ? parseLong(text) : text.split(',').map(parseShort)
  const seen = new Set<string>()
  for (const { field } of rules) {
    if (seen.has(field)) throw new UsageError(`--map gives ${field} twice`)
    seen.add(field)
  }
  return rules
}

/** A type code from a number, a hexadecimal number, or the name of a type; `undefined` if it is none of them. */
export function parseTypeCode(value: unknown): number | undefined {
  if (typeof value === 'string' && Object.hasOwn(EventType, value)) return EventType[value as keyof typeof EventType]
  const code = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof code === 'number' && Number.isInteger(code) && code >= 0 && code <= 0xffff ? code : undefined
}

function parseShort(part: string): FieldRule {
  const equals = part.indexOf('=')
  if (equals === -1) throw new UsageError(`--map has "${part.trim()}", expected field=column`)
  const field = checkedField(part.slice(0, equals).trim())
  const source = part.slice(equals + 1).trim()
  if (source === '') throw new UsageError(`--map gives ${field} no column`)
  if (source.startsWith('#')) return { field, value: source.slice(1) }
  const colon = source.indexOf(':')
  if (colon === -1) return complete({ field, column: source })
  const column = source.slice(0, colon)
  const how = source.slice(colon + 1)
  if (column === '') throw new UsageError(`--map gives ${field} no column`)
  if (field === 'timestamp') return complete({ field, column, unit: checkedUnit(how) })
  if (field === 'episodeId' && how === 'hash') return { field, column, hash: true }
  if (field === 'eventType') return { field, column, codes: parseCodes(how) }
  if (isNumberSlot(field)) return { field, column, range: parseRange(field, how) }
  throw new UsageError(`--map has ":${how}" behind the column of ${field}, which takes no such addition`)
}

function parseLong(text: string): FieldRule[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new UsageError('--map is not valid JSON')
  }
  return Object.entries(parsed as Record<string, unknown>).map(([field, rule]) => {
    if (typeof rule === 'string') return parseShort(`${field}=${rule}`)
    if (typeof rule !== 'object' || rule === null) throw new UsageError(`--map gives ${field} neither text nor object`)
    return parseRule(checkedField(field), rule as Record<string, unknown>)
  })
}

function parseRule(field: string, given: Record<string, unknown>): FieldRule {
  const { column, value, unit, hash, codes, range, ...unknown } = given
  const extra = Object.keys(unknown)[0]
  if (extra !== undefined) throw new UsageError(`--map has the unknown key ${extra} in ${field}`)
  if (value !== undefined) return { field, value }
  if (typeof column !== 'string' || column === '') throw new UsageError(`--map gives ${field} no column and no value`)
  const rule: FieldRule = { field, column }
  if (unit !== undefined) rule.unit = checkedUnit(unit)
  if (hash === true) rule.hash = true
  if (codes !== undefined) rule.codes = checkedCodes(Object.entries(codes ?? {}))
  if (range !== undefined) rule.range = checkedRange(field, Array.isArray(range) ? range.map(Number) : [])
  if (rule.unit && field !== 'timestamp') throw new UsageError(`--map gives ${field} a unit, only timestamp has one`)
  if (rule.hash && field !== 'episodeId') throw new UsageError(`--map hashes ${field}, only episodeId can be hashed`)
  if (rule.codes && field !== 'eventType') throw new UsageError(`--map gives ${field} codes, only eventType has them`)
  if (rule.range && !isNumberSlot(field)) throw new UsageError(`--map gives ${field} a range, which it cannot have`)
  return complete(rule)
}

function complete(rule: FieldRule): FieldRule {
  if (rule.field === 'timestamp' && rule.unit === undefined) {
    throw new UsageError(`--map gives timestamp no unit, expected timestamp=${rule.column}:${TIME_UNITS.join('|')}`)
  }
  return rule
}

function checkedField(field: string): string {
  if (FIELDS.includes(field)) return field
  throw new UsageError(
    `--map has the unknown field "${field}", expected one of ${SCALARS.join(', ')}, state.0 to state.7, ` +
      `action.0 to action.7, ${REWARD_FIELDS.join(', ')}`,
  )
}

function checkedUnit(unit: unknown): TimeUnit {
  const known = TIME_UNITS.find((name) => name === unit)
  if (known !== undefined) return known
  throw new UsageError(`--map gives timestamp the unit "${String(unit)}", expected one of ${TIME_UNITS.join(', ')}`)
}

function parseCodes(text: string): ReadonlyMap<string, number> {
  return checkedCodes(
    text.split('|').map((pair): [string, unknown] => {
      const equals = pair.lastIndexOf('=')
      if (equals < 1) throw new UsageError(`--map has the type code "${pair}", expected value=code`)
      return [pair.slice(0, equals), pair.slice(equals + 1)]
    }),
  )
}

function checkedCodes(pairs: readonly (readonly [string, unknown])[]): ReadonlyMap<string, number> {
  return new Map(
    pairs.map(([value, given]) => {
      const code = parseTypeCode(given)
      if (code === undefined) {
        throw new UsageError(`--map gives "${value}" the type code "${String(given)}", expected 0 to 0xffff or a name`)
      }
      return [value, code]
    }),
  )
}

function parseRange(field: string, text: string): readonly [number, number] {
  const bounds = text.split('..')
  return checkedRange(field, bounds.some((bound) => bound.trim() === '') ? [] : bounds.map(Number))
}

function checkedRange(field: string, bounds: readonly number[]): readonly [number, number] {
  const [from = Number.NaN, to = Number.NaN] = bounds
  if (bounds.length === 2 && Number.isFinite(from) && Number.isFinite(to) && from !== to) return [from, to]
  throw new UsageError(`--map gives ${field} a range that is not of the form 0..100`)
}

function isNumberSlot(field: string): boolean {
  return field.startsWith('state.') || field.startsWith('action.')
}
