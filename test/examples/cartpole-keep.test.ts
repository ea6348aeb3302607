/**
 * The CartPole example with --keep: the run outlives its process.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { AppraiserType, EventFlags, ExperienceStream } from 'experience-stream'
import { afterAll, expect, it } from 'vitest'
import { Contest } from '../../examples/cartpole/contest.js'
import { execute } from '../../examples/cartpole/example.js'
import { readMemory, writeMemory } from '../../examples/cartpole/keep/memory.js'
import { Learner } from '../../examples/cartpole/learner.js'
import { GreedyPolicy } from '../../examples/cartpole/policy.js'
import { Random } from '../../examples/cartpole/random.js'
import { SoloCrew } from '../../examples/cartpole/solo.js'
import { openExperienceStream, openHistory } from '../../src/storage/index.node.js'

const main = fileURLToPath(new URL('../../build/examples/cartpole/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'cartpole-keep-'))
const report = join(folder, 'report.html')
let made = 0

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  status: number
  out: string
  err: string
}

async function command(args: readonly string[], interrupts?: () => AbortSignal): Promise<Outcome> {
  let out = ''
  let err = ''
  const status = await execute([...args, '--report', report], {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    environment: {},
    ...(interrupts && { interrupts }),
  })
  return { status, out, err }
}

function newFolder(): string {
  return join(folder, String(made++))
}

/** Starts the command and resolves once it has told of its progress that often, first after a tenth of its steps. */
async function startedRun(
  directory: string,
  steps: number,
  lines: number,
): Promise<{ child: ChildProcess; ended: Promise<unknown> }> {
  const child = spawn(process.execPath, [main, '--keep', directory, '--steps', String(steps), '--report', report])
  const ended = new Promise((resolve) => child.on('exit', (status, signal) => resolve(status ?? signal)))
  let told = 0
  for await (const line of createInterface(child.stdout as Readable)) {
    if (line.includes('events/s') && ++told === lines) break
  }
  child.stdout?.resume()
  return { child, ended }
}

async function taken(directory: string): Promise<number> {
  const history = await openHistory(directory)
  const steps = await history.count()
  await history.close()
  return steps
}

it('goes on after kill -9 with the steps, episodes, rewards and weights of before', async () => {
  const directory = newFolder()
  const { child, ended } = await startedRun(directory, 4000, 2)
  child.kill('SIGKILL')
  expect(await ended).toBe('SIGKILL')
  const before = await taken(directory)
  // The journal is written every 64 steps.
  expect(before).toBeGreaterThanOrEqual(768)
  expect(before).toBeLessThan(4000)
  const learned = JSON.parse(readFileSync(join(directory, 'learner.json'), 'utf8'))
  expect(learned.memory.windows.length).toBeGreaterThan(0)

  const { status, out } = await command(['--keep', directory, '--steps', '4000', '--json'])
  expect(status).toBe(0)
  const result = JSON.parse(out)
  expect(result.audit.every((line: { holds: boolean }) => line.holds)).toBe(true)
  expect(result.learningCurve.at(-1)).toMatchObject({ step: 4000, evicted: 0, size: 4000 })
  expect(result.learningCurve[0]).toEqual(
    // As the first start had it.
    { ...learned.memory.windows[0], rewards: expect.any(Object) },
  )
  // Every update of the first start that was written down, and one for each step since; what was taken behind the last
  // window is not learned from a second time.
  const written = learned.memory.windows.at(-1).step
  expect(result.updates).toBe(4000 - Math.max(499, before) + Math.max(0, written - 499))

  // The experience: every step once, the run's clock without a hole, every event scored by all four.
  const history = await openHistory(directory)
  const events = await history.query().toArray()
  await history.close()
  expect(events.map(({ timestamp }) => timestamp)).toEqual(events.map((_, step) => step * 20_000))
  expect(events.every(({ flags }) => (flags & EventFlags.FULLY_APPRAISED) !== 0)).toBe(true)
  expect(events.some(({ rewardGoal }) => rewardGoal !== 0)).toBe(true)
  // The episode that was cut off is followed by a new one.
  expect(events[before]?.stepNumber).toBe(0)
  expect(events[before]?.episodeId).toBe((events[before - 1]?.episodeId ?? 0n) + 1n)
  const ends = events.filter(({ action }) => action[3] !== 0)
  expect(result.episodes.returns).toEqual(ends.map(({ stepNumber }) => stepNumber + 1))
}, 60_000)

it('stops at Ctrl-C, says how to go on, and leaves the directory free', async () => {
  const directory = newFolder()
  const { child, ended } = await startedRun(directory, 20_000, 1)
  let err = ''
  child.stderr?.on('data', (text) => {
    err += text
  })
  child.kill('SIGINT')
  expect(await ended).toBe(130)
  expect(err).toMatch(/^cartpole: stopped after [\d,]+ of 20,000 steps; the same command goes on\n$/)
  expect(existsSync(join(directory, 'LOCK'))).toBe(false)
  const steps = await taken(directory)
  expect(err).toContain(`after ${steps.toLocaleString('en-US')} of`)
  const learned = JSON.parse(readFileSync(join(directory, 'learner.json'), 'utf8'))
  expect(learned.memory.learner.updates).toBe(steps - 499)
}, 60_000)

