import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.js'
import { UsageError } from '../../src/cli/errors.js'
import type { Verification } from '../../src/cli/verification.js'
import { AppraiserType, type ExperienceEventJSON } from '../../src/index.js'
import { openExperienceStream } from '../../src/storage/index.node.js'
import { json, keep, newFolder } from './folders.js'
import { logLine, outcome, run, start } from './run.js'

interface Sampled {
  population: number
  window: { startSeq: number; endSeq: number }
  samples: { seq: number; probability: number; event: ExperienceEventJSON }[]
}

test('uniform samples are drawn from everything, by seed, whichever files hold it', async () => {
  const { directory, events } = await keep({ events: 20_000, segmentBytes: 2 ** 20 })
  const args = ['sample', directory, '--size', '2000', '--seed', '7']
  const first = await json<Sampled>(args)
  expect(first.population).toBe(events)
  expect(first.samples.length).toBe(2000)
  expect(new Set(first.samples.map(({ seq }) => seq)).size).toBe(2000)
  expect(first.samples.every(({ probability }) => probability === 1 / events)).toBe(true)
  const mean = first.samples.reduce((sum, { seq }) => sum + seq, 0) / 2000
  // Five standard errors of a mean of numbers that are uniform.
  expect(Math.abs(mean - events / 2)).toBeLessThan((5 * events) / Math.sqrt(12 * 2000))
  expect(await json<Sampled>(args)).toEqual(first)
  const typed = await json<Sampled>(['sample', directory, '--by', 'type', '--type', '0xf001', '--size', '50'])
  expect(typed.population).toBe(6666)
  expect(typed.samples.every(({ event }) => event.eventType === 0xf001)).toBe(true)
  const recent = await json<Sampled>(['sample', directory, '--by', 'recent', '--size', '5'])
  expect(recent.samples.map(({ seq }) => seq)).toEqual([19_996, 19_997, 19_998, 19_999, 20_000])
})

test('samples by reward are drawn from the newest window, and say so', async () => {
  const { directory } = await keep()
  const drawn = await json<Sampled>(['sample', directory, '--by', 'reward', '--size', '100'])
  expect(drawn.window).toEqual({ startSeq: 2001, endSeq: 3001 })
  expect(drawn.population).toBe(1000)
  expect(drawn.samples.every(({ seq }) => seq >= 2990 && seq < 3000)).toBe(true)
  expect(drawn.samples.every(({ probability }) => Math.abs(probability - 0.1) < 1e-12)).toBe(true)
  const { status, stdout, stderr } = await run(['sample', directory, '--by', 'reward', '--size', '2', '--alpha', '0'])
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/: 2 of 1,000 events, the newest window, 2001 to 3000, by reward, seed 1\n +seq +probability/)
  expect(stdout).toMatch(/ {2}1\.000e-3 {2}/)
})

test('options of sample and tail that are wrong are refused', async () => {
  const cases: [[string, ...string[]], RegExp][] = [
    [['sample'], /sample needs the directory of a stream/],
    [['sample', 'a', 'b'], /takes one directory, but was given a and b/],
    [['sample', 'a', '--by', 'luck'], /--by is "luck"/],
    [['sample', 'a', '--size', '0'], /--size is "0", expected an integer from 1 to 1000000/],
    [['sample', 'a', '--by', 'type'], /--by type needs --type CODE/],
    [['tail', 'a', '-n', '70000'], /--lines is "70000", expected an integer from 0 to 65536/],
    [['tail', ''], /the name of the directory is empty/],
    [['stats', 'a', '--frobnicate'], /unknown option '--frobnicate'/],
    [['verify'], /verify needs the directory/],
    [['compact'], /compact needs the directory/],
  ]
  const context = { out: { write: async () => {} }, err: process.stderr, signal: new AbortController().signal }
  for (const [[name, ...args], message] of cases) {
    const command = await COMMANDS.find((known) => known.name === name)?.load()
    const refused = await command?.run(args, context).catch((error) => error)
    expect(refused, args.join(' ')).toBeInstanceOf(UsageError)
    expect(refused.message, args.join(' ')).toMatch(message)
  }
})

