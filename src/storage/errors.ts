/**
 * The errors of durable memory.
 *
 * @module
 */

import { ExperienceError } from '../errors.js'

/** There is no room for the write until the journal has caught up. Nothing was written; the same call may succeed later. */
export class BackpressureError extends ExperienceError {
  static override readonly className: string = 'BackpressureError'
  /** How long the backlog is expected to take, in ms; `ready` resolves when there is room. */
  readonly retryAfterMs: number

  constructor(what: string, retryAfterMs: number, details: Readonly<Record<string, unknown>> = {}) {
    super(
      'BACKPRESSURE',
      `${what}; retry after ${retryAfterMs} ms or await ready()`,
      { ...details, retryAfterMs },
      true,
    )
    this.retryAfterMs = retryAfterMs
  }
}

/** Storage refused an operation: the disk is full, a permission is missing, a write or a sync failed. */
export class StorageError extends ExperienceError {
  static override readonly className: string = 'StorageError'

  constructor(message: string, details: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super('STORAGE', message, details)
    if (cause !== undefined) this.cause = cause
  }
}

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
