/**
 * What can be wrong with moving a stream from one place to another.
 *
 * @module
 */

import { ExperienceError } from '../../errors.js'

/** Source and target do not hold the same events. `details` has the numbers concerned, [startSeq, endSeq). */
export class TransferMismatchError extends ExperienceError {
  static override readonly className: string = 'TransferMismatchError'

  constructor(message: string, details: Readonly<Record<string, unknown>>) {
    super('TRANSFER_MISMATCH', message, details)
  }
}
