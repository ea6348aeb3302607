/**
 * Clients as an analyst has them: what they give is the database's own text.
 *
 * @module
 */

import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { useEmbedded } from '../../../src/postgres/driver/embedded.js'
import { connectServer } from '../../../src/postgres/driver/server.js'
import { migrate } from '../../../src/postgres/schema/migrate.js'
import { serverDatabase } from '../support/databases.js'
import type { Result } from './table.js'

/** A connection to a fresh database that has the tables and the profile `analytics`. */
export interface Client {
  /** One statement or several; the result of the last one. */
  run(sql: string): Promise<Result>
  /** What a `COPY … TO STDOUT` writes. */
  copy(sql: string): Promise<string>
  close(): Promise<void>
  /** Of a server. */
  readonly url?: string
}

/** On the server of the run. */
export async function serverClient(): Promise<Client> {
  const url = await serverDatabase()
  const driver = await connectServer(url)
  await migrate(driver, { profile: 'analytics' })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const types = { getTypeParser: () => (text: string) => text } as never
  return {
    url,
    run: async (sql) => {
      const results = [await client.query({ text: sql, rowMode: 'array', types })].flat()
      const { fields = [], rows = [] } = results.at(-1) ?? {}
      return { columns: fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID })), rows }
    },
    copy: (sql) => copied(driver, sql),
    close: async () => {
      await client.end()
      await driver.close()
    },
  }
}

/** Embedded. */
export async function embeddedClient(): Promise<Client> {
  const database = new PGlite()
  const driver = await useEmbedded(database)
  await migrate(driver, { profile: 'analytics' })
  const parsers = Object.fromEntries(Object.keys(database.parsers).map((oid) => [oid, (text: string) => text]))
  return {
    run: async (sql) => {
      const results = await database.exec(sql, { rowMode: 'array', parsers })
      const { fields, rows } = results.at(-1) as { fields: { name: string; dataTypeID: number }[]; rows: unknown[] }
      return { columns: fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID })), rows: rows as string[][] }
    },
    copy: (sql) => copied(driver, sql),
    close: async () => {
      await driver.close()
      await database.close()
    },
  }
}

async function copied(driver: SqlDriver, sql: string): Promise<string> {
  const pieces = await driver.session((session) => session.copyOut(sql))
  return Buffer.concat(pieces).toString()
}
