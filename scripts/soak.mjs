/**
 * The soak: everything of durable memory at once, for a long time, and whether memory, files or handles grow. One stream
 * is open all the time, with appraisers, readers of history, retention, compaction and a store of each format; another
 * one is opened and closed over and over, with every durability, in one thread and shared.
 *
 * `node scripts/soak.mjs --minutes 30 --seed 1`, after `npm run build`. Prints a table; the exit status is 1 if anything
 * was wrong or has grown.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Load } from '../test/storage/soak/load.mjs'
import { playRound } from '../test/storage/soak/rounds.mjs'
import { FEWEST, growthOf, HEADS, openFiles, rowOf, sample } from '../test/storage/soak/usage.mjs'
import { MINUTES, printFaults, runScript, SEED } from './long-run.mjs'

const HELP = `usage: node scripts/soak.mjs [--minutes N] [--seed S] [--rate R]

  --minutes N   how long, any number above 0; default 1
  --seed S      an integer of 32 bits, decides which events are scored late and looked at; default 1
  --rate R      events per second of the stream that stays open; default 20000
  --help        this text`

const ROUND_MS = 10_000
/** Of a short run; growth is judged by forty rounds or more. */
const FEWEST_ROUNDS = 12
const ROWS = 30

const RATE = {
  preset: 20_000,
  expected: 'a number in (0, 1000000]',
  fits: (/** @type {number} */ value) => value > 0 && value <= 1e6,
}

process.exitCode = await runScript(HELP, { minutes: MINUTES, seed: SEED, rate: RATE }, async (options) => {
  const directory = mkdtempSync(join(tmpdir(), 'experience-stream-soak-'))
  try {
    const faults = await soak(directory, options)
    printFaults(faults)
    return faults.length === 0 ? 0 : 1
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

/**
 * @param {string} directory
 * @param {{ minutes: number, seed: number, rate: number }} options
 * @returns {Promise<string[]>} what was wrong
 */
async function soak(directory, { minutes, seed, rate }) {
  const limit = minutes * 60_000
  const roundMs = Math.min(ROUND_MS, limit / FEWEST_ROUNDS)
  const every = Math.max(1, Math.round(limit / roundMs / ROWS))
  print(HEADS)
  const filesBefore = openFiles()
  const began = performance.now()
  const load = await Load.open(join(directory, 'long'), seed, rate)
  /** @type {import('../test/storage/soak/usage.mjs').Sample[]} */
  const samples = []
  /** @type {string[]} */
  const faults = []
  for (let round = 0; performance.now() - began < limit; round++) {
    const due = began + (round + 1) * roundMs
    faults.push(...(await playRound(join(directory, 'rounds'), round)))
    const taken = await sample([directory])
    samples.push(taken)
    if (round % every === 0) print(rowOf((performance.now() - began) / 1000, load.stream.totalWritten, taken))
    await sleep(Math.max(0, due - performance.now()))
  }
  await load.close()
  const growth = growthOf(samples)
  faults.push(...load.faults, ...growth)
  const filesAfter = openFiles()
  if (filesAfter > filesBefore) faults.push(`${filesBefore} files were open before, ${filesAfter} after`)
  const { read, late, slowly, compactions } = load.counts
  console.log(
    `${samples.length} rounds; of the stream that stayed open ${read} events read from history, ${late} scored late by chance, ` +
      `${slowly} by the slow appraiser, ${compactions} compactions`,
  )
  const what = samples.length < FEWEST ? `not judged, with fewer than ${FEWEST} rounds` : 'within its bounds'
  if (growth.length === 0) console.log(`growth from the second quarter to the last: ${what}`)
  return faults
}

/** @param {readonly string[]} cells */
function print(cells) {
  console.log(cells.map((cell) => cell.padStart(11)).join(''))
}
