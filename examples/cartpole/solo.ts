/**
 * The crew of a run in one thread: one step of the actor, then one poll of the four appraisers, in an order that a seed
 * replays exactly.
 *
 * @module
 */

import type { ExperienceStream, SubscriptionStats } from 'experience-stream'
import { Actor, type Place } from './actor.js'
import { AppraisalPanel } from './appraisal.js'
import type { Crew } from './crew.js'
import { explorationAt } from './exploration.js'
import type { GreedyPolicy } from './policy.js'

/** Acts and appraises when it is asked to. */
export class SoloCrew implements Crew {
  readonly #stream: ExperienceStream
  readonly #actor: Actor
  readonly #panel: AppraisalPanel

  constructor(stream: ExperienceStream, policy: GreedyPolicy, seed: number, place: Partial<Place> = {}) {
    this.#stream = stream
    this.#panel = new AppraisalPanel(stream)
    this.#actor = new Actor(stream.writer, policy, seed, place)
  }

  get missed(): number {
    return this.#panel.missed
  }

  get cellsSeen(): number {
    return this.#actor.cellsSeen
  }

  advance(step: number): undefined {
    this.#actor.step(explorationAt(step - 1))
    this.#panel.poll()
  }

  async end(): Promise<SubscriptionStats[]> {
    return this.#stream.stats().subscriptions
  }

  async close(): Promise<void> {}
}
