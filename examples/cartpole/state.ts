/**
 * How one step of CartPole is laid out in an event: the documented 8-D state, and the action with what came of it.
 *
 * An event holds a whole transition, so that a sampled event needs no neighbour. The state is built around what the four
 * appraisers read (they name its components L1 to L8):
 *
 * | slot | component | read by |
 * |---|---|---|
 * | `state[0]` L1 | cart position x in m | |
 * | `state[1]` L2 | novelty in (0, 1]: 1/√visits of the observation's cell (see novelty.ts) | curiosity, above 0.3 |
 * | `state[2]` L3 | cart velocity in m/s | efficiency, squared |
 * | `state[3]` L4 | pole angle in rad | |
 * | `state[4]` L5 | strain: 0.2 for an upright pole, 1 at the limit of 12° | homeostasis, [0.2, 0.7]; efficiency |
 * | `state[5]` L6 | room: 0.9 in the middle of the rail, 0 at its ends | homeostasis, [0.4, 0.9] |
 * | `state[6]` L7 | goal in [−1, 1]: 1 upright in the middle, −1 at a limit | goal |
 * | `state[7]` L8 | turning: 0.75 + ω/8 for a pole that turns with ω rad/s | homeostasis, [0.5, 1] or ±2 rad/s |
 *
 * | slot | component | read by |
 * |---|---|---|
 * | `action[0]`, `action[1]` | push left, push right: one of them is 1 | learner |
 * | `action[2]` | effort: 1 where the push reverses the last one, else 0 | efficiency, squared |
 * | `action[3]` | outcome: 0 running, 1 terminated, 2 truncated | learner |
 * | `action[4]` … `action[7]` | next observation: x, velocity, angle, ω | learner |
 *
 * The type code is `ActionFailed` for a step that terminates its episode and `ActionCompleted` for every other one;
 * `TRAJECTORY` is set. The observation (x, velocity, angle, ω) is L1, L3, L4 and 8 · (L8 − 0.75).
 *
 * @module
 */

import { EventFlags, EventType, type EventWriter } from 'experience-stream'
import { ANGLE_LIMIT, Outcome, POSITION_LIMIT, type Push, STEP_SECONDS } from './environment.js'

/** Slots of `state` and `action`. */
const POSITION = 0
const NOVELTY = 1
const VELOCITY = 2
const ANGLE = 3
const STRAIN = 4
const ROOM = 5
const GOAL = 6
const TURNING = 7
const EFFORT = 2
const OUTCOME = 3
const NEXT = 4

const TICK_MICROSECONDS = STEP_SECONDS * 1e6

const TURNING_AT_REST = 0.75
const TURNING_SCALE = 8

/** One step, as the environment saw it. */
export interface Transition {
  /** Number of the episode, from 0. */
  episode: number
  /** Number of the step within its episode, from 0. */
  step: number
  /** Number of the step within the run, from 0: the clock of the run. */
  tick: number
  /** `[4]` before the push. */
  observation: ArrayLike<number>
  /** How new that observation was, in (0, 1]. */
  novelty: number
  push: Push
  /** Whether the push went the other way than the one before it in this episode. */
  reversed: boolean
  outcome: Outcome
  /** `[4]` after the push. */
  next: ArrayLike<number>
}

/** The part of a stream's writer that a transition needs. */
export type TransitionWriter = Pick<
  EventWriter,
  'timestamp' | 'episodeId' | 'stepNumber' | 'eventType' | 'flags' | 'state' | 'action' | 'commit'
>

/** Writes the state that the appraisers read for an observation into `out`, `[8]`. */
export function encodeState(observation: ArrayLike<number>, novelty: number, out: Float32Array): void {
  const x = observation[0]
  const angle = observation[2]
  const offCentre = Math.min(1, Math.abs(x) / POSITION_LIMIT)
  const lean = Math.min(1, Math.abs(angle) / ANGLE_LIMIT)
  out[POSITION] = x
  out[NOVELTY] = novelty
  out[VELOCITY] = observation[1]
  out[ANGLE] = angle
  out[STRAIN] = 0.2 + 0.8 * lean
  out[ROOM] = 0.9 * (1 - offCentre)
  out[GOAL] = 1 - 2 * Math.max(offCentre, lean)
  out[TURNING] = TURNING_AT_REST + observation[3] / TURNING_SCALE
}

/**
 * Writes a transition as one event, without allocating; returns what `commit` does, the event's sequence number. Its time
 * is the run's own clock, {@link STEP_SECONDS} for each step, so that a run does not depend on when it happened.
 */
export function writeTransition(writer: TransitionWriter, transition: Transition): number {
  writer.timestamp = Math.round(transition.tick * TICK_MICROSECONDS)
  writer.episodeId = transition.episode
  writer.stepNumber = transition.step
  writer.eventType = transition.outcome === Outcome.Terminated ? EventType.ActionFailed : EventType.ActionCompleted
  writer.flags = EventFlags.TRAJECTORY
  encodeState(transition.observation, transition.novelty, writer.state)
  const action = writer.action
  action[transition.push] = 1
  action[EFFORT] = transition.reversed ? 1 : 0
  action[OUTCOME] = transition.outcome
  for (let i = 0; i < 4; i++) action[NEXT + i] = transition.next[i]
  return writer.commit()
}

/** Copies the observation of the event whose state begins at `states[at]` to `out[to]` and the three behind it. */
export function readObservation(states: ArrayLike<number>, at: number, out: Float64Array, to: number): void {
  out[to] = states[at + POSITION]
  out[to + 1] = states[at + VELOCITY]
  out[to + 2] = states[at + ANGLE]
  out[to + 3] = (states[at + TURNING] - TURNING_AT_REST) * TURNING_SCALE
}

/** Copies the next observation of the event whose action begins at `actions[at]` to `out[to]` and the three behind it. */
export function readNextObservation(actions: ArrayLike<number>, at: number, out: Float64Array, to: number): void {
  for (let i = 0; i < 4; i++) out[to + i] = actions[at + NEXT + i]
}

/** The push of the event whose action begins at `actions[at]`. */
export function readPush(actions: ArrayLike<number>, at: number): Push {
  return actions[at + 1] === 1 ? 1 : 0
}

/** The outcome of the event whose action begins at `actions[at]`. */
export function readOutcome(actions: ArrayLike<number>, at: number): Outcome {
  const code = actions[at + OUTCOME]
  return code === Outcome.Terminated
    ? Outcome.Terminated
    : code === Outcome.Truncated
      ? Outcome.Truncated
      : Outcome.Running
}

/** The step of the run that the event with this time holds. */
export function readTick(timestamp: number): number {
  return Math.round(timestamp / TICK_MICROSECONDS)
}
