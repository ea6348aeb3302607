/**
 * The four appraisers of a run: each a subscriber of the ring with a reward slot of its own.
 *
 * They are polled once per step of the environment rather than woken by the event loop, so that every reward stands
 * before the learner draws and a seed replays exactly.
 *
 * @module
 */

import {
  Appraiser,
  AppraiserType,
  curiosityAppraiser,
  type ExperienceStream,
  efficiencyAppraiser,
  goalAppraiser,
  homeostasisAppraiser,
} from 'experience-stream'

/** Names of the appraisers, in the order of their reward slots. */
export const APPRAISERS = ['homeostasis', 'curiosity', 'efficiency', 'goal'] as const

/** Appraises what is written to a stream from now on. */
export class AppraisalPanel {
  readonly #appraisers: readonly Appraiser[]

  constructor(stream: ExperienceStream) {
    this.#appraisers = [
      new Appraiser(stream, AppraiserType.Homeostasis, homeostasisAppraiser()),
      new Appraiser(stream, AppraiserType.Curiosity, curiosityAppraiser()),
      new Appraiser(stream, AppraiserType.Efficiency, efficiencyAppraiser()),
      new Appraiser(stream, AppraiserType.Goal, goalAppraiser()),
    ]
  }

  /** Lets each appraiser score what is new to it. */
  poll(): void {
    for (const appraiser of this.#appraisers) appraiser.poll()
  }

  /** Events that were gone before an appraiser saw them, summed over the four. */
  get missed(): number {
    return this.#appraisers.reduce((sum, appraiser) => sum + appraiser.missed, 0)
  }
}
