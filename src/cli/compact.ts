/**
 * `experience-stream compact`: folds late rewards into the files of a directory and joins small ones.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { FileColdStorage } from '../storage/cold/file-cold-storage.node.js'
import { MANIFEST } from '../storage/cold/manifest/manifest.js'
import { type CompactionProgress, NOTHING_DONE } from '../storage/cold/write/compaction.js'
import { onlyDirectory, parseWords } from './arguments.js'
import { manifestOf, newestFormat } from './cold-files.js'
import type { Command, CommandContext } from './command.js'
import { COMPACT_HELP } from './compact-help.js'
import { COLD_FOLDER } from './directory.js'
import { ExitStatus, InputError } from './errors.js'
import { Progress } from './progress.js'
import { count, counted, Lines, size } from './text.js'

const OPTIONS = { json: { type: 'boolean' }, quiet: { type: 'boolean', short: 'q' } } as const

/** The command. */
export const compact: Command = {
  help: COMPACT_HELP,
  run: async (args, context) => {
    const { values, positionals } = parseWords(args, OPTIONS)
    const directory = onlyDirectory('compact', positionals)
    const progress = new Progress(context.err, values.quiet !== true)
    return compactFiles(directory, values.json === true, progress, context)
  },
}

async function compactFiles(
  directory: string,
  json: boolean,
  progress: Progress,
  { out, signal }: CommandContext,
): Promise<number> {
  const folder = join(directory, COLD_FOLDER)
  if (!existsSync(join(folder, MANIFEST)))
    throw new InputError(`${directory} has no files: there is no ${join(folder, MANIFEST)}`)
  const format = newestFormat(manifestOf(directory)) === 'messagepack' ? 'messagepack' : 'parquet'
  const store = new FileColdStorage(folder, { format })
  try {
    await store.open()
    let done: CompactionProgress = NOTHING_DONE
    const onProgress = (now: CompactionProgress): void => {
      done = now
      progress.update(now.events, 0, now.done / Math.max(1, now.of))
    }
    try {
      done = await store.compact({ signal, onProgress })
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      progress.clear()
    }
    const { files, bytes } = store.stats()
    await out.write(
      json
        ? `${JSON.stringify({ directory, interrupted: signal.aborted, ...done, left: { files, bytes } })}\n`
        : text(directory, done, signal.aborted),
    )
    if (signal.aborted) return ExitStatus.INTERRUPTED
    return done.damaged.length === 0 ? ExitStatus.OK : ExitStatus.FAILED
  } finally {
    await store.close()
  }
}

function text(directory: string, done: CompactionProgress, interrupted: boolean): string {
  const lines = new Lines(
    `${directory}: ${done.of === 0 ? 'nothing to do' : `${done.done} of ${counted(done.of, 'group')} done`}${interrupted ? ', interrupted' : ''}`,
  )
  if (done.filesRead > 0) {
    lines.add('files', `${count(done.filesRead)} became ${count(done.filesWritten)}, ${counted(done.events, 'event')}`)
    lines.add('bytes', `${size(done.bytesRead)} became ${size(done.bytesWritten)}`)
    lines.add('folded in', counted(done.corrections, 'correction'))
  }
  for (const file of done.damaged) lines.add('DAMAGED', `${file} was left alone`)
  return lines.toString()
}
