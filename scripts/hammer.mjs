/**
 * The hammer: many threads do everything at once on one shared ring, for minutes. Writers, subscribers, validating readers,
 * appraisers and samplers, some of them paused inside a claim, some terminated wherever they are and replaced. At the end
 * of each bout the threads rest, and everything must balance.
 *
 * `node scripts/hammer.mjs --minutes 10 --seed 1`, after `npm run build`. Prints counts at the end; the exit status is 1 if
 * anything was wrong. The seed decides the plan of each bout; which thread runs when is the machine's.
 *
 * @module
 */

import { Bout } from '../test/threads/support/bout.mjs'
import { MINUTES, printCounts, runScript, SEED } from './long-run.mjs'

const HELP = `usage: node scripts/hammer.mjs [--minutes N] [--seed S] [--json]

  --minutes N   how long, any number above 0; default 1
  --seed S      an integer of 32 bits, decides the plan; default 1
  --json        the counts as one line of JSON
  --help        this text`

/** Slots of the rings, by turns. */
const CAPACITIES = [2, 100_000, 64, 4, 1024, 3, 256, 10_000, 16]
const BOUT_MS = 3000
const CONTROL_READS = 1_000_000

const run = async (/** @type {{ minutes: number, seed: number, json: boolean }} */ options) => {
  const { totals, faults } = await hammer(options)
  if (options.json) console.log(JSON.stringify({ ...totals, faults }))
  else printCounts(totals, faults)
  return faults.length === 0 ? 0 : 1
}
process.exitCode = await runScript(HELP, { minutes: MINUTES, seed: SEED }, run, { hasJson: true })

/**
 * @param {{ minutes: number, seed: number, json: boolean }} options
 * @returns {Promise<{ totals: Record<string, number>, faults: string[] }>}
 */
async function hammer({ minutes, seed, json }) {
  const started = Date.now()
  const limit = minutes * 60_000
  /** @type {Record<string, number>} */
  const totals = { bouts: 0 }
  /** @type {string[]} */
  const faults = []
  for (let round = 0; faults.length === 0 && (round === 0 || Date.now() - started < limit); round++) {
    const capacity = /** @type {number} */ (CAPACITIES[(seed + round) % CAPACITIES.length])
    const bout = new Bout(capacity, seed + round)
    const left = Math.max(1, limit - (Date.now() - started))
    await bout.run(Math.min(BOUT_MS, left))
    totals.bouts++
    for (const [name, count] of Object.entries(bout.counts)) totals[name] = (totals[name] ?? 0) + count
    faults.push(...bout.faults.map((fault) => `bout ${round}, ${capacity} slots: ${fault}`))
    if (!json && process.stdout.isTTY) console.log(`bout ${round}: ${capacity} slots, ${bout.counts.written} events`)
  }
  totals.seconds = Math.round((Date.now() - started) / 1000)
  // A control that is not caught in so many reads would mean that torn reads cannot be seen.
  if (totals.controlTorn === 0 && Number(totals.controlReads) >= CONTROL_READS)
    faults.push('the control reader was never caught with a torn read')
  return { totals, faults }
}
