/**
 * `experience-stream verify`: proves that everything that was journaled is there.
 *
 * @module
 */

import type { SqlDriver } from '../postgres/driver/driver.js'
import { onlyDirectory, parseWords } from './arguments.js'
import type { Command } from './command.js'
import { databaseUrl, withDatabase, withStore } from './database.js'
import { type DatabaseVerification, verifyDatabase } from './database-verification.js'
import { withDirectory } from './directory.js'
import { ExitStatus, UsageError } from './errors.js'
import { Progress } from './progress.js'
import { count, counted, Lines, size } from './text.js'
import type { Verification } from './verification.js'
import { Verifier } from './verifier.js'
import { VERIFY_HELP } from './verify-help.js'

const OPTIONS = {
  with: { type: 'string' },
  archive: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
} as const

/** The command. */
export const verify: Command = {
  help: VERIFY_HELP,
  run: async (args, { out, err, signal }) => {
    const { values, positionals } = parseWords(args, OPTIONS)
    const path = onlyDirectory('verify', positionals)
    if (values.archive !== undefined && values.with === undefined) throw new UsageError('--archive is for --with URL')
    // Before the directory is read, which takes its time.
    const url = values.with === undefined ? undefined : databaseUrl(values.with, '--with URL')
    const progress = new Progress(err, values.quiet !== true)
    try {
      const onProgress = (done: number, of: number): void => progress.update(done, 0, done / of)
      const { found, database } = await withDirectory(path, async (directory) => {
        const found = await new Verifier(directory, signal, onProgress).run()
        const { archive } = values
        const compare = (driver: SqlDriver) => {
          return withStore(driver, { streamId: found.streamId, archive }, (store) => {
            return verifyDatabase(directory, store, driver.address, { signal, onProgress })
          })
        }
        return { found, database: url === undefined ? undefined : await withDatabase(url, signal, compare) }
      })
      progress.clear()
      const all = database === undefined ? found : { ...found, database }
      await out.write(values.json === true ? `${JSON.stringify(all)}\n` : text(found) + databaseText(database))
      return found.findings.length + (database?.findings.length ?? 0) === 0 ? ExitStatus.OK : ExitStatus.FAILED
    } catch (error) {
      if (signal.aborted) return ExitStatus.INTERRUPTED
      throw error
    } finally {
      progress.clear()
    }
  },
}

function text(found: Verification): string {
  const { directory, findings, moreFindings, journal, files, gapNumbers, unread, elsewhere } = found
  const { firstSeq, endSeq, equal, onlyInFiles, corrected, pending, pendingCorrections } = found
  const wrong = findings.length + moreFindings
  const lines = new Lines(`${directory}: ${wrong === 0 ? 'all is well' : counted(wrong, 'fault')}`)
  lines.add('numbers', `${count(endSeq - firstSeq)}, of stream ${found.streamId}`)
  const checked = `${counted(journal.blocks, 'block')} in ${counted(journal.segments, 'file')}, ${size(journal.bytes)}`
  lines.add('journal', `${checked}, fit their checksums`)
  const { torn } = journal
  if (torn !== null)
    lines.detail(
      `${torn.file} ends with ${counted(torn.bytes, 'byte')} of a block that is not whole, from byte ${torn.offset} on`,
    )
  if (files === null) lines.add('files', 'none')
  else {
    lines.add(
      'files',
      `${counted(files.events, 'event')} and ${counted(files.corrections, 'correction')} in ${counted(files.files, 'file')} were read`,
    )
    if (files.skipped > 0)
      lines.detail(`${counted(files.skipped, 'event')} without the PERSIST flag were not to be kept`)
    if (files.dropped > 0) lines.detail(`${counted(files.dropped, 'event')} were dropped by retention`)
  }
  lines.add('equal', `${counted(equal, 'event')} in journal and files`)
  lines.add(
    'only files',
    `${counted(onlyInFiles, 'event')}, ${count(corrected)} of them with late rewards that the journal knows`,
  )
  lines.add(
    'pending',
    `${counted(pending, 'event')} and ${counted(pendingCorrections, 'correction')} only in the journal`,
  )
  const { aborted, damaged, missed } = gapNumbers
  lines.add(
    'gaps',
    `${counted(aborted, 'number')} aborted, ${count(damaged)} damaged, ${count(missed)} missed by the files`,
  )
  if (unread > 0) lines.add('unread', `${counted(unread, 'number')} could not be compared`)
  if (elsewhere > 0)
    lines.add('elsewhere', `${counted(elsewhere, 'number')} that only followers outside of this directory have`)
  for (const { kind, what } of findings) lines.add(kind.toUpperCase(), what)
  if (moreFindings > 0) lines.detail(`and ${count(moreFindings)} more`)
  return lines.toString()
}

function databaseText(found: DatabaseVerification | undefined): string {
  if (found === undefined) return ''
  const { database, checkpoint, equal, onlyInDatabase, pending, findings } = found
  const lines = new Lines(`${database}: ${findings.length === 0 ? 'all is well' : counted(findings.length, 'fault')}`)
  if (checkpoint !== null) lines.add('checkpoint', `event ${checkpoint.seq}, block ${checkpoint.position}`)
  lines.add('equal', `${counted(equal, 'event')} in journal and database`)
  lines.add('only there', counted(onlyInDatabase, 'event'))
  lines.add('pending', counted(pending, 'number'))
  for (const { kind, what } of findings) lines.add(kind.toUpperCase(), what)
  return lines.toString()
}
