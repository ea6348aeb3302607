/**
 * The example as a command: options in, text, report and exit status out.
 *
 * @module
 */

import { accessSync, constants, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ExperienceError } from 'experience-stream'
import { CrewError } from './crew.js'
import { count, runName, threadNames } from './format.js'
import { toJson } from './json.js'
import { Interrupted, KeepError, Keeper } from './keep/keeper.js'
import { HELP, type Options, parseOptions, UsageError } from './options.js'
import { ProgressView } from './progress.js'
import { renderReport } from './report/document.js'
import { CAPACITY, type RunResult, type RunSettings, run } from './run.js'
import { printAudit, printComparison, printCurve, printRanking, printVerdict } from './summary.js'
import { type Sink, Terminal } from './terminal.js'
import type { Scripts } from './threads/scripts.js'

/** What the command touches of its process. */
export interface Surroundings {
  stdout: Sink
  stderr: Sink
  environment: Readonly<Record<string, string | undefined>>
  /** Aborts at the first Ctrl-C; asked for by a run that can be gone on with. */
  interrupts?: () => AbortSignal
  /** Programs of the threads; by default those of the build. */
  scripts?: Scripts
}

/**
 * Runs the command and returns its exit status: 0, 1 where the report cannot be written or a thread fails, 2 for a mistake
 * in `args`, 130 where a run that is kept was interrupted.
 */
export async function execute(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, environment } = surroundings
  let options: Options
  try {
    options = parseOptions(args)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    stderr.write(`cartpole: ${error.message}; --help lists the options\n`)
    return 2
  }
  if (options.help) {
    stdout.write(HELP)
    return 0
  }
  const report = resolve(options.report)
  try {
    assertWritable(report)
    const terminal = new Terminal(options.json ? stderr : stdout, environment)
    printTitle(terminal, options)
    const result = await perform(terminal, settingsOf(options, 'prioritized'), surroundings, options.keep)
    const compared = options.learn && options.compare && options.keep === undefined
    const other = compared ? await perform(terminal, settingsOf(options, 'uniform'), surroundings) : undefined
    writeFileSync(report, renderReport(result, other))
    if (options.json) stdout.write(`${JSON.stringify(toJson(result, other, report))}\n`)
    else printSummary(terminal, result, other, report)
    return 0
  } catch (error) {
    if (error instanceof Interrupted) {
      const { step } = error
      stderr.write(
        `cartpole: stopped after ${count(step)} of ${count(options.steps)} steps; the same command goes on\n`,
      )
      return 130
    }
    if (error instanceof CrewError || error instanceof KeepError || error instanceof ExperienceError)
      stderr.write(`cartpole: ${error.message}\n`)
    else if (isFileError(error)) stderr.write(`cartpole: cannot write the report ${report}: ${error.message}\n`)
    else throw error
    return 1
  }
}

function settingsOf({ seed, steps, learn, threads }: Options, replay: RunSettings['replay']): RunSettings {
  return { seed, steps, learn, replay, threads }
}

async function perform(
  terminal: Terminal,
  settings: RunSettings,
  { scripts, interrupts }: Surroundings,
  keep?: string,
): Promise<RunResult> {
  const progress = new ProgressView(terminal, runName(settings), settings.steps, CAPACITY)
  const keeper = keep === undefined ? undefined : await Keeper.open(keep, settings, CAPACITY, interrupts?.())
  if (keeper !== undefined) {
    const past = keeper.past === 0 ? 'a new run' : `going on after ${count(keeper.past)} steps`
    terminal.line(`Kept in ${resolve(keeper.directory)}: ${past}`)
  }
  return run(settings, (window, eventsPerSecond) => progress.show(window, eventsPerSecond), scripts, keeper)
}

function printTitle(terminal: Terminal, { seed, steps, learn, threads }: Options): void {
  terminal.line(terminal.style('title', 'CartPole from a ring of experiences'))
  terminal.line(
    `  seed ${seed}, ${count(steps)} steps, ring of ${count(CAPACITY)} events, ` +
      (learn ? 'four appraisers, learning from sampleBatch alone' : 'four appraisers, no learning'),
  )
  if (threads > 0) terminal.line(`  threads: ${threadNames(threads)}`)
  terminal.line()
}

function printSummary(terminal: Terminal, result: RunResult, other: RunResult | undefined, report: string): void {
  printVerdict(terminal, result)
  printCurve(terminal, result, other)
  printRanking(terminal, result)
  if (other) printComparison(terminal, result, other)
  printAudit(terminal, result)
  const { seconds, eventsPerSecond } = result.timing
  const fate = result.settings.learn ? 'written, scored four times, and learned from' : 'written and scored four times'
  terminal.line()
  terminal.line(
    `${count(result.settings.steps - result.past)} events in ${seconds.toFixed(1)} s: ` +
      `${count(Math.round(eventsPerSecond))} events/s, each ${fate}`,
  )
  terminal.line(`Report: ${report}`)
}

/** Fails before the run, not after it, where the report could not be written. */
function assertWritable(file: string): void {
  const status = statSync(file, { throwIfNoEntry: false })
  if (status?.isDirectory()) throw new FileError('it is a directory')
  accessSync(status ? file : dirname(file), constants.W_OK)
}

class FileError extends Error {
  readonly code = 'EISDIR'
}

/** Whether an error comes from the file system: those carry a code such as `ENOENT`. */
function isFileError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && /^E[A-Z]+$/.test(String(error.code))
}
