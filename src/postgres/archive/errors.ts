/**
 * What can be wrong with days that are in files.
 *
 * @module
 */

import { ExperienceError } from '../../errors.js'
import type { ArchiveReport } from '../contract.js'

type Details = Readonly<Record<string, unknown>>

const MOST_NAMED = 3

/**
 * This process has not the directory in which the database keeps its archived days: it was not told of one, the directory
 * is empty or another database's, or a file is missing in it.
 */
export class ArchiveUnavailableError extends ExperienceError {
  static override readonly className: string = 'ArchiveUnavailableError'

  constructor(message: string, details?: Details) {
    super('ARCHIVE_UNAVAILABLE', message, details)
  }
}

/** A file that was just made does not give back what the database has. It was removed, and nothing was dropped. */
export class ArchiveVerificationError extends ExperienceError {
  static override readonly className: string = 'ArchiveVerificationError'

  constructor(file: string, what: string, details: Details = {}) {
    super('ARCHIVE_VERIFICATION', `${file} is not what it should be: ${what}; nothing was dropped`, {
      file,
      ...details,
    })
  }
}

/** Another process, or another call of this one, moves days at this moment. */
export class ArchiveBusyError extends ExperienceError {
  static override readonly className: string = 'ArchiveBusyError'

  constructor(address: string) {
    super(
      'ARCHIVE_BUSY',
      `the archive of ${address} is being worked on by somebody else: try again later`,
      { address },
      true,
    )
  }
}

/** Files of a view have been replaced and removed since it was taken: take a new one and go on behind the last event. */
export class ArchiveChangedError extends ExperienceError {
  static override readonly className: string = 'ArchiveChangedError'

  constructor(generation: number) {
    super(
      'ARCHIVE_CHANGED',
      `the files of generation ${generation} of the archive are gone: read again`,
      { generation },
      true,
    )
  }
}

/** Some days could not be moved; all others were. `details` has the report, and the days with what was in the way. */
export class ArchiveIncompleteError extends ExperienceError {
  static override readonly className: string = 'ArchiveIncompleteError'

  constructor(report: ArchiveReport, failed: readonly { readonly day: string; readonly error: unknown }[]) {
    const days = failed.map(({ day, error }) => `${day}: ${(error as Error).message}`)
    const more = days.length > MOST_NAMED ? `; and ${days.length - MOST_NAMED} more` : ''
    const retryable = failed.every(({ error }) => error instanceof ExperienceError && error.retryable)
    super(
      'ARCHIVE_INCOMPLETE',
      `${days.length === 1 ? 'a day' : `${days.length} days`} could not be archived: ${days.slice(0, MOST_NAMED).join('; ')}${more}`,
      { report, failed },
      retryable,
    )
  }
}
