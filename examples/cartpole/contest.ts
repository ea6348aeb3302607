/**
 * The choice of the policy that is frozen in the end.
 *
 * @module
 */

import { evaluate, mean } from './evaluation.js'
import { GreedyPolicy } from './policy.js'
import { Random } from './random.js'

const VALIDATION_STARTS = 20

/** A validation of the policy during a run. */
export interface Checkpoint {
  step: number
  /** Mean length of the validation episodes. */
  mean: number
}

/** What a contest is gone on with. */
export interface ContestMemory {
  checkpoints: Checkpoint[]
  chosen: Checkpoint
  steps: number
  /** Parameters of the policy that is ahead. */
  winner: Float64Array
}

/** Validates policies on the same starts and keeps the best; of equal ones the latest. */
export class Contest {
  checkpoints: Checkpoint[] = []
  chosen: Checkpoint = { step: 0, mean: -1 }
  /** Steps played so far. */
  steps = 0
  readonly #seed: number
  #winner: Float64Array = new Float64Array(0)

  constructor(seed: number) {
    this.#seed = seed
  }

  /** The best policy so far. */
  get winner(): GreedyPolicy {
    return GreedyPolicy.frozen(this.#winner)
  }

  enter(step: number, parameters: Float64Array): void {
    const lengths = evaluate(GreedyPolicy.frozen(parameters), VALIDATION_STARTS, new Random(this.#seed, 'validation'))
    const checkpoint = { step, mean: mean(lengths) }
    this.checkpoints.push(checkpoint)
    this.steps += lengths.reduce((sum, length) => sum + length, 0)
    if (checkpoint.mean < this.chosen.mean) return
    this.chosen = checkpoint
    this.#winner = parameters.slice()
  }

  save(): ContestMemory {
    const { checkpoints, chosen, steps } = this
    return { checkpoints, chosen, steps, winner: this.#winner }
  }

  restore({ checkpoints, chosen, steps, winner }: ContestMemory): void {
    this.checkpoints = checkpoints
    this.chosen = chosen
    this.steps = steps
    this.#winner = winner
  }
}
