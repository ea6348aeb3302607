/**
 * What a write meets where a journal has to keep it: the errors of durable memory that every thread of a shared stream
 * can throw.
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
