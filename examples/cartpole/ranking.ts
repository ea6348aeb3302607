/**
 * The experiences that a prioritized sampler is most likely to draw.
 *
 * @module
 */

import type { ExperienceStream } from 'experience-stream'
import { APPRAISERS } from './appraisal.js'
import type { DrawCounts } from './draws.js'
import type { Outcome, Push } from './environment.js'
import { PRIORITIZED } from './learner.js'
import { readObservation, readOutcome, readPush } from './state.js'

/** One experience of the live window. */
export interface RankedExperience {
  seq: number
  episode: number
  step: number
  /** x in m, velocity in m/s, angle in rad, ω in rad/s. */
  observation: number[]
  push: Push
  outcome: Outcome
  /** One reward per appraiser, in the order of their slots. */
  rewards: number[]
  totalReward: number
  /** How often it was drawn. */
  drawn: number
  /** Magnitude of the last temporal-difference error. */
  priority: number
  /** Chance of being drawn in a single draw. */
  probability: number
}

/** The live window by priority. */
export interface Ranking {
  /** Live events. */
  population: number
  /** Live events that were never drawn; they hold the priority that new events start with. */
  undrawn: number
  /** The highest priorities among those that were drawn, highest first. */
  top: RankedExperience[]
  /** `[population]`: pole angle in rad, oldest event first. */
  angles: Float64Array
  /** `[population]`: ω in rad/s. */
  turns: Float64Array
  /** `[population]`. */
  priorities: Float32Array
}

/**
 * Ranks the live window of a stream with explicit priorities and describes its first `count` events. Events that were
 * never drawn are not ranked: their priority is no error yet.
 */
export function rank(stream: ExperienceStream, draws: DrawCounts, count: number): Ranking {
  const window = stream.queryRange(stream.oldestSeq, stream.totalWritten)
  const states = window.states()
  const actions = window.actions()
  const rewards = window.rewards()
  const priorities = stream.getPriorities(window.seqs)
  const observations = new Float64Array(window.length * 4)
  for (let i = 0; i < window.length; i++) readObservation(states, i * 8, observations, i * 4)

  let sum = 0
  for (const priority of priorities) sum += weigh(priority)
  const order = Array.from(priorities.keys())
    .filter((i) => draws.of(window.seqs[i]) > 0)
    .sort((a, b) => priorities[b] - priorities[a] || b - a)
  const top = order.slice(0, count).map((i) => {
    const view = window.view(i)
    return {
      seq: window.seqs[i],
      episode: view.episodeIdNumber,
      step: view.stepNumber,
      observation: Array.from(observations.subarray(i * 4, i * 4 + 4)),
      push: readPush(actions, i * 8),
      outcome: readOutcome(actions, i * 8),
      rewards: Array.from(rewards.subarray(i * APPRAISERS.length, (i + 1) * APPRAISERS.length)),
      totalReward: view.totalReward,
      drawn: draws.of(window.seqs[i]),
      priority: priorities[i],
      probability: weigh(priorities[i]) / sum,
    }
  })
  return {
    population: window.length,
    undrawn: window.length - order.length,
    top,
    angles: column(observations, 2),
    turns: column(observations, 3),
    priorities,
  }
}

function weigh(priority: number): number {
  return (priority + PRIORITIZED.epsilon) ** PRIORITIZED.alpha
}

function column(observations: Float64Array, component: number): Float64Array {
  return Float64Array.from({ length: observations.length / 4 }, (_, i) => observations[i * 4 + component])
}
