/**
 * `experience-stream import`: moves a stream into a database.
 *
 * @module
 */

import { FileArchive } from '../postgres/archive/file-archive.js'
import { PostgresStore } from '../postgres/store/store.js'
import type { IncomingStream, TransferProgress, TransferReport } from '../postgres/transfer/transfer.js'
import { importEvents } from '../postgres/transfer/transfer.js'
import { parseWords } from './arguments.js'
import type { Command, CommandContext } from './command.js'
import { databaseUrl, withDatabase } from './database.js'
import { ExitStatus, UsageError } from './errors.js'
import { IMPORT_HELP } from './import-help.js'
import { Progress } from './progress.js'
import { writeInterrupted, writeTransfer } from './transfer-text.js'

const OPTIONS = {
  to: { type: 'string' },
  stream: { type: 'string' },
  'no-verify': { type: 'boolean' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
} as const

/** The command. */
export const importStream: Command = {
  help: IMPORT_HELP,
  run: async (args, context) => {
    const { values, positionals } = parseWords(args, OPTIONS)
    const [path, extra] = positionals
    if (path === undefined || path === '') throw new UsageError('import needs a directory or file to read')
    if (extra !== undefined) throw new UsageError(`import takes one source, but was given ${path} and ${extra}`)
    const { stream: streamId, json = false, quiet = false } = values
    const request = { path, url: databaseUrl(values.to, '--to URL'), streamId, json, quiet }
    return run({ ...request, verify: values['no-verify'] !== true }, context)
  },
}

interface ImportRequest {
  path: string
  url: string
  streamId: string | undefined
  verify: boolean
  json: boolean
  quiet: boolean
}

async function run(
  { path, url, streamId, verify, json, quiet }: ImportRequest,
  { out, err, signal }: CommandContext,
): Promise<number> {
  const progress = new Progress(err, !quiet)
  const onProgress = ({ done, total }: TransferProgress): void => progress.update(done, 0, done / Math.max(1, total))
  return withDatabase(url, signal, async (driver) => {
    let store: PostgresStore | undefined
    const target = ({ identity }: IncomingStream): PostgresStore => {
      // Rewards of events that are archived need no files.
      store = new PostgresStore(driver, { streamId: identity.streamId, archive: new FileArchive(driver) })
      return store
    }
    const say = { from: path, to: driver.address, json }
    let report: TransferReport
    try {
      report = await importEvents(target, path, { streamId, verify, signal, onProgress })
    } catch (error) {
      progress.clear()
      if (!signal.aborted) throw error
      await writeInterrupted(out, say)
      return ExitStatus.INTERRUPTED
    } finally {
      // What is under way ends before the connections do; what failed has been told.
      await store?.close().catch(() => {})
    }
    progress.clear()
    await writeTransfer(out, report, say)
    return ExitStatus.OK
  })
}
