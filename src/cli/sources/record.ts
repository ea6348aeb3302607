/**
 * A record of named values to a row of events: what NDJSON, MessagePack and CSV have in common.
 *
 * Without a mapping the names are those of `EventInput` and `eventToJSON`: `state` and `action` are arrays of up to 8
 * numbers, `episodeId` is a number or a string of digits, `timestamp` counts µs; `seq` and `totalReward` are left out.
 * Whatever is missing takes the default of `EventInput`, but for two fields that would make the output differ from run
 * to run or say nothing: a missing timestamp is the event's ordinal number in µs, and missing step numbers are counted
 * per episode. Values that do not fit refuse the whole record; the reason names the field, never the value.
 *
 * @module
 */

import { parse as parseUuid } from 'uuid'
import { type EventRows, LARGEST_REWARD, type RowSink } from '../rows.js'
import { HashedEpisodes, StepCounter } from './bounded.js'
import { type FieldRule, fieldsByName, parseTypeCode, REWARD_FIELDS, type TimeUnit } from './mapping.js'
import { isoMicros } from './time.js'
import { asNumber, flagsOf, isAbsent, wholeNumber } from './values.js'

const LARGEST_EPISODE = 2n ** 64n - 1n

const OBJECT_FIELDS = [
  'timestamp',
  'eventId',
  'episodeId',
  'stepNumber',
  'eventType',
  'flags',
  'adnaVersionHash',
  ...REWARD_FIELDS,
]

/** A record as its reader delivers it: an object by name, or a list by position. */
export type RecordValues = Readonly<Record<string | number, unknown>>

interface BoundRule extends FieldRule {
  /** Where the record holds the value; absent for a constant. */
  key?: string | number
}

/** Fills rows from records. */
export class RecordMapper {
  readonly steps = new StepCounter()
  readonly #sink: RowSink
  readonly #hashed: HashedEpisodes
  readonly #rules: readonly BoundRule[]
  readonly #arrays: boolean

  /**
   * @param rules the mapping, or `undefined` for objects whose keys are the names of the fields
   * @param keyOf where a record holds a column; default: under its name
   */
  constructor(
    sink: RowSink,
    salt: Uint8Array | string,
    rules?: readonly FieldRule[],
    keyOf: (column: string) => string | number = (column) => column,
  ) {
    this.#sink = sink
    this.#hashed = new HashedEpisodes(salt)
    this.#arrays = rules === undefined
    this.#rules = (rules ?? fieldsByName(OBJECT_FIELDS)).map((rule) =>
      rule.column === undefined ? rule : { ...rule, key: keyOf(rule.column) },
    )
  }

  /** Commits the record as an event, or counts it as malformed. */
  take(record: RecordValues, position: number): void {
    const { rows } = this.#sink
    const fault = this.#fill(record, rows, rows.length)
    if (fault === undefined) {
      this.#sink.commit()
      return
    }
    rows.reset()
    this.#sink.malformed(position, fault)
  }

  #fill(record: RecordValues, rows: EventRows, row: number): string | undefined {
    let found = 0
    let hasTime = false
    let hasStep = false
    for (const rule of this.#rules) {
      const value = rule.key === undefined ? rule.value : record[rule.key]
      if (isAbsent(value)) {
        if (rule.field === 'timestamp' && !this.#arrays) return 'timestamp is missing'
        continue
      }
      const fault = this.#put(rule, value, rows, row)
      if (fault !== undefined) return `${rule.field} ${fault}`
      found++
      hasTime ||= rule.field === 'timestamp'
      hasStep ||= rule.field === 'stepNumber'
    }
    if (this.#arrays) {
      const fault = putArray(rows.states, row, record.state) ?? putArray(rows.actions, row, record.action)
      if (fault !== undefined) return fault
      if (!isAbsent(record.state) || !isAbsent(record.action)) found++
    }
    if (found === 0) return 'none of its fields is a field of an event'
    if (!hasTime) rows.timestamps[row] = this.#sink.committed
    const step = this.steps.next(rows.episodeIds[row] as bigint)
    if (!hasStep) rows.stepNumbers[row] = step
    return undefined
  }

  #put(rule: BoundRule, value: unknown, rows: EventRows, row: number): string | undefined {
    const { field } = rule
    switch (field) {
      case 'timestamp': {
        const micros = microsOf(value, rule.unit ?? 'us')
        if (micros === undefined) return `is no time between 1970 and 2255 in the unit ${rule.unit}`
        rows.timestamps[row] = micros
        return undefined
      }
      case 'eventId':
        return putId(rows, row, value)
      case 'episodeId': {
        const episode = rule.hash ? this.#hashed.of(String(value)) : episodeOf(value)
        if (episode === undefined) return 'is no integer in [0, 2^64)'
        rows.episodeIds[row] = episode
        return undefined
      }
      case 'stepNumber':
        return putInteger(rows.stepNumbers, row, value, 32)
      case 'adnaVersionHash':
        return putInteger(rows.adnaVersionHashes, row, value, 32)
      case 'flags': {
        const flags = flagsOf(value)
        if (flags === undefined) return 'is neither an integer in [0, 65535] nor names of flags'
        rows.flags[row] = flags
        return undefined
      }
      case 'eventType': {
        const code = rule.codes ? rule.codes.get(String(value)) : parseTypeCode(value)
        if (code === undefined) return rule.codes ? 'has no code in the mapping' : 'is neither a type code nor a name'
        rows.eventTypes[row] = code
        return undefined
      }
      default:
        return putNumber(rule, value, rows, row)
    }
  }
}

