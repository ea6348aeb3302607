/**
 * `experience-stream export`: writes the events of a directory, or of a database, to files of another place.
 *
 * @module
 */

import type { Command, CommandContext } from './command.js'
import { isDatabase } from './database.js'
import { withDirectory } from './directory.js'
import { exportDatabase } from './export-database.js'
import { EXPORT_HELP } from './export-help.js'
import { type ExportOptions, parseExport } from './export-options.js'
import { openTarget, runExport } from './export-run.js'

/** Events that are read at once; Ctrl-C is looked for between two batches. */
const BATCH = 1024

/** The command. */
export const exportEvents: Command = {
  help: EXPORT_HELP,
  run: async (args, context) => {
    const options = parseExport(args)
    return isDatabase(options.source) ? exportDatabase(options, context) : exportDirectory(options, context)
  },
}

async function exportDirectory(options: ExportOptions, context: CommandContext): Promise<number> {
  const { source, format, filter } = options
  return withDirectory(source, async ({ history, journal }) => {
    const target = openTarget(format, options.out, context.out)
    const { firstSeq: startSeq } = history.identity
    const batches = history.query({ ...filter, batchSize: BATCH, signal: context.signal })
    return runExport({ name: source, batches, startSeq, endSeq: journal.endSeq }, target, options, context)
  })
}
