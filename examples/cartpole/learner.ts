/**
 * The learner: double Q-learning (van Hasselt et al., 2016) on what `sampleBatch` returns, and on nothing else.
 *
 * Every update draws one batch of transitions, moves the network along the Huber loss of their temporal-difference
 * errors, weighted by the batch's importance weights, and hands the errors' magnitudes back through `setPriorities`, so
 * that what surprised the learner is drawn more often (prioritized experience replay, Schaul et al., 2016). The reward
 * of a transition is the event's total: what the four appraisers wrote. Where appraisers work beside the learner, a draw
 * of an event that not all four have scored yet teaches nothing. A terminated transition has no future, a truncated one
 * has. The target network follows by soft updates.
 *
 * The policy that is validated and frozen is that of a third network, the running mean of the one that learns (Polyak and
 * Juditsky, 1992): what a single update does to a policy is erratic, what thousands do on average is not.
 *
 * @module
 */

import {
  EventFlags,
  type ExperienceStream,
  prioritizedReward,
  type SampleBatch,
  type SamplingStrategy,
  uniform,
} from 'experience-stream'
import { Adam, type AdamMemory } from './adam.js'
import { DrawCounts } from './draws.js'
import { Outcome } from './environment.js'
import { Activations, Network } from './network.js'
import { LAYERS, scaleObservations } from './policy.js'
import type { Random } from './random.js'
import { readNextObservation, readObservation, readOutcome, readPush } from './state.js'

/** How a batch is drawn: by the learner's own errors, or every live event alike. */
export type Replay = 'prioritized' | 'uniform'

/** Prioritized draws: probability ∝ (priority + epsilon)^alpha, bias corrected by beta. */
export const PRIORITIZED = { alpha: 0.6, beta: 1, epsilon: 0.01 } as const

/** Transitions in a batch; an update needs at least one event in the ring. */
export const BATCH = 64

const DISCOUNT = 0.99
const TARGET_RATE = 0.005
/** Once this many updates are averaged, older ones fade. */
const AVERAGED_UPDATES = 2_000
const LEARNING_RATE = 1e-3
const FINAL_LEARNING_RATE = 1e-4
/** Errors beyond this count linearly, not by their square. */
const HUBER = 10

/** What a learner is gone on with. */
export interface LearnerMemory {
  updates: number
  online: Float64Array
  target: Float64Array
  average: Float64Array
  optimiser: AdamMemory
}

/** The part of a stream that learning needs. */
export type ReplaySource = Pick<ExperienceStream, 'capacity' | 'sampleBatch' | 'setPriorities'>

/** Learns from a stream; after its first update it allocates next to nothing. */
export class Learner {
  readonly online = new Network(LAYERS)
  readonly target = new Network(LAYERS)
  readonly average = new Network(LAYERS)
  /** How often each live event was drawn. */
  readonly draws: DrawCounts
  /** Updates made. */
  updates = 0
  /** Mean magnitude of the errors of the last batch. */
  lastError = 0
  /** Priorities that came too late: their events had been evicted since the draw. */
  latePriorities = 0
  readonly #source: ReplaySource
  readonly #replay: Replay
  readonly #strategy: SamplingStrategy
  readonly #optimiser = new Adam(this.online.parameters)
  readonly #gradient = new Float64Array(this.online.parameters.length)
  readonly #here = new Activations(LAYERS, BATCH)
  readonly #next = new Activations(LAYERS, BATCH)
  readonly #states = new Float32Array(BATCH * 8)
  readonly #actions = new Float32Array(BATCH * 8)
  readonly #rewards = new Float32Array(BATCH)
  readonly #weights = new Float32Array(BATCH)
  readonly #seqs = new Float64Array(BATCH)
  readonly #bestNext = new Uint8Array(BATCH)
  readonly #errors = new Float64Array(BATCH)
  #batch: SampleBatch | undefined

  /** @param random where the first weights come from */
  constructor(source: ReplaySource, replay: Replay, random: Random) {
    this.#source = source
    this.#replay = replay
    this.draws = new DrawCounts(source.capacity)
    this.#strategy = replay === 'prioritized' ? prioritizedReward(PRIORITIZED) : uniform()
    this.online.initialise(random)
    this.target.parameters.set(this.online.parameters)
    this.average.parameters.set(this.online.parameters)
  }

