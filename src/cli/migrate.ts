/**
 * `experience-stream migrate`: brings the tables of a database to what this version needs.
 *
 * @module
 */

import { openDatabase } from '../postgres/connect.js'
import type { SqlDriver } from '../postgres/driver/driver.js'
import { type MigrationReport, type MigrationStep, migrate as migrateSchema } from '../postgres/schema/migrate.js'
import { oneOf, parseWords } from './arguments.js'
import type { Command, CommandContext } from './command.js'
import { databaseUrl } from './database.js'
import { ExitStatus, UsageError } from './errors.js'
import { MIGRATE_HELP } from './migrate-help.js'
import { Lines } from './text.js'

const OPTIONS = {
  to: { type: 'string' },
  profile: { type: 'string' },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
} as const

/** The command. */
export const migrate: Command = {
  help: MIGRATE_HELP,
  run: async (args, context) => {
    const { values, positionals } = parseWords(args, OPTIONS)
    if (positionals.length > 0) throw new UsageError('migrate takes its database as --to URL')
    const { 'dry-run': dryRun = false, json = false, quiet = false } = values
    const profile = values.profile === undefined ? undefined : oneOf('profile', values.profile, ['ingest', 'analytics'])
    const url = databaseUrl(values.to, '--to URL')
    try {
      const driver = await openDatabase(url, {}, context.signal)
      try {
        return await migrateDatabase(driver, { profile, dryRun, json, quiet }, context)
      } finally {
        await driver.close()
      }
    } catch (error) {
      if (!context.signal.aborted) throw error
      return ExitStatus.INTERRUPTED
    }
  },
}

interface MigrateRequest {
  profile: 'ingest' | 'analytics' | undefined
  dryRun: boolean
  json: boolean
  quiet: boolean
}

async function migrateDatabase(
  driver: SqlDriver,
  { profile, dryRun, json, quiet }: MigrateRequest,
  { out, err, signal }: CommandContext,
): Promise<number> {
  const onProgress = ({ name, step, steps }: MigrationStep): void => {
    if (!quiet) err.write(`applying ${name}, ${step} of ${steps}\n`)
  }
  const report = await migrateSchema(driver, { profile, dryRun, signal, onProgress })
  const result = { database: driver.address, dryRun, ...report }
  await out.write(json ? `${JSON.stringify(result)}\n` : text(driver.address, dryRun, report))
  return ExitStatus.OK
}

function text(address: string, dryRun: boolean, { from, to, applied, profile }: MigrationReport): string {
  const change =
    from === to ? `schema version ${to} stays` : `schema version ${from} ${dryRun ? 'would become' : 'became'} ${to}`
  const lines = new Lines(`${address}: ${applied.length === 0 ? 'nothing to do' : change}`)
  for (const [i, name] of applied.entries()) lines.add(i > 0 ? '' : dryRun ? 'to apply' : 'applied', name)
  lines.add('profile', profile)
  return lines.toString()
}
