/**
 * `experience-stream export`: writes the events of a directory to files of another place.
 *
 * @module
 */

import { nextTurn } from '../storage/history/turn.js'
import type { EventFilter } from '../stream/types.js'
import { onlyDirectory, parseWords, time, typeCodes, u64 } from './arguments.js'
import type { Command, CommandContext } from './command.js'
import { withDirectory } from './directory.js'
import { ExitStatus, InputError, UsageError } from './errors.js'
import { EXPORT_HELP } from './export-help.js'
import { type ExportTarget, openTarget, TARGETS, type TargetFormat } from './export-target.js'
import { Progress } from './progress.js'
import { counted, size } from './text.js'

const OPTIONS = {
  parquet: { type: 'string' },
  messagepack: { type: 'string' },
  ndjson: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  episode: { type: 'string' },
  type: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
} as const

type Values = ReturnType<typeof parseWords<typeof OPTIONS>>['values']

/** Events that are read at once; Ctrl-C is looked for between two batches. */
const BATCH = 1024

interface ExportOptions {
  directory: string
  format: TargetFormat
  out: string
  filter: EventFilter
  json: boolean
  quiet: boolean
}

/** The command. */
export const exportEvents: Command = {
  help: EXPORT_HELP,
  run: async (args, context) => write(parseOptions(args), context),
}

function parseOptions(args: string[]): ExportOptions {
  const { values, positionals } = parseWords(args, OPTIONS)
  const directory = onlyDirectory('export', positionals)
  const [format, other] = TARGETS.filter((name) => values[name] !== undefined)
  if (format === undefined) throw new UsageError('export needs one of --parquet OUT, --messagepack OUT, --ndjson OUT')
  if (other !== undefined) throw new UsageError(`export takes one target, but was given --${format} and --${other}`)
  const out = values[format] as string
  if (out === '') throw new UsageError(`--${format} is empty, expected a file or folder`)
  const isPiped = format === 'ndjson' && out === '-'
  if (isPiped && values.json === true) throw new UsageError('--json is not for --ndjson -, which prints events')
  return { directory, format, out, filter: filterOf(values), json: values.json === true, quiet: values.quiet === true }
}

function filterOf(values: Values): EventFilter {
  const filter: EventFilter = {}
  if (values.from !== undefined) filter.from = time('from', values.from)
  if (values.to !== undefined) filter.to = time('to', values.to)
  if (values.episode !== undefined) filter.episodeId = u64('episode', values.episode)
  const types = typeCodes(values.type)
  if (types !== undefined) filter.types = types
  return filter
}

async function write(options: ExportOptions, { out, err, signal }: CommandContext): Promise<number> {
  const { directory: path, format, filter } = options
  const progress = new Progress(err, !options.quiet)
  return withDirectory(path, async ({ history, journal }) => {
    const target = openTarget(format, options.out, out)
    try {
      const { firstSeq } = history.identity
      for await (const batch of history.query({ ...filter, batchSize: BATCH, signal })) {
        await target.take(batch)
        // An output that takes everything at once lets no signal through.
        await nextTurn()
        signal.throwIfAborted()
        progress.update(target.events, 0, (batch.end - firstSeq) / Math.max(1, journal.endSeq - firstSeq))
      }
      if (target.events === 0) throw new InputError(`nothing was exported: ${path} has no such event`)
      await target.finish()
      progress.clear()
      await report(target, options, false, { out, err, signal })
      return ExitStatus.OK
    } catch (error) {
      progress.clear()
      await target.abandon()
      if (!signal.aborted) throw error
      await report(target, options, true, { out, err, signal })
      return ExitStatus.INTERRUPTED
    }
  })
}

async function report(
  target: ExportTarget,
  { directory, format, out: name, json }: ExportOptions,
  interrupted: boolean,
  { out }: CommandContext,
): Promise<void> {
  const { written, files, bytes } = target
  if (json) {
    await out.write(`${JSON.stringify({ directory, format, out: name, events: written, files, bytes, interrupted })}\n`)
  } else if (name !== '-') {
    const stopped = interrupted ? ', interrupted' : ''
    await out.write(`${name}: ${counted(written, 'event')} in ${counted(files, 'file')}, ${size(bytes)}${stopped}\n`)
  }
}
