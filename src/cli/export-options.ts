/**
 * What `export` takes.
 *
 * @module
 */

import { onlyDirectory, parseWords, time, typeCodes, u64 } from './arguments.js'
import { databaseUrl, isDatabase } from './database.js'
import { UsageError } from './errors.js'
import { TARGETS, type TargetFormat } from './export-target.js'

const OPTIONS = {
  parquet: { type: 'string' },
  messagepack: { type: 'string' },
  ndjson: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  episode: { type: 'string' },
  type: { type: 'string', multiple: true },
  stream: { type: 'string' },
  archive: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
} as const

type Values = ReturnType<typeof parseWords<typeof OPTIONS>>['values']

/** Which events, joined by AND. */
export interface ExportFilter {
  from?: number
  to?: number
  episodeId?: bigint
  types?: number[]
}

/** What is asked for, wherever the events are. */
export interface ExportOptions {
  /** A directory, or the URL of a database. */
  source: string
  format: TargetFormat
  out: string
  filter: ExportFilter
  /** Of a database: which stream, and where its archived days are. */
  streamId: string | undefined
  archive: string | undefined
  json: boolean
  quiet: boolean
}

/** Reads the command line. @throws UsageError */
export function parseExport(args: string[]): ExportOptions {
  const { values, positionals } = parseWords(args, OPTIONS)
  const [word] = positionals
  const isStored = isDatabase(word) || (word === undefined && Boolean(process.env.DATABASE_URL))
  if (isStored && positionals.length > 1) throw new UsageError('export takes one database')
  const source = isStored ? databaseUrl(word, 'URL') : onlyDirectory('export', positionals)
  for (const name of ['stream', 'archive'] as const) {
    if (values[name] !== undefined && !isStored) throw new UsageError(`--${name} is for databases`)
  }
  const [format, other] = TARGETS.filter((name) => values[name] !== undefined)
  if (format === undefined) throw new UsageError('export needs one of --parquet OUT, --messagepack OUT, --ndjson OUT')
  if (other !== undefined) throw new UsageError(`export takes one target, but was given --${format} and --${other}`)
  const out = values[format] as string
  if (out === '') throw new UsageError(`--${format} is empty, expected a file or folder`)
  const isPiped = format === 'ndjson' && out === '-'
  if (isPiped && values.json === true) throw new UsageError('--json is not for --ndjson -, which prints events')
  const { stream: streamId, archive, json = false, quiet = false } = values
  return { source, format, out, filter: filterOf(values), streamId, archive, json, quiet }
}

function filterOf(values: Values): ExportFilter {
  const filter: ExportFilter = {}
  if (values.from !== undefined) filter.from = time('from', values.from)
  if (values.to !== undefined) filter.to = time('to', values.to)
  if (values.episode !== undefined) filter.episodeId = u64('episode', values.episode)
  const types = typeCodes(values.type)
  if (types !== undefined) filter.types = types
  return filter
}
