import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { UsageError } from '../../src/cli/errors.js'
import { parseIngestOptions } from '../../src/cli/ingest-options.js'
import { logLine, outcome, root, run, start } from './run.js'

const STACK = /\n\s+at |node:internal/

test('help goes to the standard output, with the status 0', async () => {
  for (const args of [['--help'], ['-h'], ['help']]) {
    const { status, stdout, stderr } = await run(args)
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/Usage: experience-stream COMMAND[\s\S]*ingest/)
  }
  for (const args of [
    ['ingest', '--help'],
    ['ingest', '-', '--json', '-h'],
  ]) {
    const { status, stdout, stderr } = await run(args)
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/Usage: experience-stream ingest FILE/)
    for (const option of ['--format', '--map', '--salt', '--sample', '--by', '--seed', '--json']) {
      expect(stdout).toContain(option)
    }
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
  }
})

test('the version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  expect(await run(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
})

test('every option that is wrong is refused with what was given and what was expected', () => {
  const cases: [string[], RegExp][] = [
    [[], /needs a file to read, or - for the standard input/],
    [[''], /name of the file to ingest is empty/],
    [['a', 'b'], /one file, but was given a and b/],
    [['-', '--frobnicate'], /unknown option '--frobnicate'/],
    [['-', '--json=yes'], /'--json' does not take an argument/],
    [['-', '--format', 'xml'], /--format is "xml", expected one of log, ndjson, csv, npz, msgpack/],
    [['-', '--capacity', '0'], /--capacity is "0", expected an integer of at least 1/],
    [['-', '--capacity', '1e6'], /--capacity is "1e6"/],
    [['-', '--seed', '-1'], /--seed/],
    [['-', '--seed=x'], /--seed is "x", expected an integer of at least 0/],
    [['-', '--sample', '0'], /--sample is "0", expected an integer of at least 1/],
    [['-', '--sample', 'ten'], /--sample is "ten"/],
    [['-', '--sample'], /--sample/],
    [['-', '--by', 'uniform'], /--by needs --sample N/],
    [['-', '--type', '1'], /--type needs --sample N/],
    [['-', '--alpha', '1'], /--alpha needs --sample N/],
    [['-', '--replacement', 'no'], /--replacement needs --sample N/],
    [['-', '--sample', '1', '--by', 'luck'], /--by is "luck", expected one of uniform, reward, recent, type/],
    [['-', '--sample', '1', '--by', 'type'], /--by type needs --type CODE/],
    [['-', '--sample', '1', '--by', 'type', '--type', 'Nope'], /--type is "Nope", expected 0 to 0xffff/],
    [['-', '--sample', '1', '--by', 'type', '--type', '65536'], /--type is "65536"/],
    [['-', '--sample', '1', '--type', '1'], /--type needs --by type/],
    [['-', '--sample', '1', '--alpha', '1'], /--alpha needs --by reward/],
    [['-', '--sample', '1', '--epsilon', '1'], /--epsilon needs --by reward/],
    [['-', '--sample', '1', '--by', 'reward', '--alpha', '-1'], /--alpha/],
    [['-', '--sample', '1', '--by', 'reward', '--alpha=-1'], /--alpha is "-1", expected a number of at least 0/],
    [['-', '--sample', '1', '--by', 'reward', '--epsilon', 'x'], /--epsilon is "x"/],
    [['-', '--sample', '1', '--replacement', 'maybe'], /--replacement is "maybe", expected one of yes, no/],
    [['-', '--sample', '1', '--by', 'recent', '--replacement', 'yes'], /--replacement needs/],
    [['-', '--appraisers', 'luck'], /--appraisers is "luck", expected one of homeostasis/],
    [['-', '--delimiter', 'ab'], /--delimiter is "ab", expected one ASCII character, or tab/],
    [['-', '--salt', ''], /--salt is empty/],
    [['-', '--map', 'nonsense'], /--map has "nonsense", expected field=column/],
    [['-', '--map', 'not-there.json'], /cannot read the mapping not-there\.json: there is no such file/],
    [['-', '--map', join(root, 'LICENSE.json')], /cannot read the mapping/],
    [['-', '--map', 'flags=f', '--format', 'log'], /--map is for csv, ndjson and msgpack, not for log/],
    [['-', '--delimiter', ';', '--format', 'log'], /--delimiter is for csv, not for log/],
    [['-', '--no-header', '--format', 'ndjson'], /--no-header is for csv, not for ndjson/],
  ]
  for (const [args, message] of cases) {
    expect(() => parseIngestOptions(args), args.join(' ')).toThrow(message)
    expect(() => parseIngestOptions(args), args.join(' ')).toThrow(UsageError)
  }
})

