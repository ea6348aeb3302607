/**
 * The SQL files of the schema, as they lie beside this module.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { Profile } from '../contract.js'

/** A file of SQL with what tells whether it was changed. */
export interface SqlFile {
  readonly name: string
  readonly sql: string
  /** SHA-256 of the text in hex, the same for all ends of lines. */
  readonly checksum: string
}

/** One step of the schema; steps are numbered from 1 on, without gaps. */
export interface Migration extends SqlFile {
  readonly version: number
}

const MIGRATIONS = new URL('./migrations/', import.meta.url)
const PROFILES = new URL('./profiles/', import.meta.url)
const NAME = /^(\d{4})_\w+\.sql$/

/** All migrations in order. */
export async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(MIGRATIONS)).filter((name) => NAME.test(name)).sort()
  return Promise.all(
    names.map(async (name) => ({
      version: Number(name.slice(0, 4)),
      ...(await readSql(new URL(name, MIGRATIONS), name)),
    })),
  )
}

/** What makes the indexes of a profile out of those of the other. */
export function readProfile(profile: Profile): Promise<SqlFile> {
  return readSql(new URL(`${profile}.sql`, PROFILES), `${profile}.sql`)
}

async function readSql(url: URL, name: string): Promise<SqlFile> {
  const sql = (await readFile(url, 'utf8')).replaceAll('\r\n', '\n')
  return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
}
