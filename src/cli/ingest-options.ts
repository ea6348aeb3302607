/**
 * The options of `ingest`: read from the command line, checked, and completed with their defaults.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { FORMATS, type Format } from './detect.js'
import { describeError, UsageError } from './errors.js'
import { APPRAISERS, type AppraiserName } from './ingestion.js'
import { type FieldRule, parseMapping, parseTypeCode } from './sources/mapping.js'

/** How samples are drawn. */
export const SAMPLERS = ['uniform', 'reward', 'recent', 'type'] as const
export type Sampler = (typeof SAMPLERS)[number]

const DEFAULT_CAPACITY = 1_000_000
const DEFAULT_SEED = 1

/** Samples to draw in the end. */
export interface SampleRequest {
  size: number
  by: Sampler
  /** For `type`. */
  types: number[]
  /** For `reward`: exponent and addition of the weights. */
  alpha: number
  epsilon: number
  /** `undefined` leaves it to the strategy. */
  replacement: boolean | undefined
}

/** What `ingest` was asked to do. */
export interface IngestOptions {
  /** A path, or `-`. */
  file: string
  format: Format | undefined
  rules: FieldRule[] | undefined
  delimiter: string | undefined
  header: boolean
  salt: string | undefined
  capacity: number
  appraisers: AppraiserName[]
  sample: SampleRequest | undefined
  seed: number
  json: boolean
  quiet: boolean
}

const OPTIONS = {
  format: { type: 'string' },
  map: { type: 'string' },
  delimiter: { type: 'string' },
  'no-header': { type: 'boolean' },
  salt: { type: 'string' },
  capacity: { type: 'string' },
  appraisers: { type: 'string' },
  sample: { type: 'string' },
  by: { type: 'string' },
  type: { type: 'string', multiple: true },
  alpha: { type: 'string' },
  epsilon: { type: 'string' },
  replacement: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
} as const

type Values = ReturnType<typeof parse>['values']

/** Parses and checks the arguments behind `ingest`; mistakes are `UsageError`s. */
export function parseIngestOptions(args: string[]): IngestOptions {
  const { values, positionals } = parse(args)
  const [file, extra] = positionals
  if (file === undefined) throw new UsageError('ingest needs a file to read, or - for the standard input')
  if (file === '') throw new UsageError('the name of the file to ingest is empty')
  if (extra !== undefined) throw new UsageError(`ingest reads one file, but was given ${file} and ${extra}`)
  const format = values.format === undefined ? undefined : oneOf('format', values.format, FORMATS)
  refuseForeign(values, format)
  return {
    file,
    format,
    rules: values.map === undefined ? undefined : readMapping(values.map),
    delimiter: values.delimiter === undefined ? undefined : checkDelimiter(values.delimiter),
    header: values['no-header'] !== true,
    salt: values.salt === undefined ? undefined : checkSalt(values.salt),
    capacity: integer('capacity', values.capacity ?? String(DEFAULT_CAPACITY), 1),
    appraisers: checkAppraisers(values.appraisers ?? 'all'),
    sample: checkSample(values),
    seed: integer('seed', values.seed ?? String(DEFAULT_SEED), 0),
    json: values.json === true,
    quiet: values.quiet === true,
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true, strict: true })
  } catch (error) {
    // the first sentence says what is wrong, the others how parseArgs works
    const [message = ''] = describeError(error).split(/\.\s|\n/)
    throw new UsageError(message.charAt(0).toLowerCase() + message.slice(1))
  }
}

function refuseForeign(values: Values, format: Format | undefined): void {
  const isTable = format === undefined || format === 'csv'
  if (!isTable && values.delimiter !== undefined) throw new UsageError(`--delimiter is for csv, not for ${format}`)
  if (!isTable && values['no-header'] !== undefined) throw new UsageError(`--no-header is for csv, not for ${format}`)
  if (values.map !== undefined && (format === 'log' || format === 'npz')) {
    throw new UsageError(`--map is for csv, ndjson and msgpack, not for ${format}`)
  }
}

function checkSample(values: Values): SampleRequest | undefined {
  const needs = (option: 'by' | 'alpha' | 'epsilon' | 'type' | 'replacement', needed: string): void => {
    if (values[option] !== undefined) throw new UsageError(`--${option} needs ${needed}`)
  }
  if (values.sample === undefined) {
    for (const option of ['by', 'type', 'alpha', 'epsilon', 'replacement'] as const) needs(option, '--sample N')
    return undefined
  }
  const by = oneOf('by', values.by ?? 'uniform', SAMPLERS)
  if (by !== 'reward') {
    needs('alpha', '--by reward')
    needs('epsilon', '--by reward')
  }
  if (by !== 'type') needs('type', '--by type')
  if (by === 'recent') needs('replacement', 'a sampler that draws')
  const types = (values.type ?? []).flatMap((list) => list.split(',')).map(checkType)
  if (by === 'type' && types.length === 0) throw new UsageError('--by type needs --type CODE')
  return {
    size: integer('sample', values.sample, 1),
    by,
    types,
    alpha: nonNegative('alpha', values.alpha ?? '1'),
    epsilon: nonNegative('epsilon', values.epsilon ?? '0'),
    replacement:
      values.replacement === undefined ? undefined : oneOf('replacement', values.replacement, ['yes', 'no']) === 'yes',
  }
}

function readMapping(given: string): FieldRule[] {
  if (!given.toLowerCase().endsWith('.json') || given.includes('=')) return parseMapping(given)
  let text: string
  try {
    text = readFileSync(given, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read the mapping ${given}: ${describeError(error)}`)
  }
  if (!text.trimStart().startsWith('{')) throw new UsageError(`the mapping ${given} is no JSON object`)
  return parseMapping(text)
}

function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((name) => name === value)
  if (found !== undefined) return found
  throw new UsageError(`--${option} is "${value}", expected one of ${known.join(', ')}`)
}

function integer(option: string, text: string, least: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value
  throw new UsageError(`--${option} is "${text}", expected an integer of at least ${least}`)
}

function nonNegative(option: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw new UsageError(`--${option} is "${text}", expected a number of at least 0`)
}

function checkType(text: string): number {
  const code = parseTypeCode(text.trim())
  if (code !== undefined) return code
  throw new UsageError(`--type is "${text}", expected 0 to 0xffff or the name of a type such as ActionFailed`)
}

function checkAppraisers(text: string): AppraiserName[] {
  if (text === 'all') return [...APPRAISERS]
  if (text === 'none') return []
  const names = text.split(',').map((name) => oneOf('appraisers', name.trim(), [...APPRAISERS]))
  return APPRAISERS.filter((name) => names.includes(name))
}

function checkDelimiter(text: string): string {
  const delimiter = text === '\\t' || text === 'tab' ? '\t' : text
  if (delimiter.length === 1 && delimiter.charCodeAt(0) < 128 && !/["\r\n]/.test(delimiter)) return delimiter
  throw new UsageError(`--delimiter is "${text}", expected one ASCII character, or tab`)
}

function checkSalt(text: string): string {
  if (text !== '') return text
  throw new UsageError('--salt is empty, expected a secret text')
}