test('a mistake on the command line is one sentence on the standard error, without a stack, and the status 2', async () => {
  const cases: [string[], RegExp][] = [
    [[], /no command is given/],
    [['frobnicate'], /no command "frobnicate", expected ingest, stats, /],
    [['ingest'], /needs a file to read, or - for the standard input/],
    [['ingest', '-', '--frobnicate'], /unknown option '--frobnicate'/],
    [['ingest', '-', '--sample', 'ten'], /--sample is "ten", expected an integer of at least 1/],
    [['ingest', '-', '--map', 'nonsense'], /--map has "nonsense", expected field=column/],
  ]
  await Promise.all(
    cases.map(async ([args, message]) => {
      const { status, stdout, stderr } = await run(args)
      expect([status, stdout], args.join(' ')).toEqual([2, ''])
      expect(stderr, args.join(' ')).toMatch(message)
      expect(stderr).toMatch(/^experience-stream: .*\nTry experience-stream --help\.\n$/)
      expect(stderr).not.toMatch(STACK)
    }),
  )
})

test('an input that cannot be read, or holds nothing, is one clear sentence and the status 1', async () => {
  const cases: [string[], string, RegExp][] = [
    [['not-there.log'], '', /cannot read not-there\.log: there is no such file/],
    [[root], '', /cannot read .*: it is a directory/],
    [['-'], '', /nothing was ingested: standard input is empty/],
    [['-', '--format', 'log'], '', /nothing was ingested: standard input holds no records/],
    [['-', '--format', 'ndjson'], '\n\n', /nothing was ingested: standard input holds no records/],
    [
      ['-', '--format', 'log'],
      'x\ny\n',
      /all 2 records of standard input are malformed, first in line 1: the client is missing/,
    ],
    [
      ['-', '--format', 'ndjson'],
      '{',
      /the only record of standard input is malformed, first in line 1: the line is not valid JSON/,
    ],
    [['-', '--format', 'csv', '--map', 'flags=a'], 'a\n', /holds no records/],
    [['-', '--format', 'npz'], 'x', /cannot read standard input: it is no \.npz archive: /],
    [['-', '--capacity', '99999999999'], logLine('192.0.2.1', 1), /capacity/],
  ]
  for (const [args, input, message] of cases) {
    const { status, stdout, stderr } = await run(['ingest', ...args], { input })
    expect([status, stdout], args.join(' ')).toEqual([1, ''])
    expect(stderr, args.join(' ')).toMatch(message)
    expect(stderr).toMatch(/^experience-stream: .*\n$/)
    expect(stderr).not.toMatch(STACK)
  }
  const unknown = await run(['ingest', '-'], { input: 'what is this\n' })
  expect([unknown.status, unknown.stdout]).toEqual([2, ''])
  expect(unknown.stderr).toMatch(/format of standard input is not recognised, say it with --format/)
}, 60_000)

test('damaged gzip is an error', async () => {
  const { status, stderr } = await run(['ingest', '-'], { input: Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]) })
  expect(status).toBe(1)
  expect(stderr).toMatch(/^experience-stream: cannot read standard input: /)
  expect(stderr).not.toMatch(STACK)
})

test('an input that is damaged further on is an error that says how far it was read', async () => {
  const packed = gzipSync(Buffer.from(Array.from({ length: 50_000 }, (_, i) => logLine(`client-${i}`, i)).join('')))
  const { status, stdout, stderr } = await run(['ingest', '-'], { input: packed.subarray(0, packed.length - 1000) })
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(
    /^experience-stream: cannot read standard input: unexpected end of file, after [\d,]+ events\n$/,
  )
})

test('an output that cannot be written is an error without a stack', async (context) => {
  if (!existsSync('/dev/full')) return context.skip('there is no /dev/full')
  const full = openSync('/dev/full', 'w')
  try {
    const child = start(['--help'], {}, full)
    const err: Buffer[] = []
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
    const status = await new Promise((resolve) => child.on('close', resolve))
    expect(status).toBe(1)
    expect(Buffer.concat(err).toString()).toBe(
      'experience-stream: cannot write the output: no space is left on the device\n',
    )
  } finally {
    closeSync(full)
  }
})

test('a reader that goes away ends the program quietly', async () => {
  const child = start(['ingest', '-', '--sample', '20000', '--json', '--replacement', 'yes'])
  const ended = outcome(child)
  child.stdin?.end(logLine('192.0.2.1', 1).repeat(100))
  await new Promise((resolve) => child.stdout?.once('data', resolve))
  child.stdout?.destroy()
  const { status, stderr } = await ended
  expect([status, stderr]).toEqual([0, ''])
})

test('Ctrl-C stops reading, shows what was read until then, and gives the status 130', async () => {
  const child = start(['ingest', '-', '--format', 'log', '--json'])
  const ended = outcome(child)
  // more than a pipe holds: when all of it is taken, the program is reading
  await new Promise((resolve) => child.stdin?.write(logLine('192.0.2.1', 1).repeat(20_000), resolve))
  child.kill('SIGINT')
  const { status, stdout, stderr } = await ended
  expect([status, stderr]).toEqual([130, ''])
  const result = JSON.parse(stdout) as { interrupted: boolean; ingested: number; malformed: number }
  expect(result.interrupted).toBe(true)
  expect(result.ingested).toBeGreaterThan(0)
  expect(result.ingested).toBeLessThanOrEqual(20_000)
  expect(result.malformed).toBe(0)
})
