import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { beforeAll, expect, test } from 'vitest'
import { compact } from '../../src/cli/compact.js'
import { InputError, UsageError } from '../../src/cli/errors.js'
import { exportEvents } from '../../src/cli/export.js'
import { sample } from '../../src/cli/sample.js'
import { tail } from '../../src/cli/tail.js'
import { verify } from '../../src/cli/verify.js'
import { formatOf } from '../../src/storage/cold/formats.node.js'
import { openHistory } from '../../src/storage/index.node.js'
import { json, type Kept, keep, newFolder } from './folders.js'
import { type IngestResult, ingest, outcome, run, start } from './run.js'

let kept: Kept

beforeAll(async () => {
  kept = await keep({ format: 'parquet' })
})

/** Sequence number and total of the goal rewards of everything in files, which ascends. */
async function read(
  extension: string,
  paths: string[],
): Promise<{ seqs: number[]; goal: number; metadata: unknown[] }> {
  const format = await formatOf(extension)
  const seqs: number[] = []
  const metadata: unknown[] = []
  let goal = 0
  for (const path of paths) {
    const file = await format.open(path)
    for await (const rows of file.rows({})) {
      seqs.push(...rows.seqs)
      metadata.push(...rows.metadata.values())
      const view = new DataView(rows.bytes.buffer, rows.bytes.byteOffset)
      for (let i = 0; i < rows.length; i++) goal += view.getFloat32(i * 128 + 116, true)
    }
    await file.close()
  }
  return { seqs, goal, metadata }
}

test('one file, or the files of a folder, have all events with the newest rewards and metadata', async () => {
  const all = Array.from({ length: kept.events }, (_, seq) => seq)
  const goal = kept.late.reduce((sum, seq) => sum + seq / 1024, 0)
  const metadata = [{ intentType: 'explore', parameters: { depth: [1, 2] } }]
  for (const extension of ['parquet', 'messagepack']) {
    const parent = newFolder()
    mkdirSync(parent)
    const file = join(parent, `events.${extension}`)
    const one = await json<{ bytes: number }>(['export', kept.directory, `--${extension}`, file])
    expect(one).toMatchObject({ format: extension, out: file, events: kept.events, files: 1, interrupted: false })
    expect(one.bytes).toBe(readFileSync(file).length)
    expect(await read(extension, [file])).toEqual({ seqs: all, goal, metadata })
    const folder = join(parent, 'folder')
    expect((await run(['export', kept.directory, `--${extension}`, folder])).stdout).toMatch(
      /folder: 3,001 events in 1 file, [\d.]+ kB\n$/,
    )
    expect(readdirSync(folder)).toEqual([`events-000000.${extension}`])
    expect(await read(extension, [join(folder, `events-000000.${extension}`)])).toEqual({ seqs: all, goal, metadata })
    expect(readdirSync(parent).sort()).toEqual([`events.${extension}`, 'folder'])
  }
})

test('lines of JSON can be ingested again', async () => {
  const file = newFolder()
  const told = await json<{ events: number }>(['export', kept.directory, '--ndjson', file])
  expect(told.events).toBe(kept.events)
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  expect(lines.length).toBe(kept.events)
  const last = JSON.parse(lines.at(-1) as string)
  expect(last).toMatchObject({
    seq: 3000,
    episodeId: String(2n ** 63n),
    metadata: { intentType: 'explore' },
    appraised: [],
  })
  expect(JSON.parse(lines[500] as string)).toMatchObject({ rewardGoal: 500 / 1024, appraised: ['goal'] })
  const back: IngestResult = await ingest([file, '--format', 'ndjson', '--appraisers', 'none'])
  expect([back.ingested, back.malformed]).toEqual([kept.events, 0])
})

test('events are chosen by time, episode and type', async () => {
  const history = await openHistory(kept.directory)
  const cases: [string[], object][] = [
    [['--from', '2024-10-04T12:00:00', '--to', '2024-10-05'], { from: 1_728_043_200e6, to: 1_728_086_400e6 }],
    [['--episode', '7'], { episodeId: 7n }],
    [['--type', 'ActionFailed,0xf001'], { types: [514, 0xf001] }],
    [
      ['--type', '513', '--type', '514', '--episode', '3', '--from', '1728000000000000'],
      { types: [513, 514], episodeId: 3n },
    ],
  ]
  for (const [args, filter] of cases) {
    const expected = await history.query(filter).toArray()
    expect(expected.length).toBeGreaterThan(0)
    const { status, stdout, stderr } = await run(['export', kept.directory, '--ndjson', '-', ...args])
    expect([status, stderr]).toEqual([0, ''])
    const seqs = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq)
    expect(seqs, args.join(' ')).toEqual(expected.map(({ seq }) => seq))
  }
  await history.close()
})

