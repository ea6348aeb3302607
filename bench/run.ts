/**
 * The benches: runs every subject in a process of its own, one after the other, and reports.
 *
 * The exit status is 0 unless a subject crashed, or, with `--strict`, a figure is beyond its limit. `--help` lists the
 * options.
 *
 * @module
 */

import { fork } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BenchOptions, parseOptions, USAGE } from './harness/options.js'
import { markdownReport, textReport } from './harness/report.js'
import type { Environment, Results, Row } from './harness/row.js'
import type { Answer, Job } from './harness/subject.js'

const CAPACITIES = [1_000_000, 2 ** 20]
const QUICK_CAPACITY = 1 << 14
/** The subjects with their variants, each a process; those in `ONCE` run at the first capacity only. */
const SUBJECTS: Record<string, readonly (string | undefined)[]> = {
  write: [undefined, 'writer, ids v7', 'writer, precise clock', 'writer, amortized clock', 'first lap'],
  batch: [undefined],
  fold: ['reward, α = 1', 'reward, α = 0.6', 'explicit, α = 1', 'explicit, α = 0.6', 'changes'],
  read: [undefined],
  sample: ['uniform', 'prioritized, α = 1', 'prioritized, α = 0.6', 'learner, α = 1', 'learner, α = 0.6', 'others'],
  reward: [undefined],
  find: ['type', 'a 200th type', 'others'],
  subscribe: ['every write', 'every 64', 'object', 'for await'],
  peers: [
    'experience-stream, object',
    'experience-stream, writer',
    'plain array ring',
    'EventEmitter + array',
    'eventemitter3 + array',
    'mitt + array',
    'denque',
    'mnemonist CircularBuffer',
    'RxJS ReplaySubject',
    'tfjs ReplayMemory',
  ],
  journal: ['syncs', 'same thread', 'recovery'],
  followers: ['rate', 'history', 'memory'],
  parquet: [undefined],
  postgres: ['ingest', 'analytics', 'queries', 'corrections', 'enqueue', 'PGlite'],
  'threads-write': ['inside the module', 'batches inside the module', 'writer', 'packed batches'],
  'threads-read': [undefined],
  'threads-reward': [undefined],
  'threads-pair': ['inside the module', 'writer', 'packed batches'],
  'threads-wake': ['Atomics.waitAsync', 'looking every ms'],
  'threads-mirror': [undefined],
  'threads-cost': ['write', 'read', 'sample'],
  'threads-journal': [undefined],
}
const ONCE: Record<string, readonly string[] | 'all'> = {
  write: ['writer, ids v7', 'writer, precise clock', 'writer, amortized clock', 'first lap'],
  fold: ['changes'],
  sample: ['learner, α = 0.6', 'others'],
  find: ['others'],
  subscribe: ['object', 'for await'],
  peers: 'all',
  journal: 'all',
  followers: 'all',
  parquet: 'all',
  postgres: 'all',
  'threads-write': 'all',
  'threads-read': 'all',
  'threads-reward': 'all',
  'threads-pair': 'all',
  'threads-wake': 'all',
  'threads-mirror': 'all',
  'threads-cost': 'all',
  'threads-journal': 'all',
}
const MARKS = ['<!-- results -->', '<!-- /results -->'] as const
const FLOORS = new URL('./floors.wasm', import.meta.url)
const SHARED_FLOORS = new URL('./floors-shared.wasm', import.meta.url)

/** Whether `wanted` is the subject or the family whose name it begins with. */
function isMeant(subject: string, wanted: string): boolean {
  return subject === wanted || subject.startsWith(`${wanted}-`)
}

function jobs(options: BenchOptions): Job[] {
  const { quick } = options
  const names = Object.keys(SUBJECTS)
  const unknown = options.only?.find((wanted) => !names.some((subject) => isMeant(subject, wanted)))
  if (unknown !== undefined) throw new Error(`--only takes ${names.join(', ')}, got ${unknown}`)
  const capacities = options.capacities ?? (quick ? [QUICK_CAPACITY] : CAPACITIES)
  const floors = FLOORS.href
  const sharedFloors = SHARED_FLOORS.href
  const list: Job[] = []
  for (const [subject, variants] of Object.entries(SUBJECTS)) {
    if (options.only && !options.only.some((wanted) => isMeant(subject, wanted))) continue
    const once = ONCE[subject] ?? []
    capacities.forEach((capacity, turn) => {
      for (const variant of variants) {
        if (turn > 0 && (once === 'all' || (variant !== undefined && once.includes(variant)))) continue
        list.push({ subject, variant, capacity, quick, floors, sharedFloors })
      }
    })
  }
  return list
}

function title({ subject, variant }: Job): string {
  return variant === undefined ? subject : `${subject}: ${variant}`
}

/** Runs a job in a fresh process. */
function run(job: Job): Promise<Answer> {
  const program = fileURLToPath(new URL(`./subjects/${job.subject}.js`, import.meta.url))
  return new Promise((resolve) => {
    const child = fork(program, [JSON.stringify(job)], { execArgv: ['--expose-gc'] })
    let answer: Answer | undefined
    child.on('message', (message) => {
      answer = message as Answer
      child.disconnect()
    })
    child.on('exit', (code, signal) => {
      resolve(answer ?? { message: `the process ended without an answer (status ${code}, signal ${signal})` })
    })
  })
}

function environment(): Environment {
  const [cpu] = cpus()
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: cpus().length,
    loadAverage: loadavg()[0] ?? 0,
    date: new Date().toISOString().slice(0, 10),
  }
}

function writeMarkdown(file: string, text: string): void {
  const present = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const start = present.indexOf(MARKS[0])
  const end = present.indexOf(MARKS[1])
  if (start < 0 || end < start) writeFileSync(file, text)
  else writeFileSync(file, `${present.slice(0, start + MARKS[0].length)}\n${text}${present.slice(end)}`)
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2))
  if (options === 'help') {
    process.stdout.write(USAGE)
    return 0
  }
  const start = performance.now()
  const todo = jobs(options)
  // The compiler is large: a wrong option should not wait for it.
  const { compileFloors } = await import('./harness/compile-floors.js')
  await compileFloors(FLOORS, false)
  await compileFloors(SHARED_FLOORS, true)
  const rows: Row[] = []
  const crashed: Results['crashed'] = []
  const before = environment()
  const answers: Answer[] = []
  let at = 0
  const lane = async (): Promise<void> => {
    for (let i = at++; i < todo.length; i = at++) {
      const job = todo[i]
      if (!job) return
      process.stderr.write(`${title(job)}, ${job.capacity} events\n`)
      answers[i] = await run(job)
    }
  }
  // Subjects that are to be compared have the machine for themselves.
  await Promise.all(Array.from({ length: options.quick ? availableParallelism() : 1 }, lane))
  todo.forEach((job, i) => {
    const answer = answers[i]
    if (answer && 'rows' in answer) rows.push(...answer.rows)
    else crashed.push({ subject: title(job), message: answer?.message ?? 'it did not run' })
  })
  const seconds = (performance.now() - start) / 1000
  const results: Results = { environment: before, quick: options.quick, seconds, rows, crashed }
  const json = options.json ?? fileURLToPath(new URL('./results.json', import.meta.url))
  mkdirSync(dirname(json), { recursive: true })
  writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`)
  process.stdout.write(textReport(results))
  if (options.markdown !== undefined) writeMarkdown(options.markdown, markdownReport(results))
  if (crashed.length > 0) return 1
  return options.strict && rows.some((row) => row.pass === false) ? 1 : 0
}

main().then(
  (status) => {
    process.exitCode = status
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
  },
)
