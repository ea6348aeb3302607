/**
 * The actor: plays CartPole with some exploration and writes every step into the ring.
 *
 * It knows nothing of learning; what it needs from the learner is a policy. It does not read the ring.
 *
 * @module
 */

import type { EventWriter } from 'experience-stream'
import { CartPole, Outcome, type Push } from './environment.js'
import { Novelty } from './novelty.js'
import type { GreedyPolicy } from './policy.js'
import { Random } from './random.js'
import { type Transition, writeTransition } from './state.js'

/** Plays one environment; its starts and its exploration depend on the seed alone. */
export class Actor {
  /** Lengths of the episodes that have ended. */
  readonly returns: number[] = []
  /** Steps that the actor had taken when each of them ended. */
  readonly endedAt: number[] = []
  readonly #writer: EventWriter
  readonly #policy: GreedyPolicy
  readonly #environment = new CartPole()
  readonly #novelty = new Novelty()
  readonly #starts: Random
  readonly #exploration: Random
  readonly #observation = new Float64Array(4)
  readonly #transition: Transition
  #last: Push | undefined

  constructor(writer: EventWriter, policy: GreedyPolicy, seed: number) {
    this.#writer = writer
    this.#policy = policy
    this.#starts = new Random(seed, 'starts')
    this.#exploration = new Random(seed, 'exploration')
    this.#environment.reset(this.#starts)
    this.#transition = {
      episode: 0,
      step: 0,
      tick: 0,
      observation: this.#observation,
      novelty: 1,
      push: 0,
      reversed: false,
      outcome: Outcome.Running,
      next: this.#environment.observation,
    }
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#transition.tick
  }

  /** Cells of the observation space that were visited. */
  get cellsSeen(): number {
    return this.#novelty.cellsSeen
  }

  /**
   * Takes one step, writes it and returns its sequence number.
   *
   * @param exploration chance of a random push, in [0, 1]
   */
  step(exploration: number): number {
    const environment = this.#environment
    const transition = this.#transition
    this.#observation.set(environment.observation)
    transition.step = environment.steps
    transition.novelty = this.#novelty.visit(this.#observation)
    transition.push = this.#choose(exploration)
    transition.reversed = this.#last !== undefined && this.#last !== transition.push
    transition.outcome = environment.step(transition.push)
    const seq = writeTransition(this.#writer, transition)
    transition.tick++
    this.#last = transition.push
    if (transition.outcome !== Outcome.Running) this.#begin()
    return seq
  }

  #choose(exploration: number): Push {
    if (this.#exploration.uniform() < exploration) return this.#exploration.below(2) === 1 ? 1 : 0
    return this.#policy.choose(this.#observation)
  }

  #begin(): void {
    this.returns.push(this.#environment.steps)
    this.endedAt.push(this.#transition.tick)
    this.#transition.episode++
    this.#last = undefined
    this.#environment.reset(this.#starts)
  }
}
