/**
 * The errors of durable memory.
 *
 * @module
 */

import { ExperienceError } from '../errors.js'

export { BackpressureError, StorageError } from '../threads/journal-errors.js'

/** Another process, or another stream of this one, owns the directory. */
export class DirectoryLockedError extends ExperienceError {
  static override readonly className: string = 'DirectoryLockedError'

  constructor(directory: string, owner: Readonly<Record<string, unknown>>) {
    super('DIRECTORY_LOCKED', `${directory} is in use by ${owners(owner)}`, { directory, ...owner }, true)
  }
}

function owners(owner: Readonly<Record<string, unknown>>): string {
  return owner.pid === undefined ? 'another stream' : `process ${owner.pid}`
}

/** A stored file holds damaged bytes. `details` has the file, the offset, the length and the events concerned. */
export class CorruptSegmentError extends ExperienceError {
  static override readonly className: string = 'CorruptSegmentError'

  constructor(file: string, offset: number, what: string, details: Readonly<Record<string, unknown>> = {}) {
    super('CORRUPT_SEGMENT', `${file} is damaged at byte ${offset}: ${what}`, { file, offset, ...details })
  }
}

/** An optional package that this feature needs is not installed; the message has the command that installs it. */
export class MissingDependencyError extends ExperienceError {
  static override readonly className: string = 'MissingDependencyError'

  constructor(feature: string, packages: readonly string[]) {
    super('MISSING_DEPENDENCY', `${feature} needs ${packages.join(' and ')}: npm install ${packages.join(' ')}`, {
      feature,
      packages,
    })
  }
}

/** A store cannot follow this journal: it holds another stream's events, or events that the journal does not know. */
export class StoreMismatchError extends ExperienceError {
  static override readonly className: string = 'StoreMismatchError'

  constructor(store: string, what: string, details: Readonly<Record<string, unknown>> = {}) {
    super('STORE_MISMATCH', `the store '${store}' cannot follow this journal: ${what}`, { store, ...details })
  }
}

/** A result has more events than the caller said it would hold. Nothing is wrong with the stored events. */
export class ResultTooLargeError extends ExperienceError {
  static override readonly className: string = 'ResultTooLargeError'

  constructor(limit: number) {
    super(
      'RESULT_TOO_LARGE',
      `the result must have at most ${limit} events, it has more; iterate it, or limit the query`,
      {
        limit,
      },
    )
  }
}
