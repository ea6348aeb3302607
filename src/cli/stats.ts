/**
 * `experience-stream stats`: what the directory of a stream holds, or a database.
 *
 * @module
 */

import type { StreamIdentity } from '../storage/journal/source.js'
import { onlyDirectory, parseWords } from './arguments.js'
import { filesByDay, manifestOf } from './cold-files.js'
import type { Command, CommandContext } from './command.js'
import { databaseUrl, isDatabase, withDatabase } from './database.js'
import { databaseStats } from './database-stats.js'
import { databaseText } from './database-stats-text.js'
import { type StreamDirectory, withDirectory } from './directory.js'
import type { DirectoryStats, FileStats } from './directory-stats.js'
import { ExitStatus, UsageError } from './errors.js'
import { APPRAISERS } from './ingestion.js'
import { accountOf } from './journal-account.js'
import { STATS_HELP } from './stats-help.js'
import { writeStats } from './stats-text.js'

const OPTIONS = { json: { type: 'boolean' } } as const

/** The command. */
export const stats: Command = {
  help: STATS_HELP,
  run: async (args, context) => {
    const { values, positionals } = parseWords(args, OPTIONS)
    const [word] = positionals
    if (isDatabase(word) || (word === undefined && process.env.DATABASE_URL)) {
      if (positionals.length > 1) throw new UsageError('stats takes one database')
      return tellDatabase(databaseUrl(word, 'URL'), values.json === true, context)
    }
    const path = onlyDirectory('stats', positionals)
    return withDirectory(path, (directory) => tell(directory, values.json === true, context))
  },
}

async function tell(directory: StreamDirectory, json: boolean, { out }: CommandContext): Promise<number> {
  const found = await directory.steadily(() => statsOf(directory))
  if (json) await out.write(`${JSON.stringify(found)}\n`)
  else await writeStats(out, found)
  return ExitStatus.OK
}

async function tellDatabase(url: string, json: boolean, { out, signal }: CommandContext): Promise<number> {
  const found = await withDatabase(url, signal, databaseStats)
  await out.write(json ? `${JSON.stringify(found)}\n` : databaseText(found))
  return ExitStatus.OK
}

function statsOf(directory: StreamDirectory): DirectoryStats {
  const { journal, path } = directory
  const { streamId, capacity, requiredMask, firstSeq }: StreamIdentity = journal.identity
  const { startSeq, endSeq } = journal
  return {
    directory: path,
    streamId,
    capacity,
    appraisers: APPRAISERS.filter((_, slot) => (requiredMask & (1 << slot)) !== 0),
    firstSeq,
    endSeq,
    window: directory.window,
    journal: { startSeq, endSeq, ...accountOf(journal) },
    files: filesOf(directory),
  }
}

function filesOf({ cold, path, journal }: StreamDirectory): FileStats | null {
  if (cold === undefined) return null
  const state = manifestOf(path)
  const { files, events, bytes, correctionFiles, corrections, skipped, dropped } = cold.stats()
  return {
    checkpoint: state.checkpoint ?? null,
    lag: Math.max(0, journal.endSeq - (state.checkpoint?.seq ?? state.identity.firstSeq)),
    files,
    events,
    bytes,
    correctionFiles,
    corrections,
    skipped,
    dropped: dropped.events,
    gapNumbers: cold.coverage().gaps,
    gaps: state.gaps,
    days: filesByDay(state),
  }
}
