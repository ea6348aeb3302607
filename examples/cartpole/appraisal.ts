/**
 * The four appraisers of a run: each a subscriber of the ring with a reward slot of its own.
 *
 * In one thread they are polled once per step of the environment rather than woken by the event loop, so that every
 * reward stands before the learner draws and a seed replays exactly. With threads each has one of its own.
 *
 * @module
 */

import {
  Appraiser,
  type AppraiserFunction,
  AppraiserType,
  curiosityAppraiser,
  type ExperienceStream,
  efficiencyAppraiser,
  goalAppraiser,
  homeostasisAppraiser,
} from 'experience-stream'

/** Names of the appraisers, in the order of their reward slots. */
export const APPRAISERS = ['homeostasis', 'curiosity', 'efficiency', 'goal'] as const

/** The same appraisers: which slot each owns, and how it scores. */
export const SCORES: readonly { slot: AppraiserType; score: AppraiserFunction }[] = [
  { slot: AppraiserType.Homeostasis, score: homeostasisAppraiser() },
  { slot: AppraiserType.Curiosity, score: curiosityAppraiser() },
  { slot: AppraiserType.Efficiency, score: efficiencyAppraiser() },
  { slot: AppraiserType.Goal, score: goalAppraiser() },
]

/** Appraises what is written to a stream from now on. */
export class AppraisalPanel {
  readonly #appraisers: readonly Appraiser[]

  constructor(stream: ExperienceStream) {
    this.#appraisers = SCORES.map(({ slot, score }) => new Appraiser(stream, slot, score))
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
