/**
 * What a command is.
 *
 * @module
 */

import type { Output } from './output.js'

/** What a command has to work with. */
export interface CommandContext {
  out: Output
  /** Progress, notes and warnings. */
  err: NodeJS.WriteStream
  /** Aborted by the first Ctrl-C. */
  signal: AbortSignal
}

/** One command. */
export interface Command {
  /** Printed for `--help`. */
  help: string
  /**
   * Runs with the arguments behind the command's name and returns the exit status.
   *
   * @throws UsageError, InputError or an error of the core; their messages are what the user sees
   */
  run(args: string[], context: CommandContext): Promise<number>
}

/** A command in the list. */
export interface CommandEntry {
  name: string
  /** One line for the list of commands. */
  summary: string
  load(): Promise<Command>
}
