/**
 * The CartPole example with threads: the built command, what it accounts for, and how it ends when a thread fails.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { execute } from '../../examples/cartpole/example.js'
import type { Scripts } from '../../examples/cartpole/threads/scripts.js'

/** A run takes seconds on an idle machine; this is for a busy one. */
const PATIENCE = 120_000

const built = new URL('../../build/examples/cartpole/', import.meta.url)
const main = fileURLToPath(new URL('main.js', built))
const scripts: Scripts = {
  environment: new URL('threads/environment.js', built),
  appraiser: new URL('threads/appraiser.js', built),
}
const folder = mkdtempSync(join(tmpdir(), 'cartpole-threads-'))
const report = join(folder, 'report.html')

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  status: number | null
  signal: NodeJS.Signals | null
  out: string
  err: string
}

/** Runs the built command; `onOutput` is told of everything that it prints, with what ends it by an interrupt. */
async function command(args: readonly string[], onOutput = (_out: string, _interrupt: () => void) => {}) {
  const child = spawn(process.execPath, [main, ...args, '--report', report], { stdio: ['ignore', 'pipe', 'pipe'] })
  const outcome: Outcome = { status: null, signal: null, out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    outcome.out += text
    onOutput(outcome.out, () => child.kill('SIGINT'))
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    outcome.err += text
  })
  const [status, signal] = await once(child, 'close')
  return { ...outcome, status, signal }
}

/** The command in this process, with other programs for its threads. */
async function executed(args: readonly string[], replaced: Partial<Scripts>) {
  let err = ''
  const status = await execute([...args, '--report', report], {
    stdout: { write: () => true },
    stderr: { write: (text) => (err += text) },
    environment: {},
    scripts: { ...scripts, ...replaced },
  })
  return { status, err }
}

interface Line {
  law: string
  figures: string
  holds: boolean
}

