/**
 * The flags of the example: parsed, validated, and described.
 *
 * @module
 */

import { fileURLToPath } from 'node:url'

/** What the command line asks for. */
export interface Options {
  seed: number
  steps: number
  learn: boolean
  compare: boolean
  /** File of the HTML report. */
  report: string
  json: boolean
  /** Environments that have a thread each; 0 has everything happen in one thread. */
  threads: number
  /** Directory that keeps the run; undefined keeps nothing. */
  keep: string | undefined
  help: boolean
}

/** A mistake on the command line; the message is for the user. */
export class UsageError extends Error {}

const DEFAULT_SEED = 1
const DEFAULT_STEPS = 12_000
const MAX_STEPS = 10_000_000
const DEFAULT_THREADS = 2
const MAX_THREADS = 16
/** build/cartpole-report.html of the repository, wherever the command is run from. */
const DEFAULT_REPORT = fileURLToPath(new URL('../../cartpole-report.html', import.meta.url))

/** What `--help` prints. */
export const HELP = `Usage: npm start -- [options]

An agent learns CartPole from an experience-stream ring: it sees only what sampleBatch
returns, prioritized by its own errors, and is rewarded by four appraisers.

Options:
  --seed N        seed of everything random, 0 to 2^53 - 1 (default ${DEFAULT_SEED})
  --steps N       steps that the agent takes, 1 to ${MAX_STEPS} (default ${DEFAULT_STEPS})
  --no-learn      take the same steps with a network that is never updated
  --threads [N]   N environments and the four appraisers each in a thread of their own,
                  beside the learner's, 1 to ${MAX_THREADS} (${DEFAULT_THREADS} if N is left out)
  --no-compare    leave out the second run, which samples uniformly
  --keep DIR      keep the run in DIR, and go on with it after Ctrl-C or a crash; one run
                  in one thread, no second one to compare with
  --report FILE   where the HTML report goes (default build/cartpole-report.html)
  --json          print one JSON object on stdout, and progress on stderr
  --help          print this

The same seed and steps give the same learning curve and results, except for times.
With --threads they do not: there the order of the threads' work counts as well.
`

/**
 * Reads the arguments behind the script's name. A value follows its flag as the next argument or behind `=`.
 *
 * @throws {UsageError} for what it does not know or cannot use.
 */
export function parseOptions(args: readonly string[]): Options {
  const options: Options = {
    seed: DEFAULT_SEED,
    steps: DEFAULT_STEPS,
    learn: true,
    compare: true,
    report: DEFAULT_REPORT,
    json: false,
    threads: 0,
    keep: undefined,
    help: false,
  }
  for (let i = 0; i < args.length; i++) {
    const [flag, inline] = splitFlag(args[i])
    const value = () => {
      const given = inline ?? args[++i]
      if (given === undefined || given === '') throw new UsageError(`${flag} needs a value`)
      return given
    }
    if (flag === '--seed') options.seed = integer(flag, value(), 0, Number.MAX_SAFE_INTEGER)
    else if (flag === '--steps') options.steps = integer(flag, value(), 1, MAX_STEPS)
    else if (flag === '--threads') {
      const omitted = inline === undefined && (args[i + 1] === undefined || args[i + 1].startsWith('--'))
      options.threads = omitted ? DEFAULT_THREADS : integer(flag, value(), 1, MAX_THREADS)
    } else if (flag === '--report') options.report = file(flag, value())
    else if (flag === '--keep') options.keep = folder(flag, value())
    else if (!SWITCHES.has(flag)) throw new UsageError(`unknown argument ${JSON.stringify(args[i])}`)
    else if (inline !== undefined) throw new UsageError(`${flag} takes no value, got ${JSON.stringify(inline)}`)
    else if (flag === '--no-learn') options.learn = false
    else if (flag === '--no-compare') options.compare = false
    else if (flag === '--json') options.json = true
    else options.help = true
  }
  if (options.keep !== undefined && options.threads > 0) throw new UsageError('--keep is for a run without --threads')
  return options
}

const SWITCHES: ReadonlySet<string> = new Set(['--no-learn', '--no-compare', '--json', '--help'])

function splitFlag(argument: string): [flag: string, inline: string | undefined] {
  const equals = argument.startsWith('--') ? argument.indexOf('=') : -1
  return equals < 0 ? [argument, undefined] : [argument.slice(0, equals), argument.slice(equals + 1)]
}

function integer(flag: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new UsageError(`${flag} must be an integer from ${least} to ${most}, got ${JSON.stringify(text)}`)
}

function file(flag: string, path: string): string {
  if (path.startsWith('--')) throw new UsageError(`${flag} needs a file, got ${JSON.stringify(path)}`)
  return path
}

function folder(flag: string, path: string): string {
  if (path.startsWith('--')) throw new UsageError(`${flag} needs a folder, got ${JSON.stringify(path)}`)
  return path
}