it('loses nothing of the stream where the weights were not written down', async () => {
  const directory = newFolder()
  const controller = new AbortController()
  const stopped = command(['--keep', directory, '--steps', '3000'], () => controller.signal)
  setImmediate(() => controller.abort())
  expect((await stopped).status).toBe(130)
  const steps = await taken(directory)
  expect(steps).toBeGreaterThan(0)
  rmSync(join(directory, 'learner.json'))
  const refused = await command(['--keep', directory, '--steps', '3000'])
  expect(refused).toMatchObject({
    status: 1,
    err: `cartpole: ${directory} keeps a stream that is no run of this example\n`,
  })
  expect(await taken(directory)).toBe(steps)
})

it('learns as a run that is not kept does', async () => {
  const args = ['--steps', '900', '--seed', '5', '--json', '--no-compare']
  const kept = JSON.parse((await command([...args, '--keep', newFolder()])).out)
  const plain = JSON.parse((await command(args)).out)
  for (const part of ['final', 'learningCurve', 'episodes', 'checkpoints', 'updates', 'cellsSeen']) {
    expect(kept[part]).toEqual(plain[part])
  }
})

it('shows a run that is complete again, and refuses another one in its directory', async () => {
  const directory = newFolder()
  const first = JSON.parse((await command(['--keep', directory, '--steps', '600', '--json'])).out)
  const again = await command(['--keep', directory, '--steps', '600', '--json'])
  expect(again.err).toContain('going on after 600 steps')
  expect(JSON.parse(again.out)).toMatchObject({ final: first.final, episodes: first.episodes, updates: first.updates })
  const more = JSON.parse((await command(['--keep', directory, '--steps', '700', '--json'])).out)
  expect(more.learningCurve.at(-1).step).toBe(700)
  const cases: [string[], string][] = [
    [['--steps', '600'], `${directory} keeps 700 steps already, --steps asks for 600`],
    [['--steps', '700', '--seed', '2'], `${directory} keeps a run with --seed 1, not 2`],
    [['--steps', '700', '--no-learn'], `${directory} keeps a run without --no-learn`],
  ]
  for (const [args, message] of cases) {
    const { status, out, err } = await command(['--keep', directory, ...args, '--json'])
    expect([status, out]).toEqual([1, ''])
    expect(err.trimEnd().split('\n').at(-1)).toBe(`cartpole: ${message}`)
  }
  expect(readdirSync(directory).sort()).toEqual(['journal', 'learner.json'])
})

it('keeps every bit of what was learned', () => {
  const directory = newFolder()
  mkdirSync(directory)
  expect(readMemory(directory)).toBeUndefined()
  const stream = ExperienceStream.createSync({ capacity: 1000, seed: 1, priority: 'explicit' })
  const learner = new Learner(stream, 'prioritized', new Random(1, 'network'))
  const crew = new SoloCrew(stream, new GreedyPolicy(learner.online), 1)
  const contest = new Contest(1)
  const train = (pupil: Learner): void => {
    for (let i = 0; i < 50; i++) pupil.update(0.5)
  }
  for (let step = 1; step <= 200; step++) crew.advance(step)
  train(learner)
  contest.enter(200, learner.average.parameters)
  writeMemory(directory, { seed: 1, learn: true, windows: [], learner: learner.save(), contest: contest.save() })

  const memory = readMemory(directory)
  const [again, other] = [new Learner(stream, 'uniform', new Random(2, 'network')), new Contest(1)]
  if (memory !== undefined) again.restore(memory.learner)
  if (memory !== undefined) other.restore(memory.contest)
  expect(again.save()).toEqual(learner.save())
  expect(other.save()).toEqual(contest.save())
  expect(again.updates).toBe(50)
  expect(again.online.parameters).not.toEqual(again.target.parameters)
  expect(readdirSync(directory)).toEqual(['learner.json'])
})

it('refuses a directory that is in use, and threads', async () => {
  const directory = newFolder()
  const stream = await openExperienceStream({ directory, capacity: 10 })
  stream.setAppraiserReward(stream.writeEvent({}), AppraiserType.Goal, 1)
  const inUse = await command(['--keep', directory])
  expect(inUse.status).toBe(1)
  expect(inUse.err).toMatch(/^cartpole: .* is in use by another stream\n$/)
  await stream.close()
  const threads = await command(['--keep', directory, '--threads'])
  expect(threads).toEqual({
    status: 2,
    out: '',
    err: 'cartpole: --keep is for a run without --threads; --help lists the options\n',
  })
})
