/**
 * What the scripts that run for long have in common: their options, and how they end.
 *
 * @module
 */

import { parseArgs } from 'node:util'

/** @typedef {{ preset: number, expected: string, fits: (value: number) => boolean }} NumberOption */

/** @type {NumberOption} */
export const MINUTES = { preset: 1, expected: 'a number above 0', fits: (value) => value > 0 && value < 10_000 }

/** @type {NumberOption} */
export const SEED = {
  preset: 1,
  expected: 'an integer in [0, 2^32)',
  fits: (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32,
}

/**
 * Runs a script with the options of the command line.
 *
 * @template {string} Name
 * @param {string} help
 * @param {Record<Name, NumberOption>} numbers
 * @param {(values: Record<Name, number> & { json: boolean }) => Promise<number>} run gives the exit status
 * @param {{ hasJson?: boolean }} [more] whether there is `--json`
 * @returns {Promise<number>} the exit status; 2 for a mistake in the options
 */
export async function runScript(help, numbers, run, { hasJson = false } = {}) {
  const options = optionsOf(process.argv.slice(2), numbers, hasJson)
  if (typeof options === 'string') {
    console.error(`${options}\n${help}`)
    return 2
  }
  if (options.help) {
    console.log(help)
    return 0
  }
  return run(options)
}

/**
 * Prints counts and what was wrong.
 *
 * @param {Record<string, number>} counts
 * @param {readonly string[]} faults
 */
export function printCounts(counts, faults) {
  for (const [name, count] of Object.entries(counts)) console.log(`${name.padEnd(28)} ${count.toLocaleString('en')}`)
  printFaults(faults)
}

/**
 * Prints what was wrong, or that nothing was.
 *
 * @param {readonly string[]} faults
 */
export function printFaults(faults) {
  for (const fault of faults) console.log(`WRONG: ${fault}`)
  console.log(faults.length === 0 ? 'nothing was wrong' : `${faults.length} things were wrong`)
}

/**
 * @template {string} Name
 * @param {string[]} args
 * @param {Record<Name, NumberOption>} numbers
 * @param {boolean} hasJson
 * @returns {Record<Name, number> & { json: boolean, help: boolean } | string} or what is wrong with them
 */
function optionsOf(args, numbers, hasJson) {
  const known = /** @type {[Name, NumberOption][]} */ (Object.entries(numbers))
  try {
    const { values } = parseArgs({
      args,
      options: {
        ...Object.fromEntries(known.map(([name, { preset }]) => [name, { type: 'string', default: String(preset) }])),
        ...(hasJson && { json: { type: 'boolean', default: false } }),
        help: { type: 'boolean', default: false },
      },
    })
    const given = /** @type {Record<string, string | boolean | undefined>} */ (values)
    const wrong = known.find(([name, { fits }]) => !fits(Number(given[name])))
    if (wrong !== undefined) return `--${wrong[0]} must be ${wrong[1].expected}, got ${given[wrong[0]]}`
    const parsed = /** @type {Record<Name, number>} */ (
      Object.fromEntries(known.map(([name]) => [name, Number(given[name])]))
    )
    return { ...parsed, json: given.json === true, help: given.help === true }
  } catch (error) {
    return /** @type {Error} */ (error).message
  }
}