describe('--threads', () => {
  it(
    'shows what the plain run shows, says which threads there are, and ends with status 0',
    async () => {
      const { status, out, err } = await command(['--threads', '--steps', '1200'])
      expect({ status, err }).toEqual({ status: 0, err: '' })
      expect(out).toMatch(/^[\x20-\x7e\n]+$/)
      expect(out).toMatch(/step +1,200 +return +[\d.]+ +[\d,]+ events\/s +fill +\d+% +missed 0 +explore +\d+%/)
      for (const part of [
        'threads: 2 environments, 4 appraisers, and the learner',
        'Frozen greedy policy, 100 fresh starts',
        'Highest-priority experiences',
        'Prioritized and uniform sampling, same seed and budget',
        'claimed = readable + evicted + aborted',
        '1,200 = 1,200 + 0 + 0',
        report,
      ]) {
        expect(out).toContain(part)
      }
      expect(out).not.toContain('BROKEN')
      const html = readFileSync(report, 'utf8')
      expect(html).toContain('Threads: 2 environments, 4 appraisers, and the learner.')
      expect(html.match(/<svg /g)?.length).toBe(7)
      expect(html).not.toMatch(/NaN|Infinity|undefined/)
    },
    PATIENCE,
  )

  it.each([1, 3, 8])(
    'accounts for every event of %i environments after the ring has wrapped',
    async (environments) => {
      const { status, out } = await command([`--threads=${environments}`, '--no-learn', '--json', '--steps', '7234'])
      expect(status).toBe(0)
      const { audit, episodes, cellsSeen, learningCurve, settings } = JSON.parse(out)
      expect(settings.threads).toBe(environments)
      expect(audit.filter((line: Line) => !line.holds)).toEqual([])
      expect(audit.map(({ law, figures }: Line) => `${law}: ${figures}`)).toEqual([
        'claimed = readable + evicted + aborted: 7,234 = 6,000 + 1,234 + 0',
        'pending = 0: 0 = 0',
        'written = readable + evicted: 7,234 = 6,000 + 1,234',
        'written = fully appraised: 7,234 = 7,234',
        '4 x written = rewards applied: 28,936 = 28,936',
        'late writes = late priorities: 0 = 0',
        ...['homeostasis', 'curiosity', 'efficiency', 'goal'].map(
          (name) => `${name}: position - from = received + filtered + missed + aborted: 7,234 = 7,234 + 0 + 0 + 0`,
        ),
      ])
      // Each step belongs to one episode; what has not ended in an environment is shorter than an episode can be.
      const ended = episodes.returns.reduce((sum: number, length: number) => sum + length, 0)
      expect(ended).toBeLessThanOrEqual(7234)
      expect(ended).toBeGreaterThan(7234 - environments * 500)
      expect(new Set(episodes.endedAt).size).toBe(episodes.endedAt.length)
      expect(Math.max(...episodes.endedAt)).toBeLessThanOrEqual(7234)
      expect(cellsSeen).toBeGreaterThan(50)
      expect(learningCurve.at(-1)).toMatchObject({ step: 7234, size: 6000, evicted: 1234, missed: 0 })
    },
    PATIENCE,
  )

  it(
    'does with one environment that learns nothing exactly what one thread does',
    async () => {
      const args = ['--no-learn', '--json', '--steps', '3000', '--seed', '5']
      const [plain, threaded] = [await command(args), await command([...args, '--threads', '1'])].map(({ out }) => {
        const { episodes, final, checkpoints, cellsSeen, learningCurve } = JSON.parse(out)
        const rewards = learningCurve.map((window: { rewards: unknown }) => window.rewards)
        return { episodes, final, checkpoints, cellsSeen, rewards }
      })
      expect(plain.rewards[9].goal).toBeGreaterThan(0.05)
      expect(threaded).toEqual(plain)
    },
    PATIENCE,
  )

  it(
    'learns what it does not know without learning, and acts on what it has learned',
    async () => {
      const [learned, control] = [
        await command(['--threads', '--no-compare', '--json']),
        await command(['--threads', '--no-learn', '--json', '--steps', '4000']),
      ].map(({ out }) => JSON.parse(out))
      expect(learned.final.lengths).toHaveLength(100)
      // Forty runs of ten seeds ended between 484 and 500; no two replay, so there is room below.
      expect(learned.final.mean).toBeGreaterThan(400)
      expect(learned.learningCurve.at(-1).meanReturn).toBeGreaterThan(150)
      expect(learned.updates).toBe(12_000 - 499)
      expect(learned.audit.filter((line: Line) => !line.holds)).toEqual([])
      expect(control.final.mean).toBeLessThan(60)
      expect(control.updates).toBe(0)
    },
    PATIENCE,
  )

  it(
    'ends by an interrupt in the middle of a run',
    async () => {
      const { signal, out } = await command(['--threads'], (text, interrupt) => {
        if (text.includes('step ')) interrupt()
      })
      expect(signal).toBe('SIGINT')
      expect(out).not.toContain('Conservation audit')
    },
    PATIENCE,
  )
})

describe('a thread that fails', () => {
  it(
    'ends the run with status 1 and its error on stderr, also with numbers claimed that nobody will write',
    async () => {
      const environment = new URL('threads/failing-environment.mjs', import.meta.url)
      expect(await executed(['--threads', '1'], { environment })).toEqual({
        status: 1,
        err: 'cartpole: environment 1 failed: the pole broke\n',
      })
    },
    PATIENCE,
  )

  it(
    'is found out also when it ends without an error before its work is done',
    async () => {
      const appraiser = new URL('data:text/javascript,process.exit(3)')
      const { status, err } = await executed(['--threads', '2'], { appraiser })
      expect(status).toBe(1)
      expect(err).toMatch(/^cartpole: \w+ appraiser ended before its work was done, with status 3\n$/)
    },
    PATIENCE,
  )
})
