/**
 * The CartPole example as a command: flags, output with and without a terminal, and the report.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drawChart } from '../../examples/cartpole/chart.js'
import { execute } from '../../examples/cartpole/example.js'
import { parseOptions, UsageError } from '../../examples/cartpole/options.js'

const folder = mkdtempSync(join(tmpdir(), 'cartpole-'))
const report = join(folder, 'report.html')

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  status: number
  out: string
  err: string
}

async function command(args: readonly string[], isTTY = false, environment = {}): Promise<Outcome> {
  let out = ''
  let err = ''
  const status = await execute(args, {
    stdout: { write: (text) => (out += text), isTTY, columns: 90 },
    stderr: { write: (text) => (err += text) },
    environment,
  })
  return { status, out, err }
}

describe('without a terminal', () => {
  let outcome: Outcome
  let html: string

  beforeAll(async () => {
    outcome = await command(['--seed', '4', '--steps', '1200', '--report', report])
    html = readFileSync(report, 'utf8')
  })

  it('prints plain ASCII lines: no escape code, no carriage return', () => {
    expect(outcome.status).toBe(0)
    expect(outcome.err).toBe('')
    expect(outcome.out).toMatch(/^[\x20-\x7e\n]+$/)
  })

  it('shows progress, verdict, curve, experiences, comparison and audit', () => {
    expect(outcome.out).toMatch(/step +1,200 +return +[\d.]+ +[\d,]+ events\/s +fill +20% +missed 0 +explore +\d+%/)
    for (const part of [
      'Frozen greedy policy, 100 fresh starts',
      'Learning curve: return over steps',
      'Highest-priority experiences',
      'Prioritized and uniform sampling, same seed and budget',
      'written = readable + evicted',
      '1,200 = 1,200 + 0',
      report,
    ]) {
      expect(outcome.out).toContain(part)
    }
    expect(outcome.out).not.toContain('BROKEN')
  })

  it('writes a report that refers to nothing outside itself', () => {
    expect(html).toMatch(/^<!doctype html>/)
    expect(html).not.toMatch(/https?:|\/\/[a-z]|@import|url\(|<link|<img|<iframe|\bsrc=|\bhref=|fetch\(|import\(/i)
  })

  it('writes a report with its plots, numbers that are all finite, and balanced elements', () => {
    expect(html.match(/<svg /g)?.length).toBe(7)
    expect(html).not.toMatch(/NaN|Infinity|undefined/)
    for (const element of ['svg', 'section', 'table', 'tr', 'div', 'script', 'style', 'main']) {
      const opened = html.match(new RegExp(`<${element}[ >]`, 'g'))?.length
      expect(html.match(new RegExp(`</${element}>`, 'g'))?.length).toBe(opened)
    }
    expect(html).toContain('prefers-color-scheme: dark')
    expect(() => new Function(html.slice(html.indexOf('<script>') + 8, html.indexOf('</script>')))).not.toThrow()
  })
})

describe('on a terminal', () => {
  it('redraws its progress line, uses colours, and respects NO_COLOR', async () => {
    const args = ['--steps', '60', '--report', report]
    const coloured = await command(args, true)
    expect(coloured.out).toContain('\r\x1b[K')
    expect(coloured.out).toContain('\x1b[1m')
    const uncoloured = await command(args, true, { NO_COLOR: '1' })
    expect(uncoloured.out.replaceAll('\x1b[K', '')).not.toContain('\x1b')
    const dumb = await command(args, true, { TERM: 'dumb' })
    expect(dumb.out).toMatch(/^[\x20-\x7e\n]+$/)
  })
})

describe('--json', () => {
  it('prints one object on stdout, the same for the same seed but for times, and progress on stderr', async () => {
    const args = ['--json', '--steps=700', '--seed=9', '--no-compare', '--report', report]
    const [first, second] = [await command(args), await command(args)]
    expect(first.err).toContain('events/s')
    const { timing: _, ...one } = JSON.parse(first.out)
    const { timing: __, ...two } = JSON.parse(second.out)
    expect(two).toEqual(one)
    expect(one).toMatchObject({
      settings: { seed: 9, steps: 700, learn: true, replay: 'prioritized', threads: 0, capacity: 6000 },
      final: { starts: 100 },
      comparison: null,
      report,
    })
    expect(one.audit.every((line: { holds: boolean }) => line.holds)).toBe(true)
    expect(one.top).toHaveLength(8)
  })
})

describe('--no-learn', () => {
  it('stays below a mean return of 60 and compares nothing', async () => {
    const { out, status } = await command(['--no-learn', '--steps', '4000', '--json', '--report', report])
    expect(status).toBe(0)
    const result = JSON.parse(out)
    expect(result.final.mean).toBeLessThan(60)
    expect(result.updates).toBe(0)
    expect(result.comparison).toBeNull()
  })
})

describe('the command line', () => {
  it('explains itself on stdout', async () => {
    const { status, out, err } = await command(['--help'])
    expect({ status, err }).toEqual({ status: 0, err: '' })
    for (const flag of [
      '--seed',
      '--steps',
      '--no-learn',
      '--report',
      '--no-compare',
      '--threads',
      '--json',
      '--help',
    ]) {
      expect(out).toContain(flag)
    }
  })

  it.each([
    [['--seed', 'x'], '--seed must be an integer from 0 to 9007199254740991, got "x"'],
    [['--seed', '-1'], '--seed must be an integer from 0 to 9007199254740991, got "-1"'],
    [['--seed=9007199254740992'], '--seed must be an integer from 0 to 9007199254740991, got "9007199254740992"'],
    [['--steps', '0'], '--steps must be an integer from 1 to 10000000, got "0"'],
    [['--steps', '1e3'], '--steps must be an integer from 1 to 10000000, got "1e3"'],
    [['--steps', '1.5'], '--steps must be an integer from 1 to 10000000, got "1.5"'],
    [['--steps'], '--steps needs a value'],
    [['--report='], '--report needs a value'],
    [['--threads', '0'], '--threads must be an integer from 1 to 16, got "0"'],
    [['--threads=17'], '--threads must be an integer from 1 to 16, got "17"'],
    [['--threads', 'two'], '--threads must be an integer from 1 to 16, got "two"'],
    [['--threads='], '--threads needs a value'],
    [['--report', '--json'], '--report needs a file, got "--json"'],
    [['--json=yes'], '--json takes no value, got "yes"'],
    [['--fast'], 'unknown argument "--fast"'],
    [['now'], 'unknown argument "now"'],
  ])('refuses %j with status 2 and one line on stderr', async (args, message) => {
    expect(await command(args)).toEqual({ status: 2, out: '', err: `cartpole: ${message}; --help lists the options\n` })
    expect(() => parseOptions(args)).toThrow(UsageError)
  })

  it.each([
    [[], 0],
    [['--threads'], 2],
    [['--threads', '--json'], 2],
    [['--threads', '3', '--json'], 3],
    [['--threads=16'], 16],
  ])('takes %j as %i environment threads', (args, threads) => {
    expect(parseOptions(args).threads).toBe(threads)
  })

  it('refuses before the run a report that cannot be written', async () => {
    const occupied = join(folder, 'file')
    writeFileSync(occupied, '')
    for (const path of [folder, join(folder, 'absent', 'r.html'), join(occupied, 'r.html')]) {
      const { status, out, err } = await command(['--report', path])
      expect({ status, out }).toEqual({ status: 1, out: '' })
      expect(err.startsWith(`cartpole: cannot write the report ${path}: `)).toBe(true)
      expect(err.trimEnd().split('\n')).toHaveLength(1)
    }
  })
})

describe('the chart', () => {
  it('puts the corners of the data into the corners of its frame', () => {
    const points = [
      { x: 0, y: 0 },
      { x: 10, y: 4 },
    ]
    const frame = { width: 11, height: 5, xMax: 10, yMax: 4, xLabel: 'x' }
    expect(drawChart(frame, [{ mark: '#', points }])).toEqual([
      '     4 |          #',
      '       |',
      '     2 |',
      '       |',
      '     0 |#',
      '       +-----------',
      '        0    x   10',
    ])
  })
})