  /**
   * Draws one batch and learns from it.
   *
   * @param progress how much of the run is over, in [0, 1]; the learning rate falls with it
   */
  update(progress: number): void {
    const batch = this.#source.sampleBatch(BATCH, this.#strategy, { replacement: true, into: this.#batch })
    this.#batch = batch
    this.draws.add(batch.seqs)
    const rows = this.#load(batch)
    if (rows === 0) return
    this.#difference(rows)
    this.#descend(rows, LEARNING_RATE + (FINAL_LEARNING_RATE - LEARNING_RATE) * progress)
    this.#follow()
    if (this.#replay === 'prioritized') {
      const { evicted } = this.#source.setPriorities(this.#seqs.subarray(0, rows), this.#errors.subarray(0, rows))
      this.latePriorities += evicted
    }
    this.updates++
  }

  /** What it is gone on with; the arrays are its own and change with the next update. */
  save(): LearnerMemory {
    return {
      updates: this.updates,
      online: this.online.parameters,
      target: this.target.parameters,
      average: this.average.parameters,
      optimiser: this.#optimiser.save(),
    }
  }

  /** Goes on with it. */
  restore({ updates, online, target, average, optimiser }: LearnerMemory): void {
    this.updates = updates
    this.online.parameters.set(online)
    this.target.parameters.set(target)
    this.average.parameters.set(average)
    this.#optimiser.restore(optimiser)
  }

  /** Loads the fully appraised events of a batch and returns how many these are. */
  #load(batch: SampleBatch): number {
    batch.states(this.#states)
    batch.actions(this.#actions)
    batch.totalRewards(this.#rewards)
    let rows = 0
    let from = 0
    for (const { flags } of batch) {
      if ((flags & EventFlags.FULLY_APPRAISED) !== 0) this.#take(batch, from, rows++)
      from++
    }
    scaleObservations(this.#here.input, rows)
    scaleObservations(this.#next.input, rows)
    return rows
  }

  /** Makes event `from` of the batch row `row` of what is learned from. */
  #take(batch: SampleBatch, from: number, row: number): void {
    readObservation(this.#states, from * 8, this.#here.input, row * 4)
    readNextObservation(this.#actions, from * 8, this.#next.input, row * 4)
    this.#actions.copyWithin(row * 8, from * 8, from * 8 + 8)
    this.#rewards[row] = this.#rewards[from]
    this.#weights[row] = batch.weights[from]
    this.#seqs[row] = batch.seqs[from]
  }

  /** Leaves every row's value minus its target in `#errors`: the online network chooses, the target network values. */
  #difference(rows: number): void {
    const here = this.#here.output
    const next = this.#next.output
    this.online.forward(this.#here, rows)
    this.online.forward(this.#next, rows)
    for (let row = 0; row < rows; row++) this.#bestNext[row] = next[row * 2 + 1] > next[row * 2] ? 1 : 0
    this.target.forward(this.#next, rows)
    for (let row = 0; row < rows; row++) {
      const terminated = readOutcome(this.#actions, row * 8) === Outcome.Terminated
      const future = terminated ? 0 : next[row * 2 + this.#bestNext[row]]
      const value = here[row * 2 + readPush(this.#actions, row * 8)]
      this.#errors[row] = value - (this.#rewards[row] + DISCOUNT * future)
    }
  }

  /** Moves the online network against the loss's gradient and leaves the errors' magnitudes in `#errors`. */
  #descend(rows: number, learningRate: number): void {
    const slopes = this.#here.outputGradient
    slopes.fill(0)
    let sum = 0
    for (let row = 0; row < rows; row++) {
      const error = this.#errors[row]
      const clipped = Math.max(-HUBER, Math.min(HUBER, error))
      slopes[row * 2 + readPush(this.#actions, row * 8)] = (this.#weights[row] * clipped) / rows
      this.#errors[row] = Math.abs(error)
      sum += this.#errors[row]
    }
    this.lastError = sum / rows
    this.#gradient.fill(0)
    this.online.backward(this.#here, this.#gradient, rows)
    this.#optimiser.step(this.#gradient, learningRate)
  }

  #follow(): void {
    approach(this.target.parameters, this.online.parameters, TARGET_RATE)
    approach(this.average.parameters, this.online.parameters, 1 / Math.min(AVERAGED_UPDATES, this.updates + 1))
  }
}

/** Moves every element of `values` by the given share of its way to that of `goal`. */
function approach(values: Float64Array, goal: Float64Array, share: number): void {
  for (let i = 0; i < values.length; i++) values[i] += share * (goal[i] - values[i])
}
