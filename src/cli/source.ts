/**
 * From an opened input to the source that reads its format. Parsers that need a library are loaded when they are needed.
 *
 * @module
 */

import { type Format, firstLine, formatByContent, formatByName } from './detect.js'
import { InputError, UsageError } from './errors.js'
import type { Input } from './input.js'
import type { RowSink, SourceCounts } from './rows.js'
import { AccessLogSource } from './sources/access-log.js'
import type { FieldRule } from './sources/mapping.js'
import { NdjsonSource } from './sources/ndjson.js'
import { count } from './text.js'

/** How an input is to be read. */
export interface SourceOptions {
  format: Format
  rules: FieldRule[] | undefined
  /** Guessed from the first line if not given. */
  delimiter: string | undefined
  header: boolean
  salt: Uint8Array | string
  signal: AbortSignal
  /** Called after every chunk with the share of the input that has been read, if that is known. */
  onProgress(fraction: number | undefined): void
}

/** A source that is fed with chunks. */
interface PushSource {
  readonly counts: SourceCounts
  push(chunk: Buffer): void | Promise<void>
  end(): void | Promise<void>
}

/** The format of an input. */
export function formatOf(input: Input, given: Format | undefined): Format {
  const format = given ?? formatByName(input.name) ?? formatByContent(input.head)
  if (format !== undefined) return format
  if (input.head.length === 0) throw new InputError(`nothing was ingested: ${input.name} is empty`)
  throw new UsageError(`the format of ${input.name} is not recognised, say it with --format`)
}

/**
 * Reads the whole input into the sink.
 *
 * @throws InputError if it is damaged; what was read before stays in the sink
 */
export async function readInput(input: Input, sink: RowSink, options: SourceOptions): Promise<SourceCounts> {
  if (options.rules !== undefined && (options.format === 'log' || options.format === 'npz')) {
    throw new UsageError(`--map is for csv, ndjson and msgpack, but ${input.name} is ${options.format}`)
  }
  try {
    return await (options.format === 'npz' ? readTrajectories : readChunks)(input, sink, options)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const after = sink.committed > 0 ? `, after ${count(sink.committed)} events` : ''
    throw new InputError(`cannot read ${input.name}: ${error.message}${after}`)
  }
}

async function readChunks(input: Input, sink: RowSink, options: SourceOptions): Promise<SourceCounts> {
  const source = await pushSource(input, sink, options)
  for await (const chunk of input.chunks()) {
    await source.push(chunk)
    options.onProgress(input.size === undefined ? undefined : input.bytesRead / input.size)
  }
  // what an interrupted input has last is a piece of a record, not a malformed one
  if (!options.signal.aborted) await source.end()
  return source.counts
}

async function pushSource(input: Input, sink: RowSink, options: SourceOptions): Promise<PushSource> {
  const { salt, rules, header } = options
  switch (options.format) {
    case 'log':
      return new AccessLogSource(sink, salt)
    case 'ndjson':
      return new NdjsonSource(sink, salt, rules)
    case 'msgpack': {
      const { MsgpackSource } = await import('./sources/msgpack.js')
      return new MsgpackSource(sink, salt, rules)
    }
    default: {
      const { CsvSource, guessDelimiter } = await import('./sources/csv.js')
      const delimiter = options.delimiter ?? guessDelimiter(firstLine(input.head))
      return new CsvSource(sink, salt, { delimiter, header }, rules)
    }
  }
}

async function readTrajectories(input: Input, sink: RowSink, options: SourceOptions): Promise<SourceCounts> {
  const { NpzFile } = await import('./sources/npz.js')
  const { TrajectorySource } = await import('./sources/trajectories.js')
  const archive = await NpzFile.open(await input.randomAccess())
  const source = new TrajectorySource(sink)
  try {
    await source.read(archive, options.signal, options.onProgress)
  } finally {
    archive.close()
  }
  return source.counts
}
