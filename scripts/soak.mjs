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
import { parseArgs } from 'node:util'
import { Load } from '../test/storage/soak/load.mjs'
import { playRound } from '../test/storage/soak/rounds.mjs'
import { FEWEST, growthOf, HEADS, openFiles, rowOf, sample } from '../test/storage/soak/usage.mjs'

const HELP = `usage: node scripts/soak.mjs [--minutes N] [--seed S] [--rate R]

  --minutes N   how long, any number above 0; default 1
  --seed S      an integer of 32 bits, decides which events are scored late and looked at; default 1
  --rate R      events per second of the stream that stays open; default 20000
  --help        this text`

const ROUND_MS = 10_000
/** Of a short run; growth is judged by forty rounds or more. */
const FEWEST_ROUNDS = 12
const ROWS = 30

process.exitCode = await main()

/** @returns {Promise<number>} the exit status */
async function main() {
  const options = optionsOf(process.argv.slice(2))
  if (typeof options === 'string') {
    console.error(options)
    return 2
  }
  if (options.help) {
    console.log(HELP)
    return 0
  }
  const directory = mkdtempSync(join(tmpdir(), 'experience-stream-soak-'))
  try {
    const faults = await soak(directory, options)
    for (const fault of faults) console.log(`WRONG: ${fault}`)
    console.log(faults.length === 0 ? 'nothing was wrong' : `${faults.length} things were wrong`)
    return faults.length === 0 ? 0 : 1
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * @param {string[]} args
 * @returns {{ minutes: number, seed: number, rate: number, help: boolean } | string} or what is wrong with them
 */
function optionsOf(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        minutes: { type: 'string', default: '1' },
        seed: { type: 'string', default: '1' },
        rate: { type: 'string', default: '20000' },
        help: { type: 'boolean', default: false },
      },
    })
    const [minutes, seed, rate] = [Number(values.minutes), Number(values.seed), Number(values.rate)]
    if (!(minutes > 0 && minutes < 10_000)) return `--minutes must be a number above 0, got ${values.minutes}\n${HELP}`
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
      return `--seed must be an integer in [0, 2^32), got ${values.seed}\n${HELP}`
    }
    if (!(rate > 0 && rate <= 1e6)) return `--rate must be a number in (0, 1000000], got ${values.rate}\n${HELP}`
    return { minutes, seed, rate, help: values.help }
  } catch (error) {
    return `${/** @type {Error} */ (error).message}\n${HELP}`
  }
}

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
