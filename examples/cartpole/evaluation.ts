/**
 * Episodes of a policy that neither learns nor explores, outside the ring.
 *
 * @module
 */

import { CartPole, Outcome } from './environment.js'
import type { GreedyPolicy } from './policy.js'
import type { Random } from './random.js'

/** One episode to look at: a cart position in m and a pole angle in rad for every step, the start included. */
export interface Playback {
  positions: number[]
  angles: number[]
}

/** Plays `episodes` episodes and returns their lengths. */
export function evaluate(policy: GreedyPolicy, episodes: number, starts: Random): number[] {
  const environment = new CartPole()
  const lengths: number[] = []
  for (let i = 0; i < episodes; i++) {
    environment.reset(starts)
    while (environment.step(policy.choose(environment.observation)) === Outcome.Running);
    lengths.push(environment.steps)
  }
  return lengths
}

/** Plays one episode and returns what it looked like. */
export function record(policy: GreedyPolicy, starts: Random): Playback {
  const environment = new CartPole()
  environment.reset(starts)
  const positions = [environment.observation[0]]
  const angles = [environment.observation[2]]
  let outcome: Outcome = Outcome.Running
  while (outcome === Outcome.Running) {
    outcome = environment.step(policy.choose(environment.observation))
    positions.push(environment.observation[0])
    angles.push(environment.observation[2])
  }
  return { positions, angles }
}

/** The arithmetic mean; 0 of nothing. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return values.length > 0 ? sum / values.length : 0
}
