/**
 * `experience-stream tail`: prints the newest events of a directory, and those that come.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { HistoryBatch } from '../storage/history/batch.js'
import { integer, onlyDirectory, parseWords, typeCodes } from './arguments.js'
import type { Command, CommandContext } from './command.js'
import { type StreamDirectory, withDirectory } from './directory.js'
import { ExitStatus } from './errors.js'
import { eventAt, eventLine } from './event-json.js'
import { TAIL_HELP } from './tail-help.js'
import { counted, EVENT_COLUMNS, eventRow, tableRow } from './text.js'

const OPTIONS = {
  lines: { type: 'string', short: 'n' },
  follow: { type: 'boolean', short: 'f' },
  type: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const

const DEFAULT_LINES = '10'
const MOST_LINES = 65_536
/** How long new events may wait until they are looked for. */
const LOOK_MS = 100

interface TailOptions {
  directory: string
  lines: number
  follow: boolean
  types: number[] | undefined
  json: boolean
}

/** The command. */
export const tail: Command = {
  help: TAIL_HELP,
  run: async (args, context) => {
    const { values, positionals } = parseWords(args, OPTIONS)
    const options: TailOptions = {
      directory: onlyDirectory('tail', positionals),
      lines: integer('lines', values.lines ?? DEFAULT_LINES, 0, MOST_LINES),
      follow: values.follow === true,
      types: typeCodes(values.type),
      json: values.json === true,
    }
    try {
      return await withDirectory(options.directory, (directory) => print(directory, options, context))
    } catch (error) {
      if (context.signal.aborted) return ExitStatus.INTERRUPTED
      throw error
    }
  },
}

async function print(directory: StreamDirectory, options: TailOptions, context: CommandContext): Promise<number> {
  const { journal, history } = directory
  const { types, lines, json, follow } = options
  const { out, err, signal } = context
  if (!json) await out.write(tableRow(EVENT_COLUMNS.toSpliced(1, 1)))
  journal.refresh()
  let next = journal.endSeq
  const newest = await history.query({ types, endSeq: next, order: 'newest', limit: lines, signal }).toBatch()
  for (let i = newest.length - 1; i >= 0; i--) await write(newest, i, options, context)
  while (follow) {
    await sleep(LOOK_MS, undefined, { signal })
    if (!journal.refresh() || journal.endSeq === next) continue
    const end = journal.endSeq
    for await (const batch of history.queryRange(next, end, { types, signal })) {
      for (let i = 0; i < batch.length; i++) await write(batch, i, options, context)
    }
    for await (const gap of history.gaps(next, end, { signal })) {
      err.write(`${counted(gap.end - gap.start, 'number')} from ${gap.start} on without an event: ${gap.reason}\n`)
    }
    next = end
  }
  return ExitStatus.OK
}

async function write(batch: HistoryBatch, i: number, { json }: TailOptions, { out }: CommandContext): Promise<void> {
  await out.write(json ? eventLine(batch, i) : eventRow(eventAt(batch, i), undefined))
}
