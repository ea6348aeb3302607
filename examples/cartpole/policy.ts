/**
 * From an observation to a push: the network's input features, and the greedy choice.
 *
 * @module
 */

import { ANGLE_LIMIT, POSITION_LIMIT, type Push } from './environment.js'
import { Activations, Network } from './network.js'

/** Units of the value network: the observation, two hidden layers, one value per push. */
export const LAYERS: readonly number[] = [4, 32, 32, 2]

/** Divides the four components of an observation, so that what a good policy meets lies within about ±1. */
const SCALE: readonly number[] = [POSITION_LIMIT, 2, ANGLE_LIMIT, 2]

/** Turns the `rows` observations in `values`, `[rows, 4]`, into features in place. */
export function scaleObservations(values: Float64Array, rows: number): void {
  for (let i = 0; i < rows * 4; i++) values[i] /= SCALE[i % 4]
}

/** Chooses the push that the network values most. */
export class GreedyPolicy {
  readonly #network: Network
  readonly #activations = new Activations(LAYERS, 1)

  /** @param network is read at every choice, so that the policy follows it while it learns */
  constructor(network: Network) {
    this.#network = network
  }

  /** A copy that later changes of the network do not reach. */
  static frozen(parameters: Float64Array): GreedyPolicy {
    const network = new Network(LAYERS)
    network.parameters.set(parameters)
    return new GreedyPolicy(network)
  }

  /** The better push for an observation `[4]`; left where both are worth the same. */
  choose(observation: ArrayLike<number>): Push {
    const input = this.#activations.input
    for (let i = 0; i < 4; i++) input[i] = observation[i]
    scaleObservations(input, 1)
    this.#network.forward(this.#activations)
    const values = this.#activations.output
    return values[1] > values[0] ? 1 : 0
  }
}
