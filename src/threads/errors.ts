/**
 * Errors that only a ring shared by threads knows.
 *
 * @module
 */

import { ExperienceError } from '../errors.js'

/** The platform has no memory that threads can share. */
export class SharedMemoryUnavailableError extends ExperienceError {
  static override readonly className: string = 'SharedMemoryUnavailableError'

  constructor(reason: string) {
    super(
      'SHARED_MEMORY_UNAVAILABLE',
      `shared: true needs SharedArrayBuffer, ${reason}; a page gets it when it is served with the headers ` +
        'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp (or credentialless)',
      { reason },
    )
  }
}

/** This thread has been retired: it may no longer write. */
export class WriterRetiredError extends ExperienceError {
  static override readonly className: string = 'WriterRetiredError'

  constructor(writerId: number) {
    super('WRITER_RETIRED', `writer ${writerId} has been retired and may no longer write; attach with a new handle`, {
      writerId,
    })
  }
}

/** No event has the sequence number or ever will: the thread that had claimed it gave it up. */
export class SequenceAbortedError extends ExperienceError {
  static override readonly className: string = 'SequenceAbortedError'

  constructor(seq: number) {
    super('SEQUENCE_ABORTED', `sequence number ${seq} was given up by the thread that had claimed it`, { seq })
  }
}
