/**
 * One server for all suites of PostgreSQL, with a migrated database to copy: `DATABASE_URL` names one that is there (its
 * user must be allowed to make databases), otherwise one is started. Where none can run, its tests are skipped, loudly.
 *
 * @module
 */

import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startPostgres, whyNoPostgres } from '../../../scripts/postgres.mjs'
import { connectServer } from '../../../src/postgres/driver/server.js'
import { migrate } from '../../../src/postgres/schema/migrate.js'

/** What the suites are told: where the server is, and the prefix of the names of their databases. */
export interface ProvidedServer {
  readonly url: string
  readonly prefix: string
  readonly template: string
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: ProvidedServer | { readonly reason: string }
  }
}

/** Starts the server, if need be, and ends it and what was made on it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.DATABASE_URL
  const reason = given ? undefined : await whyNoPostgres()
  if (reason !== undefined) {
    console.error(`\n!! NO POSTGRESQL: the tests that need a server are skipped; ${reason}\n`)
    project.provide('postgres', { reason })
    return async () => {}
  }
  const server = given ? undefined : await startPostgres()
  const url = given ?? (server?.url() as string)
  const prefix = `experience_test_${process.pid}_`
  const template = `${prefix}template`
  await run(url, [`CREATE DATABASE ${template}`])
  const driver = await connectServer(databaseUrl(url, template))
  await migrate(driver)
  await driver.close()
  project.provide('postgres', { url, prefix, template })
  return async () => {
    if (server) await server.remove()
    else await removeAll(url, prefix)
  }
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
