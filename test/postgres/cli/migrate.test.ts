import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readMigrations } from '../../../src/postgres/schema/files.js'
import { outcome, run, start } from '../../cli/run.js'
import { describeServer, serverDatabase } from '../support/databases.js'

function folderUrl(): string {
  const folder = mkdtempSync(join(tmpdir(), 'migrate-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return `file://${folder}`
}

describe('migrating by command', () => {
  test('makes the tables of an embedded database', { timeout: 60_000 }, async () => {
    const url = folderUrl()
    const made = await run(['migrate', '--to', url, '--profile', 'analytics', '--json', '--quiet'])
    expect(made).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(made.stdout)).toMatchObject({
      database: url.slice('file://'.length),
      from: 0,
      profile: 'analytics',
    })
  })

  test.each<[string, string[], RegExp]>([
    ['no database', [], /--to URL is needed, or DATABASE_URL/],
    ['a database as a word', ['postgres://u:Tr0ub4dor@h/d'], /migrate takes its database as --to URL/],
    ['another scheme', ['--to', 'mysql://u:Tr0ub4dor@h/d'], /--to URL is no URL of a database/],
    [
      'an unknown profile',
      ['--to', 'file:///x', '--profile', 'fast'],
      /--profile is "fast", expected one of ingest, ana/,
    ],
    ['an unknown option', ['--to', 'file:///x', '--force'], /unknown option '--force'/],
  ])('%s is a wrong command line', async (_, args, message) => {
    const { status, stdout, stderr } = await run(['migrate', ...args], { env: { DATABASE_URL: '' } })
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain('Tr0ub4dor')
  })

  test('explains itself', async () => {
    const { status, stdout } = await run(['migrate', '--help'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/--profile NAME[\s\S]*DATABASE_URL[\s\S]*Exit status/)
  })
})

describeServer('migrating a server by command', () => {
  test('makes the tables, and says what it did', async () => {
    const url = await serverDatabase({ migrated: false })
    const all = await readMigrations()
    const names = [...all.map(({ name }) => name), 'ingest.sql']
    const planned = await run(['migrate', '--to', url, '--dry-run'])
    expect(planned).toMatchObject({ status: 0, stderr: '' })
    expect(planned.stdout).toContain(`schema version 0 would become ${all.length}\n  to apply   0001_events.sql\n`)
    const made = await run(['migrate', '--to', url])
    expect(made.status).toBe(0)
    expect(made.stdout).toContain(`schema version 0 became ${all.length}\n  applied    0001_events.sql\n`)
    expect(made.stdout).toMatch(/\n {2}profile {4}ingest\n$/)
    expect(made.stderr.split('\n').slice(0, -1)).toEqual(
      names.map((name, i) => `applying ${name}, ${i + 1} of ${names.length}`),
    )
    const switched = await run(['migrate', '--to', url, '--profile', 'analytics', '--json', '--quiet'])
    expect(switched).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(switched.stdout)).toEqual({
      database: url.replace(/^.*@/, ''),
      dryRun: false,
      from: all.length,
      to: all.length,
      applied: ['analytics.sql'],
      profile: 'analytics',
    })
    const again = await run(['migrate', '--to', url])
    expect(again.stdout).toMatch(/: nothing to do\n {2}profile {4}analytics\n$/)
  })

  test('takes the database from the environment, and shows no password', async () => {
    const url = await serverDatabase({ migrated: false })
    const made = await run(['migrate', '--json'], { env: { DATABASE_URL: url } })
    expect(made.status).toBe(0)
    expect(JSON.parse(made.stdout)).toMatchObject({ database: url.replace(/^.*@/, ''), from: 0, profile: 'ingest' })
    expect(made.stdout + made.stderr).not.toContain(new URL(url).password || '://')
  })

  test('fails in one line when the server is away or does not let the user in', async () => {
    const away = await run(['migrate', '--to', 'postgres://u:Tr0ub4dor@127.0.0.1:1/d'])
    expect(away).toMatchObject({ status: 1, stdout: '' })
    expect(away.stderr).toMatch(
      /^experience-stream: no connection to 127\.0\.0\.1:1\/d: connect ECONNREFUSED [^\n]*\n$/,
    )
    const url = new URL(await serverDatabase({ migrated: false }))
    url.password = 'Tr0ub4dor'
    const refused = await run(['migrate', '--to', url.href])
    expect(refused.status).toBe(1)
    expect(refused.stderr).toMatch(/does not let the user in: password authentication failed for user "\w+"\n$/)
    expect(away.stderr + refused.stderr).not.toContain('Tr0ub4dor')
  })

  test('ends at Ctrl-C while it waits for another one, and leaves what is done', async () => {
    const url = await serverDatabase({ migrated: false })
    const { default: pg } = await import('pg')
    const { MIGRATION_LOCK } = await import('../../../src/postgres/sql/locks.js')
    const holder = new pg.Client({ connectionString: url })
    await holder.connect()
    await holder.query('SELECT pg_advisory_lock($1, 0)', [MIGRATION_LOCK])
    const child = start(['migrate', '--to', url])
    const ended = outcome(child)
    for (let waiting = 0; waiting === 0; ) {
      const { rowCount } = await holder.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
      waiting = rowCount ?? 0
    }
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ status: 130, stdout: '' })
    await holder.end()
    expect((await run(['migrate', '--to', url])).status).toBe(0)
  })
})
