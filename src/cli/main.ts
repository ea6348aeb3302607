#!/usr/bin/env node
/**
 * The command `experience-stream`: finds the command that is asked for, runs it, and turns errors into one line on the
 * standard error and an exit status.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { ExperienceError } from '../errors.js'
import type { CommandContext } from './command.js'
import { COMMANDS } from './commands.js'
import { ExitStatus, InputError, UsageError } from './errors.js'
import { endOnOutputErrors, StreamOutput } from './output.js'

const PROGRAM = 'experience-stream'

const HELP = `Usage: ${PROGRAM} COMMAND [OPTION...]

The memory of what a program experienced: a ring of events with rewards and seeded sampling.

Commands
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`).join('\n')}

Options
  -h, --help     show this help, or that of a command: ${PROGRAM} COMMAND --help
  -V, --version  show the version
`

endOnOutputErrors(PROGRAM, process.stdout, process.stderr)
// stays if the event loop runs dry before there is a result
process.exitCode = ExitStatus.FAILED
main(process.argv.slice(2)).then((status) => {
  process.exitCode = status
})

async function main(args: string[]): Promise<number> {
  const out = new StreamOutput(process.stdout)
  const [name, ...rest] = args
  try {
    if (name === undefined) throw new UsageError('no command is given')
    if (name === '-h' || name === '--help' || name === 'help') await out.write(HELP)
    else if (name === '-V' || name === '--version') await out.write(`${version()}\n`)
    else return await runCommand(name, rest, { out, err: process.stderr, signal: interrupts() })
    return ExitStatus.OK
  } catch (error) {
    return report(error)
  }
}

async function runCommand(name: string, args: string[], context: CommandContext): Promise<number> {
  const entry = COMMANDS.find((known) => known.name === name)
  if (entry === undefined) {
    throw new UsageError(`there is no command "${name}", expected ${COMMANDS.map((known) => known.name).join(', ')}`)
  }
  const command = await entry.load()
  if (!args.includes('--help') && !args.includes('-h')) return command.run(args, context)
  await context.out.write(command.help)
  return ExitStatus.OK
}

/** Aborts at the first Ctrl-C; the second one finds no handler and ends the program at once. */
function interrupts(): AbortSignal {
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort())
  return controller.signal
}

function report(error: unknown): number {
  const isUsage = error instanceof UsageError
  const isExpected = isUsage || error instanceof InputError || error instanceof ExperienceError
  const message = error instanceof Error ? error.message : String(error)
  const hint = isUsage ? `\nTry ${PROGRAM} --help.` : ''
  process.stderr.write(`${PROGRAM}: ${isExpected ? '' : 'unexpected error: '}${message}${hint}\n`)
  return isUsage ? ExitStatus.USAGE : ExitStatus.FAILED
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return (manifest as { version: string }).version
}
