/**
 * The actor: plays CartPole with some exploration and writes every step into the ring.
 *
 * It knows nothing of learning; what it needs from the learner is a policy. It does not read the ring.
 *
 * @module
 */

import { CartPole, Outcome, type Push } from './environment.js'
import { Novelty } from './novelty.js'
import type { GreedyPolicy } from './policy.js'
import { Random } from './random.js'
import { type Transition, type TransitionWriter, writeTransition } from './state.js'

/** An actor's place among those who write into one ring. */
export interface Place {
  /** Its number, from 0, and how many there are: which episodes are its own. */
  index: number
  of: number
  novelty: Novelty
  /** Steps of the run, and episodes, that were before it: a run that is gone on with. */
  past: { steps: number; episodes: number }
}

/** Plays one environment; its starts and its exploration depend on the seed and its place alone. */
export class Actor {
  readonly #writer: TransitionWriter
  readonly #policy: GreedyPolicy
  readonly #environment = new CartPole()
  readonly #novelty: Novelty
  readonly #episodeStride: number
  readonly #starts: Random
  readonly #exploration: Random
  readonly #observation = new Float64Array(4)
  readonly #transition: Transition
  #last: Push | undefined

  constructor(writer: TransitionWriter, policy: GreedyPolicy, seed: number, place: Partial<Place> = {}) {
    const { index = 0, of = 1, novelty = new Novelty(), past = { steps: 0, episodes: 0 } } = place
    const which = index === 0 ? '' : ` ${index}`
    // Going on with the numbers of the first start would be playing the same episodes again.
    const suffix = past.steps === 0 ? which : `${which} after ${past.steps}`
    this.#writer = writer
    this.#policy = policy
    this.#novelty = novelty
    this.#episodeStride = of
    this.#starts = new Random(seed, `starts${suffix}`)
    this.#exploration = new Random(seed, `exploration${suffix}`)
    this.#environment.reset(this.#starts)
    this.#transition = {
      episode: past.episodes + index,
      step: 0,
      tick: past.steps - 1,
      observation: this.#observation,
      novelty: 1,
      push: 0,
      reversed: false,
      outcome: Outcome.Running,
      next: this.#environment.observation,
    }
  }

  /** Cells of the observation space that were visited. */
  get cellsSeen(): number {
    return this.#novelty.cellsSeen
  }

  /**
   * Takes one step and writes it.
   *
   * @param exploration chance of a random push, in [0, 1]
   * @param tick number of the step within the run; by default the one after the last
   */
  step(exploration: number, tick: number = this.#transition.tick + 1): void {
    const environment = this.#environment
    const transition = this.#transition
    this.#observation.set(environment.observation)
    transition.tick = tick
    transition.step = environment.steps
    transition.novelty = this.#novelty.visit(this.#observation)
    transition.push = this.#choose(exploration)
    transition.reversed = this.#last !== undefined && this.#last !== transition.push
    transition.outcome = environment.step(transition.push)
    writeTransition(this.#writer, transition)
    this.#last = transition.push
    if (transition.outcome !== Outcome.Running) this.#begin()
  }

  #choose(exploration: number): Push {
    if (this.#exploration.uniform() < exploration) return this.#exploration.below(2) === 1 ? 1 : 0
    return this.#policy.choose(this.#observation)
  }

  #begin(): void {
    this.#transition.episode += this.#episodeStride
    this.#last = undefined
    this.#environment.reset(this.#starts)
  }
}
