/**
 * Processes with durable memory are killed at random, hundreds of times: in each directory several times over, with every
 * durability, in one thread and shared, while they write, score, follow, compact, rotate, let go of old files, and while
 * they recover. Whatever one of them was promised must be there afterwards, once and whole, in ring, journal, history and
 * stores.
 *
 * `node scripts/crash.mjs --kills 300 --seed 1`, after `npm run build`. Prints counts; the exit status is 1 if anything was
 * wrong. The seed decides the plan; how far a process gets until it is killed is the machine's.
 *
 * @module
 */

import { killOften } from '../test/storage/crash/killer.mjs'
import { printCounts, runScript, SEED } from './long-run.mjs'

const HELP = `usage: node scripts/crash.mjs [--kills N] [--seed S]

  --kills N     how many processes are killed, 1 to 100000; default 100
  --seed S      an integer of 32 bits, decides the plan; default 1
  --help        this text`
/** Kills in one directory. */
const CHAPTER = 8

const KILLS = {
  preset: 100,
  expected: 'an integer in [1, 100000]',
  fits: (/** @type {number} */ value) => Number.isInteger(value) && value >= 1 && value <= 100_000,
}

process.exitCode = await runScript(HELP, { kills: KILLS, seed: SEED }, async ({ kills, seed }) => {
  const started = performance.now()
  const { faults, ...counts } = await killOften(
    { seed, chapterKills: CHAPTER, onChapter: (text) => console.log(text) },
    (tally) => tally.kills >= kills,
  )
  printCounts({ ...counts, seconds: Math.round((performance.now() - started) / 1000) }, faults)
  return faults.length === 0 ? 0 : 1
})
