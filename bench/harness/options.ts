/**
 * The command line of the benches.
 *
 * @module
 */

import { parseArgs } from 'node:util'

/** What `npm run bench -- …` takes. */
export interface BenchOptions {
  quick: boolean
  strict: boolean
  json: string | undefined
  markdown: string | undefined
  only: string[] | undefined
  capacities: number[] | undefined
}

/** What `--help` prints. */
export const USAGE = `npm run bench -- [options]

  --quick           small rings and short rounds: shows that everything works, judges nothing
  --only LIST       subjects, separated by commas: write,batch,fold,read,sample,reward,find,subscribe,peers,
                    journal,followers,parquet,postgres,threads
                    (threads-write, threads-read, threads-reward, threads-pair, threads-wake, threads-mirror,
                    threads-cost, or all of these by threads)
  --capacity LIST   capacities, separated by commas, instead of 1000000,1048576
  --json FILE       where the results go; build/bench/results.json by default
  --markdown FILE   write the tables as Markdown; between the marks of FILE when it has them
  --strict          a figure beyond its limit makes the exit status 1
  --help            print this
`

function list(value: string | undefined): string[] | undefined {
  return value?.split(',').filter((item) => item !== '')
}

/** Reads the command line. Throws with a message that names a wrong option. */
export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      json: { type: 'string' },
      markdown: { type: 'string' },
      only: { type: 'string' },
      capacity: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const capacities = list(values.capacity)?.map((text) => {
    const capacity = Number(text)
    if (!Number.isInteger(capacity) || capacity < 1024) {
      throw new Error(`--capacity takes integers of at least 1024, got ${text}`)
    }
    return capacity
  })
  const { quick, strict, json, markdown } = values
  return { quick, strict, json, markdown, only: list(values.only), capacities }
}
