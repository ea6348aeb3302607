/**
 * The database that a command is for: its URL, and a connection for as long as the command takes.
 *
 * @module
 */

import { FileArchive } from '../postgres/archive/file-archive.js'
import { connectDatabase } from '../postgres/connect.js'
import type { SqlDriver } from '../postgres/driver/driver.js'
import { PostgresStore } from '../postgres/store/store.js'
import { UsageError } from './errors.js'

/** Says where the URL of a database may come from, for the help of commands. */
export const DATABASE_HELP = `URL is postgres://USER:PASSWORD@HOST:PORT/DATABASE, or file://DIR for an embedded database.
Without it the environment variable DATABASE_URL is taken, which does not show in lists of processes.`

const DATABASE = /^(?:postgres|postgresql|file):\/\//u

/** Whether a word of the command line is the URL of a database. */
export function isDatabase(word: string | undefined): word is string {
  return word !== undefined && DATABASE.test(word)
}

/**
 * The URL of the database: what was given, or that of the environment.
 * @param what the option or word that would give it, for the message.
 */
export function databaseUrl(given: string | undefined, what: string): string {
  const url = given ?? process.env.DATABASE_URL
  if (url === undefined || url === '') throw new UsageError(`${what} is needed, or DATABASE_URL in the environment`)
  if (isDatabase(url)) return url
  const where = given === undefined ? 'DATABASE_URL' : what
  throw new UsageError(`${where} is no URL of a database, expected postgres://… or file://DIR`)
}

/** Connects for as long as `work` takes. @throws SchemaMissingError, SchemaVersionError if it is not migrated */
export async function withDatabase<T>(
  url: string,
  signal: AbortSignal,
  work: (driver: SqlDriver) => Promise<T>,
): Promise<T> {
  const driver = await connectDatabase(url, { migrate: false, signal })
  try {
    return await work(driver)
  } finally {
    await driver.close()
  }
}

/** Which stream of a database. */
export interface StoreRequest {
  /** Default: the only one. */
  readonly streamId?: string | undefined
  /** Where the archived days are. */
  readonly archive?: string | undefined
}

/** A store for a stream of the database, for as long as `work` takes. */
export async function withStore<T>(
  driver: SqlDriver,
  { streamId, archive: directory }: StoreRequest,
  work: (store: PostgresStore) => Promise<T>,
): Promise<T> {
  const archive = new FileArchive(driver, directory === undefined ? undefined : { directory })
  const store = new PostgresStore(driver, { streamId, archive })
  try {
    return await work(store)
  } finally {
    // What is under way ends before the connections do; what failed has been told by `work`.
    await store.close().catch(() => {})
    await archive.close()
  }
}
