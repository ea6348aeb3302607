/**
 * One server for all suites of PostgreSQL, with a migrated database to copy: `DATABASE_URL` names one that is there (its
 * user must be allowed to make databases), otherwise one is started. Where none can run, its tests are skipped, loudly.
 *
 * @module
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startPostgres, whyNoPostgres } from '../../../scripts/postgres.mjs'
import { useEmbedded } from '../../../src/postgres/driver/embedded.js'
import { connectServer } from '../../../src/postgres/driver/server.js'
import { migrate } from '../../../src/postgres/schema/migrate.js'

/** What the suites are told of the server: where the server is, and the prefix of the names of their databases. */
export interface ProvidedServer {
  readonly url: string
  readonly prefix: string
  readonly template: string
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: ProvidedServer | { readonly reason: string }
    /** Whether tests can start servers of their own, which `DATABASE_URL` does not give them. */
    ownServers: boolean
    /** Files with an embedded database, without the schema and with it. */
    embedded: { readonly empty: string; readonly migrated: string }
  }
}

/** Makes what the suites share; ends the server, and what was made on it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'experience-embedded-'))
  const ends = [() => rm(folder, { recursive: true })]
  const end = async (): Promise<void> => {
    for (const one of ends.reverse()) await one()
  }
  try {
    project.provide('embedded', await dumpEmbedded(folder))
    const given = process.env.DATABASE_URL || undefined
    const reason = await whyNoPostgres()
    project.provide('ownServers', reason === undefined)
    if (reason !== undefined) {
      const what = given === undefined ? 'a server' : 'a server of their own'
      console.error(`\n!! NO POSTGRESQL: the tests that need ${what} are skipped; ${reason}\n`)
    }
    if (given !== undefined || reason === undefined) project.provide('postgres', await prepareServer(given, ends))
    else project.provide('postgres', { reason })
    return end
  } catch (error) {
    await end()
    throw error
  }
}

async function dumpEmbedded(folder: string): Promise<{ empty: string; migrated: string }> {
  const files = { empty: join(folder, 'empty.tar'), migrated: join(folder, 'migrated.tar') }
  const database = await PGlite.create()
  const dump = async (path: string): Promise<void> => {
    const tar = await database.dumpDataDir('none')
    await writeFile(path, new Uint8Array(await tar.arrayBuffer()))
  }
  await dump(files.empty)
  await migrate(await useEmbedded(database))
  await dump(files.migrated)
  await database.close()
  return files
}

async function prepareServer(given: string | undefined, ends: (() => Promise<void>)[]): Promise<ProvidedServer> {
  const server = given ? undefined : await startPostgres()
  const url = given ?? (server?.url() as string)
  const prefix = `experience_test_${process.pid}_`
  const template = `${prefix}template`
  ends.push(() => (server ? server.remove() : removeAll(url, prefix)))
  await run(url, [`CREATE DATABASE ${template} TEMPLATE template0 ENCODING 'UTF8'`])
  const driver = await connectServer(databaseUrl(url, template))
  await migrate(driver)
  await driver.close()
  return { url, prefix, template }
}

/** The same server, another database. */
export function databaseUrl(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

/** Statements that no transaction may be around. */
export async function run(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

async function removeAll(url: string, prefix: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query('SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [prefix])
  await client.end()
  await run(
    url,
    rows.map(({ datname }) => `DROP DATABASE IF EXISTS "${datname}" WITH (FORCE)`),
  )
}
