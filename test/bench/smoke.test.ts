import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

interface Row {
  subject: string
  name: string
  phase: string
  median: number
  p10: number
  p90: number
  rounds: number
  goal: number | null
  limit: number | null
  limitKind: string
  pass: boolean | null
  includes: string
}

interface Results {
  quick: boolean
  environment: { node: string }
  crashed: { subject: string; message: string }[]
  rows: Row[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = join(root, 'build', 'bench', 'run.js')
const built = existsSync(program)
if (!built)
  console.warn('\nNO BENCHES: build/bench/run.js is missing, run `npm run build`; their smoke test is left out\n')

/** Some 15 s on two cores that are free; a slow machine with other suites beside it takes many times as long. */
const LIMIT_MS = 420_000
/** Characters of what a failing run printed last that a failure shows. */
const SHOWN = 4000

const THREADS = ['write', 'read', 'reward', 'pair', 'wake', 'mirror', 'cost', 'journal'].map(
  (name) => `threads-${name}`,
)
const ALONE = [
  'write',
  'batch',
  'fold',
  'read',
  'sample',
  'reward',
  'find',
  'subscribe',
  'peers',
  'journal',
  'followers',
  'parquet',
  'postgres',
]
const SUBJECTS = [...ALONE, ...THREADS]

/** Rows that design and report speak of, by what their names begin with, with their goals. */
const GOALS: [name: string, goal: number][] = [
  ['writer', 15],
  ['object, shared arrays', 40],
  ['object, fresh Float32Arrays', 60],
  ['writer, polled after every write', 22],
  ['writer, polled every 64 writes', 22],
  ['packed batch of 1024, copy alone', 1.2],
  ['packed batch of 1024, all checks', 2],
  ['reward, α = 1: per new event', 6],
  ['explicit, α = 0.6: per new event', 6],
  ['view, in order', 8],
  ['view, at random', 110],
  ['range of 1000 into a buffer, in order', 6],
  ['segments of 1000', 0.2],
  ['uniform 256, sequence numbers', 2],
  ['uniform 256, with records', 8],
  ['prioritized 256, α = 1, sequence numbers', 16],
  ['prioritized 256, α = 1, with records', 24],
  ["a learner's step, α = 1", 36],
  ['reward write, near the head', 20],
  ['reward write, at random', 40],
  ['count by type', 45],
  ['findSeqs by type', 500],
  ['findSeqs by type, a 200th type', 700],
  ['two writers, inside the module', 1000 / 90],
  ['two writers, batches inside the module', 1000 / 90],
  ['two writers, writer', 1000 / 90],
  ['two writers, packed batches', 1000 / 90],
  ['readRange of 1024, inside the module, in order', 12],
  ['read, inside the module, in order', 12],
  ['read, inside the module, at random', 12],
  ['queryRange of 1024, in order', 12],
  ['poll of 1024', 12],
  ['addReward, inside the module, near the head', 10],
  ['addReward, near the head', 10],
  ['inside the module, beside memory.copy', 2],
  ['inside the module, beside ringbuf.js', 0.25],
  ['writer, beside memory.copy', 2],
  ['writer, beside ringbuf.js', 0.25],
  ['packed batches, beside memory.copy', 2],
  ['packed batches, beside ringbuf.js', 0.25],
  ['wake-up by Atomics.waitAsync, p99', 1000],
  ['writer: cost of the journal', 10],
  ['journal, fdatasync per 1024 events', 1 / 0.6],
  ['journal, fdatasync per 1024 events: mean', 1 / 0.6],
  ['journal, fdatasync per 1024 events: p99', 1],
  ['cost of the journal in the same thread, process-crash', 70],
  ['recovery into prefaulted memory', 100],
  ['recovery, cold', 200],
  ['encode, ids v7', 1e9 / 700_000],
  ['encode, ids v4', 1e9 / 700_000],
  ['ids v7: bytes', 58],
  ['ids v4: bytes', 62],
  ['range by time', 20],
]

/** The same of what needs a PostgreSQL server; where none can run there are rows that say so. */
const SERVER_GOALS: [name: string, goal: number][] = [
  ['following, ingest, ids v7', 1e9 / 300_000],
  ['following, ingest, ids v4', 1e9 / 190_000],
  ['bytes, ingest, ids v7', 250],
  ['bytes, ingest, ids v4', 250],
  ['following, analytics, ids v7', 1e9 / 140_000],
  ['ingest, range by time, 8192 events', 13],
  ['ingest, one episode', 1],
  ['analytics, latest 1000', 3],
  ['analytics, top 1000 by reward', 3],
  ['corrections, ingest', 1e9 / 50_000],
  ['writeEvent while a backend follows, p99', 1],
]

describe.skipIf(!built)('the benches, run quickly', () => {
  const folder = mkdtempSync(join(tmpdir(), 'experience-stream-bench-'))
  const json = join(folder, 'results.json')
  const markdown = join(folder, 'report.md')
  let status: number | null = null
  let report = ''
  let results: Results

  beforeAll(() => {
    const only = [...ALONE, 'threads'].join(',')
    const args = [program, '--quick', '--only', only, '--json', json, '--markdown', markdown]
    const run = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: LIMIT_MS })
    status = run.status
    report = run.stdout
    if (!existsSync(json)) {
      const { error, signal, stderr, stdout } = run
      const end = error?.message ?? `status ${status}, signal ${signal}`
      throw new Error(`no results (${end})\n${stderr.slice(-SHOWN)}\n${stdout.slice(-SHOWN)}`)
    }
    results = JSON.parse(readFileSync(json, 'utf8')) as Results
  }, LIMIT_MS + 30_000)

  afterAll(() => rmSync(folder, { recursive: true }))

  test('no subject crashes, and the exit status is 0', () => {
    expect(results.crashed).toEqual([])
    expect(status, report.slice(-SHOWN)).toBe(0)
  })

  test('every subject gives rows, those of the family of threads too, and every row is complete', () => {
    expect([...new Set(results.rows.map((row) => row.subject))]).toEqual(SUBJECTS)
    for (const row of results.rows) {
      const where = `${row.subject}: ${row.name}`
      expect(row.includes, where).not.toBe('')
      expect(row.rounds, where).toBeGreaterThan(0)
      expect(row.median, where).toBeGreaterThanOrEqual(row.p10)
      expect(row.median, where).toBeLessThanOrEqual(row.p90)
      expect(['goal', 'times floor', 'exact', 'none'], where).toContain(row.limitKind)
      expect(row.limit === null, where).toBe(row.limitKind === 'none')
    }
  })

  test.each(GOALS)('%s has the goal %d', (name, goal) => {
    expect(results.rows.find((row) => row.name === name)?.goal).toBe(goal)
  })

  test.each(SERVER_GOALS)('%s has the goal %d, or there is no server', (name, goal) => {
    const rows = results.rows.filter(({ subject }) => subject === 'postgres')
    const missing = rows.filter((row) => row.name.endsWith('not measured, there is no server'))
    const reason = missing.map(({ includes }) => includes).join()
    if (missing.length > 0) return expect(reason).not.toBe('')
    expect(rows.find((row) => row.name === name)?.goal).toBe(goal)
  })

  test('a quick run judges nothing', () => {
    expect(results.quick).toBe(true)
    expect(results.rows.filter((row) => row.pass !== null)).toEqual([])
  })

  test('a name stands for one figure of a subject; floors are timed in each of its processes', () => {
    const figures = results.rows.filter((row) => !row.name.startsWith('floor: '))
    const names = figures.map((row) => `${row.subject}: ${row.name}, ${row.phase}`)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })

  test('the report shows every row, as text and as Markdown', () => {
    const tables = readFileSync(markdown, 'utf8')
    for (const { name } of results.rows) {
      expect(report).toContain(name)
      expect(tables).toContain(name)
    }
  })

  test('an unknown option and an unknown subject are named, with status 2', () => {
    for (const args of [['--nonsense'], ['--only', 'nonsense']]) {
      const run = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })
      expect(run.status).toBe(2)
      expect(run.stderr).toContain('nonsense')
      expect(run.stdout).toBe('')
    }
  })
})
