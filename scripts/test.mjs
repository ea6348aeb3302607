/**
 * The test command: brings what the machine lacks, builds, lints, checks types and runs every suite.
 *
 * Arguments are handed to vitest (`npm test -- test/core`). The last line is `N passed, N failed, N skipped`, with a
 * failed step counted as one failure; the exit status is 0 only if nothing failed. What could not run is said in
 * capitals and counted as skipped.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CHROMIUM_HELP, findChromium } from './chromium.mjs'
import { whyNoPostgres } from './postgres.mjs'
import { BROWSER_FOLDERS, BROWSER_SHARED_FOLDERS } from './suites.mjs'

const STEP_LIMIT_MS = 1_800_000
const MINIMUM_NODE = [20, 19]

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const results = join(root, 'build', 'test-results.json')
const filters = process.argv.slice(2)
const totals = { passed: 0, failed: 0, skipped: 0 }

await main()

async function main() {
  if (machineIsFit()) {
    const chromium = bringChromium()
    if (step('build', tool('scripts/build.mjs'))) {
      step('lint', tool('node_modules/@biomejs/biome/bin/biome', 'check', '.'))
      step('types of tests and scripts', tool('node_modules/typescript/bin/tsc', '-p', 'test/tsconfig.json'))
      runSuites()
      if (!chromium) skipBrowser()
      await sayWithoutPostgres()
    }
  }
  console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
  process.exitCode = totals.failed === 0 ? 0 : 1
}

/** @returns {boolean} Whether the rest can be tried at all. */
function machineIsFit() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1])) {
    return failed(`NODE ${process.versions.node} IS TOO OLD: ${MINIMUM_NODE.join('.')} or later is needed`)
  }
  if (!existsSync(join(root, 'node_modules', 'vitest'))) {
    return failed('NO DEPENDENCIES: run `npm ci` first')
  }
  return true
}

/** @returns {boolean} Whether there is a Chromium, after trying to install one. */
function bringChromium() {
  if (findChromium() !== undefined) return true
  const isRoot = process.getuid?.() === 0
  if (isRoot && process.env.CHROMIUM_PATH === undefined && existsSync('/usr/bin/apt-get')) {
    announce('installing Chromium by apt')
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const install = ['install', '-y', '-q', '--no-install-recommends', 'chromium', 'fonts-dejavu-core']
    if (run({ command: 'apt-get', args: ['update', '-q'], env })) run({ command: 'apt-get', args: install, env })
  }
  if (findChromium() !== undefined) return true
  shout(`NO CHROMIUM: the tests that need a browser are skipped; ${CHROMIUM_HELP}`)
  return false
}

function runSuites() {
  mkdirSync(dirname(results), { recursive: true })
  rmSync(results, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
  announce('tests')
  const succeeded = run(tool('node_modules/vitest/vitest.mjs', 'run', ...reporters, ...filters))
  const before = totals.failed
  if (existsSync(results)) addResults(JSON.parse(readFileSync(results, 'utf8')))
  if (!succeeded && totals.failed === before) failed('VITEST FAILED outside of a test, see above')
}

/** @param {{ testResults: { status: string, assertionResults: { status: string }[] }[] }} report */
function addResults(report) {
  for (const file of report.testResults) {
    const before = totals.failed
    for (const { status } of file.assertionResults) {
      if (status === 'passed') totals.passed++
      else if (status === 'failed') totals.failed++
      else totals.skipped++
    }
    if (file.status === 'failed' && totals.failed === before) totals.failed++
  }
}

function skipBrowser() {
  const folders = [...BROWSER_FOLDERS, ...BROWSER_SHARED_FOLDERS]
  const files = folders.flatMap((folder) => testFiles(join(root, 'test', folder)))
  totals.skipped += files.length
  shout(`SKIPPED: ${files.length} runs of test files in the browser; ${CHROMIUM_HELP}`)
}

/** Its suites count their tests as skipped by themselves; what they say is far above by now. */
async function sayWithoutPostgres() {
  const reason = process.env.DATABASE_URL ? undefined : await whyNoPostgres()
  if (reason !== undefined)
    shout(`SKIPPED: the tests that need a PostgreSQL server; ${reason}, and no DATABASE_URL is set`)
}

/** @param {string} folder */
function testFiles(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'))
}

/**
 * @param {string} script
 * @param {string[]} args
 */
function tool(script, ...args) {
  return { command: process.execPath, args: [join(root, script), ...args], env: process.env }
}

/**
 * @param {string} name
 * @param {{ command: string, args: string[], env: NodeJS.ProcessEnv }} what
 */
function step(name, what) {
  announce(name)
  return run(what) || failed(`FAILED: ${name}`)
}

/** @param {{ command: string, args: string[], env: NodeJS.ProcessEnv }} what */
function run({ command, args, env }) {
  const stdio = /** @type {['ignore', 'inherit', 'inherit']} */ (['ignore', 'inherit', 'inherit'])
  const { status, error } = spawnSync(command, args, { cwd: root, stdio, env, timeout: STEP_LIMIT_MS })
  if (error) console.error(`${command}: ${error.message}`)
  return status === 0
}

/** @param {string} message */
function failed(message) {
  totals.failed++
  shout(message)
  return false
}

/** @param {string} name */
function announce(name) {
  console.log(`\n── ${name}`)
}

/** @param {string} message */
function shout(message) {
  console.error(`\n!! ${message}\n`)
}
