/**
 * Brings the schema of a database to what this package needs.
 *
 * Contract:
 * - Each file is one transaction with its line in `experience_migrations`: it is applied as a whole or not at all, and
 *   once. Several processes may migrate one database at the same time; an advisory lock puts them in order.
 * - A file that was applied in another form, or one of a newer package, is a `SchemaVersionError`, before anything is done.
 * - Nothing is dropped, but the additional indexes of profile `analytics` by `profile: 'ingest'`.
 * - No statement timeout: indexes of large tables take their time. A signal ends it between two files, or within one.
 *
 * @module
 */

import { InvalidArgumentError } from '../../errors.js'
import { assertBoolean, assertChoice, assertKeys } from '../../stream/validate.js'
import type { Profile } from '../contract.js'
import type { SqlDriver, SqlSession } from '../driver/driver.js'
import { MIGRATION_LOCK } from '../sql/locks.js'
import { type Migration, readMigrations, readProfile, type SqlFile } from './files.js'
import { assertCurrent, missingFrom, readState, type SchemaState } from './state.js'

/** How to migrate. */
export interface MigrateOptions {
  /** The indexes to have afterwards. Default: those of before; `'ingest'` in a new database. */
  readonly profile?: Profile | undefined
  /** Says what would be done, and does nothing. Default false. */
  readonly dryRun?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Called before each file is applied. */
  readonly onProgress?: ((step: MigrationStep) => void) | undefined
}

/** One file on its way. */
export interface MigrationStep {
  readonly name: string
  /** From 1 on. */
  readonly step: number
  readonly steps: number
}

/** What was done. */
export interface MigrationReport {
  /** Versions before and after. */
  readonly from: number
  readonly to: number
  /** Names of the files that were applied, or would be. */
  readonly applied: readonly string[]
  readonly profile: Profile
}

/** What a database has compared with what this package needs. */
export interface SchemaReport {
  readonly version: number
  readonly expected: number
  readonly profile: Profile | undefined
}

const KEYS = ['profile', 'dryRun', 'signal', 'onProgress']
const TABLES = `
CREATE TABLE IF NOT EXISTS experience_migrations (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS experience_profile (
    singleton BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (singleton),
    name TEXT NOT NULL CHECK (name IN ('ingest', 'analytics')),
    checksum TEXT NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
)`

/** @throws {SchemaVersionError} @throws {InvalidArgumentError} */
export async function migrate(driver: SqlDriver, options: MigrateOptions = {}): Promise<MigrationReport> {
  assertKeys(options, 'options', KEYS)
  const { profile, dryRun = false, signal, onProgress } = options
  if (profile !== undefined) assertChoice(profile, 'profile', ['ingest', 'analytics'])
  assertBoolean(dryRun, 'dryRun')
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new InvalidArgumentError('onProgress must be a function')
  }
  const migrations = await readMigrations()
  const before = await driver.session(readState, { signal })
  const missing = missingFrom(before, migrations)
  const wanted = profile ?? before.profile?.name ?? 'ingest'
  const indexes = await readProfile(wanted)
  const switches = !isCurrent(before, wanted, indexes)
  const files: SqlFile[] = [...missing, ...(switches ? [indexes] : [])]
  const report = {
    from: before.applied.length,
    to: migrations.length,
    applied: files.map(({ name }) => name),
    profile: wanted,
  }
  if (dryRun) return report
  for (const [i, file] of files.entries()) {
    onProgress?.({ name: file.name, step: i + 1, steps: files.length })
    await driver.transaction(
      async (session) => {
        await session.run(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK}, 0)`)
        await session.run(TABLES)
        if (file === indexes) await applyProfile(session, wanted, indexes)
        else await apply(session, file as Migration, migrations)
      },
      { signal, statementTimeoutMs: 0 },
    )
  }
  return report
}

/**
 * What a database has, if it is what this package needs.
 * @throws {SchemaMissingError} if it has no tables of this package
 * @throws {SchemaVersionError} if they are older, newer or others.
 */
export async function checkSchema(
  driver: SqlDriver,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<SchemaReport> {
  const migrations = await readMigrations()
  const state = await driver.session(readState, options)
  assertCurrent(state, migrations)
  return { version: state.applied.length, expected: migrations.length, profile: state.profile?.name }
}

/** Applies a file, unless another process was faster. */
async function apply(session: SqlSession, migration: Migration, all: readonly Migration[]): Promise<void> {
  const missing = missingFrom(await readState(session), all)
  if (!missing.some(({ version }) => version === migration.version)) return
  await session.run(migration.sql)
  await session.query('INSERT INTO experience_migrations (version, name, checksum) VALUES ($1, $2, $3)', [
    migration.version,
    migration.name,
    migration.checksum,
  ])
}

async function applyProfile(session: SqlSession, profile: Profile, file: SqlFile): Promise<void> {
  if (isCurrent(await readState(session), profile, file)) return
  await session.run(file.sql)
  await session.query(
    `INSERT INTO experience_profile (name, checksum) VALUES ($1, $2)
     ON CONFLICT (singleton) DO UPDATE SET name = excluded.name, checksum = excluded.checksum, applied_at = now()`,
    [profile, file.checksum],
  )
}

function isCurrent({ profile }: SchemaState, wanted: Profile, { checksum }: SqlFile): boolean {
  return profile?.name === wanted && profile.checksum === checksum
}
