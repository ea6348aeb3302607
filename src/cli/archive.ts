/**
 * `experience-stream archive`: moves old days of a database into files.
 *
 * @module
 */

import { FileArchive } from '../postgres/archive/file-archive.js'
import type { ArchiveProgress } from '../postgres/archive/options.js'
import type { ArchiveReport } from '../postgres/contract.js'
import { ARCHIVE_HELP } from './archive-help.js'
import { parseWords, time } from './arguments.js'
import type { Command, CommandContext } from './command.js'
import { databaseUrl, withDatabase } from './database.js'
import { ExitStatus, UsageError } from './errors.js'
import { Progress } from './progress.js'
import { count, counted, Lines, size } from './text.js'

const OPTIONS = {
  directory: { type: 'string' },
  'older-than': { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
} as const

const UNIT_US: Readonly<Record<string, number>> = { h: 3_600_000_000, d: 86_400_000_000 }

/** The command. */
export const archive: Command = {
  help: ARCHIVE_HELP,
  run: async (args, context) => {
    const { values, positionals } = parseWords(args, OPTIONS)
    const [word, extra] = positionals
    if (extra !== undefined) throw new UsageError('archive takes one database')
    const { directory, json = false, quiet = false } = values
    if (directory === undefined || directory === '') throw new UsageError('archive needs --directory DIR')
    const olderThan = instant(values['older-than'] ?? '7d')
    return move({ url: databaseUrl(word, 'URL'), directory, olderThan, json, quiet }, context)
  },
}

interface ArchiveRequest {
  url: string
  directory: string
  /** µs since 1970. */
  olderThan: number
  json: boolean
  quiet: boolean
}

/** An age, counted from now, or a time. */
function instant(text: string): number {
  const [, number, unit = ''] = /^(\d{1,6})([dh])$/u.exec(text) ?? []
  if (number === undefined) return time('older-than', text)
  return Math.max(0, Date.now() * 1000 - Number(number) * (UNIT_US[unit] as number))
}

async function move(
  { url, directory, olderThan, json, quiet }: ArchiveRequest,
  { out, err, signal }: CommandContext,
): Promise<number> {
  const progress = new Progress(err, !quiet)
  return withDatabase(url, signal, async (driver) => {
    const files = new FileArchive(driver, { directory })
    let moved = 0
    const onProgress = ({ events, done, of }: ArchiveProgress): void => {
      moved += events
      progress.update(moved, 0, done / Math.max(1, of))
    }
    try {
      const report = await files.archive(olderThan, { signal, onProgress })
      progress.clear()
      const result = { database: driver.address, directory, interrupted: false, ...report }
      await out.write(json ? `${JSON.stringify(result)}\n` : text(driver.address, directory, report))
      return ExitStatus.OK
    } catch (error) {
      progress.clear()
      if (!signal.aborted) throw error
      const result = { database: driver.address, directory, interrupted: true }
      await out.write(json ? `${JSON.stringify(result)}\n` : `${driver.address}: interrupted; run it again to go on\n`)
      return ExitStatus.INTERRUPTED
    } finally {
      await files.close()
    }
  })
}

function text(address: string, directory: string, report: ArchiveReport): string {
  const { days, events, metadata, files, bytes, folded, removed, setAside } = report
  const lines = new Lines(
    `${address}: ${days.length === 0 ? 'no day was due' : `${counted(days.length, 'day')} moved`}`,
  )
  lines.add('directory', directory)
  if (days.length > 0) {
    lines.add('days', days.length === 1 ? (days[0] as string) : `${days[0]} to ${days.at(-1)}`)
    lines.add('events', `${count(events)}, ${count(metadata)} with metadata`)
  }
  if (files > 0) lines.add('files', `${count(files)}, ${size(bytes)}`)
  if (folded > 0) lines.add('folded', `late rewards into ${counted(folded, 'file')}`)
  if (removed > 0) lines.add('removed', `${counted(removed, 'file')} that did not count`)
  for (const file of setAside) lines.add('SET ASIDE', file)
  return lines.toString()
}
