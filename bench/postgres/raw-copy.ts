/**
 * What a server does when nothing else is asked of it: COPY of rows that are in files already, by psql, or where there is
 * none by the server from files that it can reach.
 *
 * The rows are those that our own path has written, taken from the database by COPY: the same bytes.
 *
 * @module
 */

import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'

/** Rows of a file, and so of a transaction. */
export const RAW_ROWS = 50_000

const TABLE = 'experience_events'
const hasPsql = spawnSync('psql', ['--version']).status === 0

/** Who copies. */
export const RAW_NAME = hasPsql ? 'psql \\copy' : "COPY of the server's own files"

/** Files of COPY in binary. */
export class RawRows {
  private readonly folder: string
  private readonly files: readonly string[]
  private readonly days: readonly string[]

  private constructor(folder: string, files: readonly string[], days: readonly string[]) {
    this.folder = folder
    this.files = files
    this.days = days
  }

  /** Takes the `count` events of a database, in their order, into files of a new folder. */
  static async take(url: string, count: number, folder: string): Promise<RawRows> {
    mkdirSync(folder)
    // Where the server makes the files it is another user.
    chmodSync(folder, 0o777)
    const files: string[] = []
    const script: string[] = []
    for (let from = 0; from < count; from += RAW_ROWS) {
      const file = join(folder, `${from}.copy`)
      const range = `sequence_number >= ${from} AND sequence_number < ${from + RAW_ROWS}`
      script.push(`(SELECT * FROM ${TABLE} WHERE ${range} ORDER BY sequence_number) TO '${file}' (FORMAT binary)`)
      files.push(file)
    }
    await copyAll(url, folder, script)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query('SELECT DISTINCT day::TEXT AS day FROM experience_days')
    await client.end()
    return new RawRows(
      folder,
      files,
      rows.map(({ day }) => day),
    )
  }

  /** Copies all rows into a database that has the schema, each file a transaction. Returns the ms. */
  async copyInto(url: string): Promise<number> {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query('SELECT experience_ensure_day(day) FROM unnest($1::DATE[]) AS day', [this.days])
    await client.end()
    const script = this.files.map((file) => `${TABLE} FROM '${file}' (FORMAT binary)`)
    const start = performance.now()
    await copyAll(url, this.folder, script)
    return performance.now() - start
  }

  /** Deletes the files. */
  remove(): void {
    rmSync(this.folder, { recursive: true })
  }
}

async function copyAll(url: string, folder: string, script: readonly string[]): Promise<void> {
  if (hasPsql) return psql(url, folder, script)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const line of script) await client.query(`COPY ${line}`)
  await client.end()
}

/** Runs a script. The password goes by the environment: command lines are for everybody to see. */
function psql(url: string, folder: string, script: readonly string[]): void {
  const file = join(folder, 'script.sql')
  writeFileSync(file, script.map((line) => `\\copy ${line}\n`).join(''))
  const { hostname, port, username, password, pathname } = new URL(url)
  const env = {
    ...process.env,
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: pathname.slice(1),
  }
  execFileSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', file], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