test('every command has a help of at most 120 columns', async () => {
  for (const { name, load } of COMMANDS.filter((command) => command.name !== 'ingest')) {
    const { help } = await load()
    expect(help).toMatch(new RegExp(`^Usage: experience-stream ${name}[ \\n]`))
    expect(help).toMatch(/Exit status: 0[;, ]/)
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
  }
  const { status, stdout, stderr } = await run(['verify', '--json', '--help'])
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^Usage: experience-stream verify DIR/)
})

test('tail prints the newest events, all or those of a type', async () => {
  const { directory } = await keep()
  const { status, stdout, stderr } = await run(['tail', directory, '-n', '2'])
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(
    /^ +seq {2}time +type +step +reward {2}episode\n +2999 .*0\.5000 {2}29\n +3000 .* 9223372036854775808\n$/,
  )
  const typed = await run(['tail', directory, '--type', 'ActionFailed', '--json', '--lines', '3'])
  const seqs = typed.stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { seq: number }).seq)
  expect(seqs).toEqual([2992, 2995, 2998])
  expect((await run(['tail', directory, '-n', '0', '--json'])).stdout).toBe('')
})

test('tail --follow prints what another process journals, until Ctrl-C', async () => {
  const directory = newFolder()
  const stream = await openExperienceStream({ directory, capacity: 100 })
  stream.writeEvent({ stepNumber: 1 })
  await stream.durable()
  const child = start(['tail', directory, '--follow', '--json'])
  const ended = outcome(child)
  const lines = createInterface(child.stdout as Readable)[Symbol.asyncIterator]()
  const step = async (): Promise<number> =>
    (JSON.parse((await lines.next()).value) as { stepNumber: number }).stepNumber
  expect(await step()).toBe(1)
  for (const stepNumber of [2, 3]) {
    stream.writeEvent({ stepNumber })
    await stream.durable()
    expect(await step()).toBe(stepNumber)
  }
  // More than the ring holds, in one go.
  for (let i = 4; i < 400; i++) stream.writeEvent({ stepNumber: i })
  await stream.durable()
  for (let i = 4; i < 400; i++) expect(await step()).toBe(i)
  child.kill('SIGINT')
  const { status, stderr } = await ended
  expect([status, stderr]).toEqual([130, ''])
  await stream.close()
})

test('compact joins files, folds in what came late, and changes nothing else', async () => {
  const { directory, events } = await keep()
  const before = await json<Verification>(['verify', directory])
  expect(before.files?.corrections).toBeGreaterThan(0)
  const told = await json<{ of: number; done: number; filesRead: number; corrections: number }>(['compact', directory])
  expect(told.done).toBe(told.of)
  expect(told.filesRead).toBeGreaterThan(1)
  expect(told.corrections).toBeGreaterThan(0)
  const after = await json<Verification>(['verify', directory])
  expect(after).toMatchObject({ findings: [], equal: events, files: { events, corrections: 0, files: 3 } })
  const { status, stdout, stderr } = await run(['compact', directory])
  expect([status, stderr, stdout]).toEqual([0, '', `${directory}: nothing to do\n`])
})

test('files that are open, or not there, are not compacted', async () => {
  const none = await keep()
  rmSync(join(none.directory, 'cold'), { recursive: true })
  const absent = await run(['compact', none.directory])
  expect([absent.status, absent.stdout]).toEqual([1, ''])
  expect(absent.stderr).toMatch(/has no files: there is no .*MANIFEST\n$/)
  const { directory } = await keep({ events: 10 })
  const child = start(['ingest', '-', '--format', 'log', '--into', directory, '--store', 'messagepack'])
  const ended = outcome(child)
  await new Promise((resolve) => child.stdin?.write(logLine('192.0.2.1', 1).repeat(20_000), resolve))
  const busy = await run(['compact', directory])
  expect(busy.status).toBe(1)
  expect(busy.stderr).toMatch(/cold is in use by process \d+\n$/)
  child.stdin?.end()
  expect((await ended).status).toBe(0)
})

test('a sample shows late rewards of events that only files hold', async () => {
  const { directory, late } = await keep({ events: 20_000, segmentBytes: 2 ** 20 })
  const { samples } = await json<Sampled>(['sample', directory, '--size', '20001'])
  for (const seq of late) {
    expect(samples.find((drawn) => drawn.seq === seq)?.event.rewardGoal).toBe(seq / 1024)
  }
  expect(AppraiserType.Goal).toBe(3)
})
