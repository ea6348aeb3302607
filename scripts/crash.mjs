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

import { parseArgs } from 'node:util'
import { killOften } from '../test/storage/crash/killer.mjs'

const HELP = `usage: node scripts/crash.mjs [--kills N] [--seed S]

  --kills N     how many processes are killed, 1 to 100000; default 100
  --seed S      an integer of 32 bits, decides the plan; default 1
  --help        this text`
/** Kills in one directory. */
const CHAPTER = 8

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
  const { kills, seed } = options
  const started = performance.now()
  const { faults, ...counts } = await killOften(
    { seed, chapterKills: CHAPTER, onChapter: (text) => console.log(text) },
    (tally) => tally.kills >= kills,
  )
  const seconds = Math.round((performance.now() - started) / 1000)
  for (const [name, count] of Object.entries({ ...counts, seconds })) {
    console.log(`${name.padEnd(28)} ${count.toLocaleString('en')}`)
  }
  for (const fault of faults) console.log(`WRONG: ${fault}`)
  console.log(faults.length === 0 ? 'nothing was wrong' : `${faults.length} things were wrong`)
  return faults.length === 0 ? 0 : 1
}

/**
 * @param {string[]} args
 * @returns {{ kills: number, seed: number, help: boolean } | string} or what is wrong with them
 */
function optionsOf(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        kills: { type: 'string', default: '100' },
        seed: { type: 'string', default: '1' },
        help: { type: 'boolean', default: false },
      },
    })
    const [kills, seed] = [Number(values.kills), Number(values.seed)]
    if (!(Number.isInteger(kills) && kills >= 1 && kills <= 100_000)) {
      return `--kills must be an integer in [1, 100000], got ${values.kills}\n${HELP}`
    }
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
      return `--seed must be an integer in [0, 2^32), got ${values.seed}\n${HELP}`
    }
    return { kills, seed, help: values.help }
  } catch (error) {
    return `${/** @type {Error} */ (error).message}\n${HELP}`
  }
}