function putNumber(rule: FieldRule, value: unknown, rows: EventRows, row: number): string | undefined {
  const raw = asNumber(value)
  if (raw === undefined) return 'is not a number'
  const slot = (REWARD_FIELDS as readonly string[]).indexOf(rule.field)
  if (slot !== -1) {
    if (!(Math.abs(raw) <= LARGEST_REWARD)) return 'is not within ±8e37'
    ;(rows.rewards[slot] as Float32Array)[row] = raw
    rows.given[row] = (rows.given[row] as number) | (1 << slot)
    return undefined
  }
  const number = rule.range ? (raw - rule.range[0]) / (rule.range[1] - rule.range[0]) : raw
  if (!Number.isFinite(Math.fround(number))) return 'is not finite'
  const [name, index] = rule.field.split('.')
  const column = name === 'state' ? rows.states : rows.actions
  column[row * 8 + Number(index)] = number
  return undefined
}

function putArray(column: Float32Array, row: number, value: unknown): string | undefined {
  if (isAbsent(value)) return undefined
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
  if (!isList || (value as ArrayLike<unknown>).length > 8) return 'state or action is no list of up to 8 numbers'
  const list = value as ArrayLike<unknown>
  for (let i = 0; i < list.length; i++) {
    const number = asNumber(list[i])
    if (number === undefined || !Number.isFinite(Math.fround(number))) return 'state or action holds what is no number'
    column[row * 8 + i] = number
  }
  return undefined
}

function putInteger(column: Uint32Array, row: number, value: unknown, bits: number): string | undefined {
  const number = wholeNumber(value, 2 ** bits)
  if (number === undefined) return `is no integer in [0, 2^${bits})`
  column[row] = number
  return undefined
}

function putId(rows: EventRows, row: number, value: unknown): string | undefined {
  let bytes: Uint8Array | undefined
  try {
    if (typeof value === 'string') bytes = parseUuid(value)
    else if (value instanceof Uint8Array && value.length === 16) bytes = value
  } catch {
    bytes = undefined
  }
  if (bytes === undefined) return 'is no UUID'
  rows.eventIds.set(bytes, row * 16)
  rows.hasId[row] = 1
  rows.anyId = true
  return undefined
}

function episodeOf(value: unknown): bigint | undefined {
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) {
    const episode = BigInt(value)
    return episode <= LARGEST_EPISODE ? episode : undefined
  }
  if (typeof value === 'bigint') return value >= 0n && value <= LARGEST_EPISODE ? value : undefined
  const number = wholeNumber(value, 2 ** 53)
  return number === undefined ? undefined : BigInt(number)
}

function microsOf(value: unknown, unit: TimeUnit): number | undefined {
  let micros: number | undefined
  if (value instanceof Date) micros = value.getTime() * 1000
  else if (unit === 'iso') micros = typeof value === 'string' ? isoMicros(value) : undefined
  else {
    const number = asNumber(value)
    if (number === undefined) return undefined
    micros = unit === 'us' ? number : Math.round(number * (unit === 's' ? 1e6 : 1e3))
  }
  return micros !== undefined && Number.isSafeInteger(micros) && micros >= 0 ? micros : undefined
}
