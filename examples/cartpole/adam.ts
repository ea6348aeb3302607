/**
 * Adam (Kingma and Ba, 2015): gradient steps scaled by running means of the gradient and of its square.
 *
 * @module
 */

const MEAN_DECAY = 0.9
const SQUARE_DECAY = 0.999
const EPSILON = 1e-8

/** The running means of an optimiser. */
export interface AdamMemory {
  mean: Float64Array
  square: Float64Array
  meanCorrection: number
  squareCorrection: number
}

/** The optimiser of one parameter array. */
export class Adam {
  readonly #parameters: Float64Array
  readonly #mean: Float64Array
  readonly #square: Float64Array
  #meanCorrection = 1
  #squareCorrection = 1

  /** @param parameters what is moved; it stays the caller's */
  constructor(parameters: Float64Array) {
    this.#parameters = parameters
    this.#mean = new Float64Array(parameters.length)
    this.#square = new Float64Array(parameters.length)
  }

  /** What the optimiser is gone on with. */
  save(): AdamMemory {
    return {
      mean: this.#mean,
      square: this.#square,
      meanCorrection: this.#meanCorrection,
      squareCorrection: this.#squareCorrection,
    }
  }

  /** Goes on with it. */
  restore({ mean, square, meanCorrection, squareCorrection }: AdamMemory): void {
    this.#mean.set(mean)
    this.#square.set(square)
    this.#meanCorrection = meanCorrection
    this.#squareCorrection = squareCorrection
  }

  /** Moves the parameters one step against `gradient`. */
  step(gradient: Float64Array, learningRate: number): void {
    this.#meanCorrection *= MEAN_DECAY
    this.#squareCorrection *= SQUARE_DECAY
    const parameters = this.#parameters
    const mean = this.#mean
    const square = this.#square
    const scale = (learningRate * Math.sqrt(1 - this.#squareCorrection)) / (1 - this.#meanCorrection)
    for (let i = 0; i < parameters.length; i++) {
      const slope = gradient[i]
      const m = MEAN_DECAY * mean[i] + (1 - MEAN_DECAY) * slope
      const s = SQUARE_DECAY * square[i] + (1 - SQUARE_DECAY) * slope * slope
      mean[i] = m
      square[i] = s
      parameters[i] -= (scale * m) / (Math.sqrt(s) + EPSILON)
    }
  }
}
