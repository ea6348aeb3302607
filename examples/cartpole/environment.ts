/**
 * CartPole: a cart on a rail balances a pole, pushed left or right with the same force at every step.
 *
 * The equations are those of Barto, Sutton and Anderson (1983) without friction, with the constants, limits, Euler
 * integration and start distribution of Gym's `CartPole-v1`: an episode *terminates* when the cart leaves ±2.4 m or the
 * pole ±12°, and is *truncated* after 500 steps. Each step is worth 1, so the return of an episode is its length.
 *
 * @module
 */

import type { Random } from './random.js'

const GRAVITY = 9.8
const CART_MASS = 1
const POLE_MASS = 0.1
const TOTAL_MASS = CART_MASS + POLE_MASS
/** Half of the pole's length, from its joint to its centre of mass, in m. */
const HALF_LENGTH = 0.5
const POLE_MASS_LENGTH = POLE_MASS * HALF_LENGTH
const FORCE = 10

/** Seconds between two steps. */
export const STEP_SECONDS = 0.02

/** The cart must stay within ± this, in m. */
export const POSITION_LIMIT = 2.4

/** The pole must stay within ± this, in radians: 12°. */
export const ANGLE_LIMIT = (12 * 2 * Math.PI) / 360

/** Steps after which an episode is truncated. */
export const MAX_STEPS = 500

/** Every component of a start state is drawn from ± this. */
export const START_RANGE = 0.05

/** Push to the left (0) or to the right (1). */
export type Push = 0 | 1

/** How a step left the episode. */
export const Outcome = {
  /** The episode goes on. */
  Running: 0,
  /** A limit was passed: there is no future to learn from. */
  Terminated: 1,
  /** The step limit was reached with the pole up: the future is only cut off. */
  Truncated: 2,
} as const

/** How a step left the episode. */
export type Outcome = (typeof Outcome)[keyof typeof Outcome]

/** One cart with its pole. */
export class CartPole {
  /** Cart position x in m, cart velocity in m/s, pole angle in rad (0 is upright, positive leans right), rad/s. */
  readonly observation: Float64Array = new Float64Array(4)
  /** Steps taken in this episode. */
  steps = 0

  /** Begins an episode at a random start. */
  reset(random: Random): void {
    for (let i = 0; i < 4; i++) this.observation[i] = random.between(-START_RANGE, START_RANGE)
    this.steps = 0
  }

  /** Pushes the cart once and moves time on by {@link STEP_SECONDS}. */
  step(push: Push): Outcome {
    const x = this.observation[0]
    const velocity = this.observation[1]
    const angle = this.observation[2]
    const turn = this.observation[3]
    const force = push === 1 ? FORCE : -FORCE
    const cos = Math.cos(angle)
    const sin = Math.sin(angle)
    const shared = (force + POLE_MASS_LENGTH * turn * turn * sin) / TOTAL_MASS
    const angular = (GRAVITY * sin - cos * shared) / (HALF_LENGTH * (4 / 3 - (POLE_MASS * cos * cos) / TOTAL_MASS))
    const linear = shared - (POLE_MASS_LENGTH * angular * cos) / TOTAL_MASS
    this.observation[0] = x + STEP_SECONDS * velocity
    this.observation[1] = velocity + STEP_SECONDS * linear
    this.observation[2] = angle + STEP_SECONDS * turn
    this.observation[3] = turn + STEP_SECONDS * angular
    this.steps++
    if (isLost(this.observation)) return Outcome.Terminated
    return this.steps >= MAX_STEPS ? Outcome.Truncated : Outcome.Running
  }
}

/** Whether an observation lies outside the limits. */
export function isLost(observation: ArrayLike<number>): boolean {
  return Math.abs(observation[0]) > POSITION_LIMIT || Math.abs(observation[2]) > ANGLE_LIMIT
}
