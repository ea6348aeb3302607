/**
 * Who fills the ring of a run: those who act and those who appraise, in the learner's thread or in threads of their own.
 *
 * @module
 */

import type { SubscriptionStats } from 'experience-stream'

/** What a run asks of them. */
export interface Crew {
  /** Events that were gone before an appraiser saw them, summed over the four. */
  readonly missed: number
  /** Cells of the observation space that were visited. */
  readonly cellsSeen: number

  /**
   * Brings the first `step` steps into the ring, each with its four rewards. Steps are asked for one after the other;
   * returns a promise only where they have to be waited for.
   */
  advance(step: number): Promise<void> | undefined

  /** Ends the work after the last step and returns the accounts of the four appraisers, in the order of their slots. */
  end(): Promise<SubscriptionStats[]>

  /** Lets go of everything, also in the middle of a run. */
  close(): Promise<void>
}

/** A crew that cannot go on; the message is for the user. */
export class CrewError extends Error {}
