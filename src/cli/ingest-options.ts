/**
 * The options of `ingest`: read from the command line, checked, and completed with their defaults.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import type { Durability } from '../storage/durable/types.js'
import { integer, oneOf, parseWords } from './arguments.js'
import { FORMATS, type Format } from './detect.js'
import { describeError, UsageError } from './errors.js'
import { APPRAISERS, type AppraiserName } from './ingestion.js'
import { checkSample, SAMPLE_OPTIONS, type SampleRequest } from './sample-request.js'
import { type FieldRule, parseMapping } from './sources/mapping.js'

/** What the events of `--into` are stored in beside the journal. */
export const STORES = ['parquet', 'messagepack', 'none'] as const
export type StoreFormat = (typeof STORES)[number]

const DURABILITIES = ['none', 'process-crash', 'power-loss'] as const satisfies readonly Durability[]
const DEFAULT_SEED = 1

/** Where events are kept. */
export interface IntoRequest {
  /** The stream's directory. */
  directory: string
  store: StoreFormat
  durability: Durability
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
  /** `undefined` leaves it to the stream. */
  capacity: number | undefined
  /** `undefined`: those that complete an event of the stream, all four of a new one. */
  appraisers: AppraiserName[] | undefined
  into: IntoRequest | undefined
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
  into: { type: 'string' },
  store: { type: 'string' },
  durability: { type: 'string' },
  ...SAMPLE_OPTIONS,
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
} as const

type Values = ReturnType<typeof parseWords<typeof OPTIONS>>['values']

/** Parses and checks the arguments behind `ingest`; mistakes are `UsageError`s. */
export function parseIngestOptions(args: string[]): IngestOptions {
  const { values, positionals } = parseWords(args, OPTIONS)
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
    capacity: values.capacity === undefined ? undefined : integer('capacity', values.capacity, 1),
    appraisers: values.appraisers === undefined ? undefined : checkAppraisers(values.appraisers),
    into: checkInto(values),
    sample: checkSample(values),
    seed: integer('seed', values.seed ?? String(DEFAULT_SEED), 0),
    json: values.json === true,
    quiet: values.quiet === true,
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

function checkInto({ into, store, durability }: Values): IntoRequest | undefined {
  if (into === undefined) {
    if (store !== undefined) throw new UsageError('--store needs --into DIR')
    if (durability !== undefined) throw new UsageError('--durability needs --into DIR')
    return undefined
  }
  if (into === '') throw new UsageError('--into is empty, expected a directory')
  return {
    directory: into,
    store: oneOf('store', store ?? 'parquet', STORES),
    durability: oneOf('durability', durability ?? 'process-crash', DURABILITIES),
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
