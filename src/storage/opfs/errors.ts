/**
 * The error that only a browser's storage knows.
 *
 * @module
 */

import { ExperienceError } from '../../errors.js'

/** Only a dedicated worker can write files in the call; this is a page's main thread or another kind of worker. */
export class WorkerRequiredError extends ExperienceError {
  static override readonly className: string = 'WorkerRequiredError'

  constructor(directory: string) {
    super(
      'WORKER_REQUIRED',
      `${directory} can be opened in a dedicated worker only, where the browser gives synchronous access to files: open it ` +
        'there, with shared: true if the page is to have the stream too, and give the page its handle()',
      { directory },
    )
  }
}
