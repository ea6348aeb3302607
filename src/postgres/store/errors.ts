/**
 * What can be wrong between a store and the stream that it is asked to keep.
 *
 * @module
 */

import { ExperienceError } from '../../errors.js'

/** The database has not the stream that is asked for, or several of which none was chosen. `known` has at most ten ids. */
export class UnknownStreamError extends ExperienceError {
  static override readonly className: string = 'UnknownStreamError'

  constructor(what: string, streamId: string | undefined, known: readonly string[]) {
    super('UNKNOWN_STREAM', what, { streamId, known })
  }
}

/**
 * Somebody else has moved the checkpoint of the stream since this store was opened: another process follows it too, or
 * the answer to the last commit was lost. Nothing was written; `open` tells what is committed.
 */
export class CheckpointMovedError extends ExperienceError {
  static override readonly className: string = 'CheckpointMovedError'

  constructor(streamId: string, expected: object, found: object) {
    super(
      'CHECKPOINT_MOVED',
      `the checkpoint of stream ${streamId} must be ${JSON.stringify(expected)}, it is ${JSON.stringify(found)}: open the store again`,
      { streamId, expected, found },
      true,
    )
  }
}

/** The stream has a journal, which is the only way in: write to the stream itself. */
export class JournalOwnedError extends ExperienceError {
  static override readonly className: string = 'JournalOwnedError'

  constructor(streamId: string) {
    super(
      'JOURNAL_OWNED',
      `stream ${streamId} is written by its journal: write to the stream, which the database follows`,
      { streamId },
    )
  }
}

/** A commit would give the stream's days more partitions than the store may have. */
export class TooManyDaysError extends ExperienceError {
  static override readonly className: string = 'TooManyDaysError'

  constructor(days: number, maxDays: number, example: string) {
    super(
      'TOO_MANY_DAYS',
      `the events would need partitions for ${days} days, at most ${maxDays} are allowed; one of the new ones is ${example}`,
      { days, maxDays, example },
    )
  }
}
