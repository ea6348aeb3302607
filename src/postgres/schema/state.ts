/**
 * What is applied to a database: the migrations and the profile, as the tables `experience_migrations` and
 * `experience_profile` say.
 *
 * @module
 */

import type { Profile } from '../contract.js'
import type { SqlSession } from '../driver/driver.js'
import { SchemaMissingError, SchemaVersionError } from '../errors.js'
import type { Migration } from './files.js'

/** A migration that was applied. */
export interface Applied {
  readonly version: number
  readonly name: string
  readonly checksum: string
}

/** What a database has. */
export interface SchemaState {
  readonly applied: readonly Applied[]
  readonly profile: { readonly name: Profile; readonly checksum: string } | undefined
}

const HOW = 'run `experience-stream migrate --to URL`, or connect with `migrate: true`'

type Reader = Pick<SqlSession, 'query'>

/** What a database has; nothing is applied where the tables are missing. */
export async function readState(session: Reader): Promise<SchemaState> {
  const found = await session.query("SELECT to_regclass('experience_migrations') IS NOT NULL AS there")
  if (found[0]?.there !== true) return { applied: [], profile: undefined }
  const applied = await session.query<{ version: number; name: string; checksum: string }>(
    'SELECT version, name, checksum FROM experience_migrations ORDER BY version',
  )
  const profiles = await session.query<{ name: Profile; checksum: string }>(
    'SELECT name, checksum FROM experience_profile',
  )
  return { applied, profile: profiles[0] }
}

/**
 * The migrations that a database still needs.
 * @throws {SchemaVersionError} if it has some that this package does not know, or in another form.
 */
export function missingFrom(state: SchemaState, migrations: readonly Migration[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.version, migration]))
  const found = state.applied.at(-1)?.version ?? 0
  const expected = migrations.length
  for (const { version, name, checksum } of state.applied) {
    const migration = known.get(version)
    if (migration === undefined) {
      throw new SchemaVersionError(
        `the database has schema version ${found}, this package knows ${expected}: it was migrated by a newer one`,
        { found, expected },
      )
    }
    if (migration.checksum !== checksum) {
      throw new SchemaVersionError(
        `the database was migrated with another ${name} than this package has: they come from different builds`,
        { found, expected, name },
      )
    }
  }
  const applied = new Set(state.applied.map(({ version }) => version))
  return migrations.filter(({ version }) => !applied.has(version))
}

/**
 * Sees to it that a database has all migrations.
 * @throws {SchemaMissingError} if it has none
 * @throws {SchemaVersionError} if it has fewer, more or others.
 */
export function assertCurrent(state: SchemaState, migrations: readonly Migration[]): void {
  const expected = migrations.length
  if (state.applied.length === 0) {
    throw new SchemaMissingError(`the database has no tables of experience-stream: ${HOW}`, { expected })
  }
  const missing = missingFrom(state, migrations)
  if (missing.length === 0) return
  const found = state.applied.length
  throw new SchemaVersionError(`the database has schema version ${found}, this package needs ${expected}: ${HOW}`, {
    found,
    expected,
  })
}
