/**
 * A small multi-layer perceptron with ReLU between its layers, in plain typed arrays: batches forward and backward,
 * nothing allocated after construction.
 *
 * All weights live in one `Float64Array` (layer by layer: matrix `[outputs, inputs]` row by row, then biases), so that
 * copying, averaging and optimising a network are loops over one array.
 *
 * @module
 */

import type { Random } from './random.js'

/** One dense layer: where its weights lie in the network's parameters. */
interface Layer {
  inputs: number
  outputs: number
  matrix: number
  biases: number
}

/** What a forward pass leaves behind for the backward pass: one array `[rows, width]` per layer, the input first. */
export class Activations {
  readonly rows: number
  readonly values: Float64Array[]
  readonly gradients: Float64Array[]

  /** @param sizes units per layer, input first */
  constructor(sizes: readonly number[], rows: number) {
    this.rows = rows
    this.values = sizes.map((size) => new Float64Array(rows * size))
    this.gradients = sizes.map((size) => new Float64Array(rows * size))
  }

  /** `[rows, inputs]`, to be filled before a forward pass. */
  get input(): Float64Array {
    return this.values[0]
  }

  /** `[rows, outputs]`, filled by a forward pass. */
  get output(): Float64Array {
    return this.values[this.values.length - 1]
  }

  /** `[rows, outputs]`: the loss's gradient, to be filled before a backward pass. */
  get outputGradient(): Float64Array {
    return this.gradients[this.gradients.length - 1]
  }
}

/** A multi-layer perceptron. */
export class Network {
  readonly parameters: Float64Array
  readonly #layers: Layer[] = []

  /** @param sizes units per layer, input first; a multiple of 4 is fastest */
  constructor(sizes: readonly number[]) {
    let offset = 0
    for (let i = 1; i < sizes.length; i++) {
      const inputs = sizes[i - 1]
      const outputs = sizes[i]
      this.#layers.push({ inputs, outputs, matrix: offset, biases: offset + inputs * outputs })
      offset += (inputs + 1) * outputs
    }
    this.parameters = new Float64Array(offset)
  }

  /**
   * Draws the hidden layers' weights as He et al. (2015) and leaves the output layer at 0, so that an untrained network
   * values everything alike and owes nothing to a lucky draw.
   */
  initialise(random: Random): void {
    this.parameters.fill(0)
    for (const layer of this.#layers.slice(0, -1)) {
      const bound = Math.sqrt(6 / layer.inputs)
      for (let i = layer.matrix; i < layer.biases; i++) this.parameters[i] = random.between(-bound, bound)
    }
  }

  /** Computes `activations.output` from the first `rows` rows of `activations.input`. */
  forward(activations: Activations, rows: number = activations.rows): void {
    const last = this.#layers.length - 1
    for (let i = 0; i <= last; i++) {
      const layer = this.#layers[i]
      const input = activations.values[i]
      const output = activations.values[i + 1]
      dense(this.parameters, layer, input, output, rows, i < last)
    }
  }

  /** Adds the gradient of the first `rows` rows, given `activations.outputGradient`, to `gradient`. */
  backward(activations: Activations, gradient: Float64Array, rows: number = activations.rows): void {
    for (let i = this.#layers.length - 1; i >= 0; i--) {
      const layer = this.#layers[i]
      const input = activations.values[i]
      const outputGradient = activations.gradients[i + 1]
      denseGradient(layer, input, outputGradient, gradient, rows)
      if (i > 0) {
        inputGradient(this.parameters, layer, input, outputGradient, activations.gradients[i], rows)
      }
    }
  }
}

function dense(
  parameters: Float64Array,
  layer: Layer,
  input: Float64Array,
  output: Float64Array,
  rows: number,
  rectify: boolean,
): void {
  const { inputs, outputs, matrix, biases } = layer
  for (let row = 0; row < rows; row++) {
    const from = row * inputs
    const to = row * outputs
    let unit = 0
    // Four units at a time: each input is loaded once for all of them, and the four sums do not wait for each other.
    for (; unit + 4 <= outputs; unit += 4) {
      const first = matrix + unit * inputs
      const second = first + inputs
      const third = second + inputs
      const fourth = third + inputs
      let a = parameters[biases + unit]
      let b = parameters[biases + unit + 1]
      let c = parameters[biases + unit + 2]
      let d = parameters[biases + unit + 3]
      for (let i = 0; i < inputs; i++) {
        const value = input[from + i]
        a += value * parameters[first + i]
        b += value * parameters[second + i]
        c += value * parameters[third + i]
        d += value * parameters[fourth + i]
      }
      output[to + unit] = rectify && a < 0 ? 0 : a
      output[to + unit + 1] = rectify && b < 0 ? 0 : b
      output[to + unit + 2] = rectify && c < 0 ? 0 : c
      output[to + unit + 3] = rectify && d < 0 ? 0 : d
    }
    for (; unit < outputs; unit++) {
      const weights = matrix + unit * inputs
      let sum = parameters[biases + unit]
      for (let i = 0; i < inputs; i++) sum += input[from + i] * parameters[weights + i]
      output[to + unit] = rectify && sum < 0 ? 0 : sum
    }
  }
}

function denseGradient(
  layer: Layer,
  input: Float64Array,
  outputGradient: Float64Array,
  gradient: Float64Array,
  rows: number,
): void {
  const { inputs, outputs, matrix, biases } = layer
  for (let row = 0; row < rows; row++) {
    const from = row * inputs
    for (let unit = 0; unit < outputs; unit++) {
      const slope = outputGradient[row * outputs + unit]
      if (slope === 0) continue
      const to = matrix + unit * inputs
      for (let i = 0; i < inputs; i++) gradient[to + i] += slope * input[from + i]
      gradient[biases + unit] += slope
    }
  }
}

function inputGradient(
  parameters: Float64Array,
  layer: Layer,
  input: Float64Array,
  outputGradient: Float64Array,
  result: Float64Array,
  rows: number,
): void {
  const { inputs, outputs, matrix } = layer
  result.fill(0, 0, rows * inputs)
  for (let row = 0; row < rows; row++) {
    const to = row * inputs
    for (let unit = 0; unit < outputs; unit++) {
      const slope = outputGradient[row * outputs + unit]
      if (slope === 0) continue
      const from = matrix + unit * inputs
      for (let i = 0; i < inputs; i++) result[to + i] += slope * parameters[from + i]
    }
    // The input of this layer is the output of a rectifier, whose slope is 0 where it cut off.
    for (let i = to; i < to + inputs; i++) if (input[i] === 0) result[i] = 0
  }
}