test('what exists is not replaced, and nothing is left of what failed', async () => {
  const parent = newFolder()
  mkdirSync(join(parent, 'full'), { recursive: true })
  writeFileSync(join(parent, 'full', 'x'), '')
  writeFileSync(join(parent, 'there.parquet'), 'mine')
  const cases: [string[], number, RegExp][] = [
    [['--parquet', join(parent, 'there.parquet')], 1, /there\.parquet: it exists already/],
    [['--ndjson', join(parent, 'there.parquet')], 1, /it exists already/],
    [['--parquet', join(parent, 'full')], 1, /the folder is not empty/],
    [['--messagepack', join(parent, 'there.parquet')], 1, /it is no folder/],
    [['--parquet', join(parent, 'none', 'a.parquet')], 1, /cannot write .*a\.parquet: there is no such file/],
    [['--ndjson', join(parent, 'a'), '--episode', '999999'], 1, /nothing was exported: .* has no such event/],
    [[], 2, /export needs one of --parquet OUT, --messagepack OUT, --ndjson OUT/],
    [['--parquet', 'a', '--ndjson', 'b'], 2, /one target, but was given --parquet and --ndjson/],
    [['--parquet', ''], 2, /--parquet is empty/],
    [['--ndjson', '-', '--json'], 2, /--json is not for --ndjson -/],
    [['--ndjson', '-', '--from', 'noon'], 2, /--from is "noon", expected a date/],
    [['--ndjson', '-', '--from', '2024-13-01'], 2, /--from is "2024-13-01"/],
    [['--ndjson', '-', '--episode', '-1'], 2, /--episode/],
    [
      ['--ndjson', '-', '--episode=18446744073709551616'],
      2,
      /--episode is "18446744073709551616", expected an integer/,
    ],
    [['--ndjson', '-', '--type', 'Nope'], 2, /--type is "Nope"/],
  ]
  const context = { out: { write: async () => {} }, err: process.stderr, signal: new AbortController().signal }
  for (const [args, status, message] of cases) {
    const refused = await exportEvents.run([kept.directory, ...args], context).catch((error) => error)
    expect(refused, args.join(' ')).toBeInstanceOf(status === 2 ? UsageError : InputError)
    expect(refused.message, args.join(' ')).toMatch(message)
  }
  const { status, stdout, stderr } = await run(['export', kept.directory])
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/^experience-stream: export needs one of .*\nTry experience-stream --help\.\n$/)
  expect(readFileSync(join(parent, 'there.parquet'), 'utf8')).toBe('mine')
  expect(readdirSync(parent).sort()).toEqual(['full', 'there.parquet'])
})

test('Ctrl-C ends an export in the middle with the status 130', async () => {
  // Several times what the pipe holds: the program stands still until the signal has been sent and somebody reads.
  const child = start(['export', kept.directory, '--ndjson', '-'])
  await once(child.stdout as Readable, 'readable')
  child.kill('SIGINT')
  const { status, stdout, stderr } = await outcome(child)
  expect([status, stderr]).toEqual([130, ''])
  expect(stdout.split('\n').length).toBeLessThan(kept.events)
})

test('Ctrl-C is seen between two batches, however fast the output takes them', async () => {
  const controller = new AbortController()
  let lines = 0
  const write = async (): Promise<void> => {
    if (lines++ === 0) setImmediate(() => controller.abort())
  }
  const context = { out: { write }, err: process.stderr, signal: controller.signal }
  expect(await exportEvents.run([kept.directory, '--ndjson', '-'], context)).toBe(130)
  expect(lines).toBe(1024)
})

test('a command that is stopped before it has begun leaves nothing behind and has the status 130', async () => {
  const parent = newFolder()
  mkdirSync(parent)
  const signal = AbortSignal.abort()
  let printed = ''
  const write = async (text: string): Promise<void> => {
    printed += text
  }
  const context = { out: { write }, err: process.stderr, signal }
  for (const extension of ['parquet', 'messagepack', 'ndjson']) {
    const file = join(parent, `a.${extension}`)
    expect(await exportEvents.run([kept.directory, `--${extension}`, file], context)).toBe(130)
    expect(printed).toContain(`${file}: 0 events in 0 files, 0 B, interrupted\n`)
  }
  printed = ''
  expect(await verify.run([kept.directory], context)).toBe(130)
  expect(await sample.run([kept.directory], context)).toBe(130)
  expect(await sample.run([kept.directory, '--by', 'reward'], context)).toBe(130)
  expect(await tail.run([kept.directory, '--json', '--follow'], context)).toBe(130)
  expect(printed).toBe('')
  expect(await compact.run([kept.directory], context)).toBe(130)
  expect(printed).toContain('interrupted')
  expect(readdirSync(parent)).toEqual([])
})
