/**
 * What the command line tells its user when something is wrong: one sentence, and an exit status.
 *
 * Whatever is thrown below a command and is one of these, or an error of the core, is printed as its message alone.
 *
 * @module
 */

/** Exit statuses of every command. */
export const ExitStatus = {
  OK: 0,
  /** The input could not be read, or held nothing. */
  FAILED: 1,
  /** The command line itself is wrong. */
  USAGE: 2,
  /** Stopped by Ctrl-C, as shells count it: 128 + SIGINT. */
  INTERRUPTED: 130,
} as const

/** The command line is wrong: an unknown option, a bad value, a missing file name. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** The input cannot be read, is damaged, or holds nothing. */
export class InputError extends Error {
  override name = 'InputError'
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  EMFILE: 'too many files are open',
  ENOSPC: 'no space is left on the device',
  EIO: 'the device reported an error',
}

/** What went wrong, in words, without the path and call that the system's own message repeats. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code: unknown = (error as NodeJS.ErrnoException).code
  return (typeof code === 'string' ? SYSTEM_ERRORS[code] : undefined) ?? error.message
}
