import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { connectServer } from '../../../src/postgres/driver/server.js'
import { PostgresStore } from '../../../src/postgres/store/store.js'
import { FileColdStorage } from '../../../src/storage/index.node.js'
import { outcome, run, start } from '../../cli/run.js'
import { describeServer, serverDatabase } from '../support/databases.js'
import { contentsOf, madeDirectory, temporaryFolder } from './support.js'

async function printed(args: string[], env: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await run([...args, '--json'], { env })
  if (status !== 0 || stderr !== '') throw new Error(`status ${status}: ${stderr}`)
  return JSON.parse(stdout)
}

/** What a database holds. */
async function stored(url: string): Promise<object> {
  const driver = await connectServer(url)
  const found = await contentsOf(new PostgresStore(driver))
  await driver.close()
  return found
}

describeServer('moving by command', { timeout: 60_000 }, () => {
  test('a directory goes in, is told, and comes out in every form', async () => {
    const [url, directory, out] = [await serverDatabase(), await madeDirectory({ events: 5000 }), temporaryFolder()]
    const moved = await printed(['import', directory], { DATABASE_URL: url })
    expect(moved).toMatchObject({
      copied: 5000,
      missing: 0,
      interrupted: false,
      contents: { events: 5000, metadata: 5 },
    })
    expect(JSON.stringify(moved)).not.toContain(new URL(url).password || '://')
    const again = await run(['import', directory, '--to', url, '--no-verify'])
    expect(again.stdout).toMatch(/copied {5}0 events, 0 corrections of events that were there\n {2}verified {3}no\n/)

    const stats = await run(['stats', url])
    expect(stats.stdout).toMatch(/1 stream\n {2}schema {5}version \d+, profile ingest\n {2}stream/)
    expect(stats.stdout).toContain('5,000 events of 3 days, numbers 0 to 4999')
    expect(await printed(['stats'], { DATABASE_URL: url })).toMatchObject({
      streams: [{ events: 5000, archived: 0, checkpoint: { seq: 5000 }, origin: 'journal' }],
      days: [{ day: '2024-10-04', events: 1667, warm: true }, {}, {}],
    })

    const whole = await printed(['export', url, '--messagepack', join(out, 'cold')])
    expect(whole).toMatchObject({ copied: 5000, contents: moved.contents, to: join(out, 'cold') })
    expect(await printed(['export', url, '--messagepack', join(out, 'cold')])).toMatchObject({ copied: 0 })
    const reader = await FileColdStorage.read(join(out, 'cold'))
    expect(await contentsOf(reader)).toEqual(await stored(url))
    await reader.close()
    const one = await printed(['export', url, '--parquet', join(out, 'some.parquet'), '--type', 'ActionFailed'])
    expect(one).toMatchObject({ events: 1667, files: 1 })
    const loose = await printed(['import', join(out, 'some.parquet'), '--to', url])
    expect(loose).toMatchObject({ origin: 'direct', copied: 1667, startSeq: 1, endSeq: 5000 })
    const both = await run(['export', url, '--parquet', join(out, 'both')])
    expect([both.status, both.stderr]).toEqual([1, expect.stringContaining('the database has several streams')])
    const { streamId } = loose.identity as { streamId: string }
    expect(await printed(['export', url, '--stream', streamId, '--ndjson', join(out, 'lines')])).toMatchObject({
      events: 1667,
    })
  })

  test('an import that is killed again and again goes on, and everything is there once', async () => {
    const [url, directory] = [await serverDatabase(), await madeDirectory({ events: 40_000, capacity: 20_000 })]
    const driver = await connectServer(url)
    const store = new PostgresStore(driver)
    const seen: number[] = []
    let killed = 0
    for (let round = 0; round < 30; round++) {
      const child = start(['import', directory, '--to', url, '--no-verify', '--json'])
      const ended = outcome(child)
      const before = (await store.stored())?.checkpoint.seq ?? 0
      // Until it has committed something, and then at some moment behind it.
      while (child.exitCode === null && ((await store.stored())?.checkpoint.seq ?? 0) <= before) {
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      child.kill('SIGKILL')
      const { status, stderr } = await ended
      if (status === 0) break
      expect(stderr).toBe('')
      killed++
      seen.push((await store.stored())?.checkpoint.seq as number)
    }
    expect(killed).toBeGreaterThan(0)
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b))
    expect(await printed(['import', directory, '--to', url])).toMatchObject({ contents: { events: 40_000 } })
    const lines = join(temporaryFolder(), 'lines.ndjson')
    const child = start(['export', url, '--ndjson', lines])
    const ended = outcome(child)
    while (child.exitCode === null && !statSync(`${lines}.tmp`, { throwIfNoEntry: false })?.size) {
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    child.kill('SIGKILL')
    await ended
    expect([existsSync(lines), existsSync(`${lines}.tmp`)]).toEqual([false, true])
    await printed(['export', url, '--ndjson', lines])
    const seqs = readFileSync(lines, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).seq)
    expect(seqs).toEqual(Array.from({ length: 40_000 }, (_, seq) => seq))
    await store.close()
    await driver.close()
  })

  test('an export of lines that was stopped goes on behind the last whole line', async () => {
    const [url, directory, out] = [await serverDatabase(), await madeDirectory({ events: 3000 }), temporaryFolder()]
    await printed(['import', directory, '--to', url])
    const [whole, cut] = [join(out, 'whole.ndjson'), join(out, 'cut.ndjson')]
    await printed(['export', url, '--ndjson', whole])
    const text = readFileSync(whole)
    writeFileSync(`${cut}.tmp`, text.subarray(0, (text.length * 2) / 3))
    expect(await printed(['export', url, '--ndjson', cut])).toMatchObject({ events: 3000, bytes: text.length })
    expect([readFileSync(cut).equals(text), existsSync(`${cut}.tmp`)]).toEqual([true, false])
    const spoiled = join(out, 'spoiled.ndjson')
    writeFileSync(`${spoiled}.tmp`, text.subarray(text.indexOf(10) + 1, text.length / 2))
    const refused = await run(['export', url, '--ndjson', spoiled])
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('has 3000 events')])
    expect(existsSync(spoiled)).toBe(false)
  })

  test('Ctrl-C ends an import with status 130, and says that it can be gone on with', async () => {
    const [url, directory] = [await serverDatabase(), await madeDirectory({ events: 40_000, capacity: 20_000 })]
    const driver = await connectServer(url)
    const store = new PostgresStore(driver)
    const child = start(['import', directory, '--to', url])
    const ended = outcome(child)
    while (((await store.stored())?.checkpoint.seq ?? 0) === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    child.kill('SIGINT')
    const { status, stdout } = await ended
    expect([status, stdout]).toEqual([130, `${directory}: interrupted; run it again to go on\n`])
    await store.close()
    await driver.close()
  })

  test('a directory is compared with the database that follows it, and what differs is found', async () => {
    const [url, directory] = [await serverDatabase(), await madeDirectory({ events: 10_000, capacity: 500 })]
    const verified = async (status: number): Promise<Record<string, unknown>> => {
      const result = await run(['verify', directory, '--with', url, '--json'])
      expect([result.status, result.stderr]).toEqual([status, ''])
      return JSON.parse(result.stdout).database
    }
    expect(await verified(1)).toMatchObject({ equal: 0, pending: 10_000, findings: [{ kind: 'missing' }] })
    await printed(['import', directory, '--to', url])
    await madeDirectory({ directory, events: 500 })
    const { equal, onlyInDatabase, ...rest } = await verified(0)
    expect([Number(equal) + Number(onlyInDatabase), Number(onlyInDatabase) > 0]).toEqual([10_000, true])
    expect(rest).toMatchObject({ checkpoint: { seq: 10_000 }, pending: 500, findings: [] })
    const driver = await connectServer(url)
    await driver.query('UPDATE experience_events SET reward_goal = -1 WHERE sequence_number = 9765')
    expect(await verified(1)).toMatchObject({ findings: [{ kind: 'different' }] })
    await driver.query('DELETE FROM experience_events WHERE sequence_number = 12')
    expect(await verified(1)).toMatchObject({ findings: [{ kind: 'missing' }, { kind: 'different' }] })
    const told = await run(['verify', directory, '--with', url])
    expect(told.stdout).toMatch(/^.*: all is well\n.*: 2 faults\n.*MISSING .*DIFFERENT /s)
    await driver.close()
  })

  test('a damaged file is named, the rest of the stream is not touched', async () => {
    const [url, directory] = [await serverDatabase(), await madeDirectory({ events: 9000 })]
    const copy = temporaryFolder()
    cpSync(join(directory, 'cold'), copy, { recursive: true })
    const [day] = readdirSync(join(copy, 'events')).sort().slice(1)
    const [name] = readdirSync(join(copy, 'events', day as string)).sort()
    const path = join(copy, 'events', day as string, name as string)
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.fill(0xee, 2000, 2200))
    const { status, stderr } = await run(['import', copy, '--to', url])
    expect([status, stderr]).toEqual([1, expect.stringMatching(/events\/day=.* is damaged at byte \d+/)])
    await printed(['import', directory, '--to', url])
    expect(await stored(url)).toMatchObject({ seqs: { length: 9000 } })
  })

  test('what has no tables, no database, no server and no source is said in one line without a password', async () => {
    const [empty, url] = [await serverDatabase({ migrated: false }), await serverDatabase()]
    const directory = await madeDirectory({ events: 10 })
    const gone = new URL(url)
    gone.port = '1'
    gone.password = 'so-secret'
    const missing = new URL(url)
    missing.pathname = '/no_such_database'
    const refused = async (args: string[]): Promise<string> => {
      const { status, stdout, stderr } = await run(args)
      expect([status, stdout, stderr.split('\n').length]).toEqual([1, '', 2])
      expect(stderr).not.toContain('so-secret')
      return stderr
    }
    expect(await refused(['import', directory, '--to', empty])).toContain('experience-stream migrate')
    expect(await refused(['stats', gone.href])).toContain('no connection to')
    expect(await refused(['export', missing.href, '--parquet', temporaryFolder()])).toContain('no_such_database')
    expect(await refused(['import', join(directory, 'nothing'), '--to', url])).toContain('there is no such file')
    expect(await refused(['export', url, '--parquet', temporaryFolder()])).toContain('holds no stream')
  })
})

describe('command lines that are wrong', () => {
  test.each([
    ['import', 'import needs a directory or file'],
    ['import a b --to postgres://x', 'import takes one source'],
    ['import a', '--to URL is needed, or DATABASE_URL in the environment'],
    ['import a --to mysql://x', '--to URL is no URL of a database'],
    ['export a --stream x --ndjson -', '--stream is for databases'],
    ['export postgres://x postgres://y --ndjson -', 'export takes one database'],
    ['stats postgres://x b', 'stats takes one database'],
    ['verify a --archive b', '--archive is for --with URL'],
    ['verify a --with b', '--with URL is no URL of a database'],
  ])('%s', async (line, message) => {
    const { status, stderr } = await run(line.split(' '), { env: { DATABASE_URL: '' } })
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)])
  })
})
