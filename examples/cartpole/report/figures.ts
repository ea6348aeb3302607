/**
 * The plots of the report, each from the results of one or two runs.
 *
 * @module
 */

import { APPRAISERS } from '../appraisal.js'
import { MAX_STEPS } from '../environment.js'
import { count, degrees } from '../format.js'
import { PRIORITIZED } from '../learner.js'
import type { Ranking } from '../ranking.js'
import { type RunResult, SOLVED } from '../run.js'
import { type Axis, Plot, type Point, ticksBetween } from './svg.js'

/** A plot across both columns of the page. */
const WIDE = 1080
/** Dots of the phase portrait are in this many classes of priority. */
const CLASSES = 5

/** Episodes while exploring, their running mean, and the greedy policy at each validation. */
export function learningCurve(result: RunResult, other: RunResult | undefined): string {
  const plot = new Plot('Return over steps', stepAxis(result), returnAxis(), WIDE)
  plot.level(SOLVED, `solved: ${SOLVED}`)
  plot.dots(
    result.returns.map((y, i) => ({ x: result.endedAt[i], y })),
    'faint',
  )
  plot.line(
    result.windows.map(({ step, meanReturn }) => ({ x: step, y: meanReturn })),
    'faint',
  )
  if (other) plot.line(greedy(other), 's2').circles(described(other), 's2')
  return plot.line(greedy(result), 's1').circles(described(result), 's1').toString()
}

/** The return of the frozen policy from each fresh start. */
export function freshStarts(result: RunResult): string {
  const starts = result.lengths.length
  const x: Axis = { from: 0.5, to: starts + 0.5, ticks: [1, ...ticksBetween(1, starts)], label: 'fresh start' }
  const bars = result.lengths.map((y, i) => ({ x: i + 1, y }))
  return new Plot('Return of the frozen policy from each fresh start', x, returnAxis())
    .bars(bars, 0.8, 's1')
    .level(SOLVED, '')
    .toString()
}

/** Mean reward that each appraiser wrote over the course of the run. */
export function appraisals(result: RunResult): string {
  const values = result.windows.flatMap(({ rewards }) => rewards)
  const from = Math.min(0, ...values)
  const to = Math.max(0.1, ...values)
  const y: Axis = { from, to, ticks: ticksBetween(from, to), label: 'mean reward' }
  const plot = new Plot('Mean reward of each appraiser over steps', stepAxis(result), y)
  APPRAISERS.forEach((_, slot) => {
    plot.line(
      result.windows.map(({ step, rewards }) => ({ x: step, y: rewards[slot] })),
      `s${slot + 1}`,
    )
  })
  return plot.toString()
}

/** What was written, split into what is readable and what was evicted. */
export function ringAccount(result: RunResult): string {
  const { steps } = result.settings
  const y: Axis = { from: 0, to: steps, ticks: ticksBetween(0, steps), label: 'events', format: count }
  return new Plot('Events written, readable and evicted over steps', stepAxis(result), y)
    .area([{ x: 0, y: 0 }, ...result.windows.map(({ step, size, evicted }) => ({ x: step, y: size + evicted }))], 's1')
    .area([{ x: 0, y: 0 }, ...result.windows.map(({ step, evicted }) => ({ x: step, y: evicted }))], 's2')
    .toString()
}

/** How much of all draws goes to the events of highest priority, against uniform sampling. */
export function concentration({ priorities }: Ranking): string {
  const weights = Float64Array.from(priorities, (priority) => (priority + PRIORITIZED.epsilon) ** PRIORITIZED.alpha)
  weights.sort().reverse()
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const curve: Point[] = [{ x: 0, y: 0 }]
  const stride = Math.max(1, Math.floor(weights.length / 200))
  let sum = 0
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]
    if ((i + 1) % stride === 0 || i === weights.length - 1) {
      curve.push({ x: (100 * (i + 1)) / weights.length, y: (100 * sum) / total })
    }
  }
  const percent = (value: number) => `${value} %`
  const ticks = [0, 25, 50, 75, 100]
  const x: Axis = { from: 0, to: 100, ticks, label: 'live events, highest priority first', format: percent }
  const y: Axis = { from: 0, to: 100, ticks, label: 'share of all draws', format: percent }
  const uniform = [
    { x: 0, y: 0 },
    { x: 100, y: 100 },
  ]
  return new Plot('Share of draws by share of events', x, y).line(uniform, 's2').line(curve, 's1').toString()
}

/** Where the live experiences lie, angle against ω, in classes of priority; the highest of all are circled. */
export function phasePortrait(ranking: Ranking): string {
  const { angles, turns, priorities, top } = ranking
  const order = Array.from(priorities.keys()).sort((a, b) => priorities[a] - priorities[b])
  const x: Axis = { from: -12, to: 12, ticks: ticksBetween(-12, 12, 6), label: 'pole angle, degrees' }
  const y: Axis = { from: -3, to: 3, ticks: ticksBetween(-3, 3, 6), label: 'angular velocity, rad/s' }
  const plot = new Plot('Live experiences by pole angle and angular velocity', x, y)
  for (let i = 0; i < CLASSES; i++) {
    const members = order.slice(
      Math.floor((i * order.length) / CLASSES),
      Math.floor(((i + 1) * order.length) / CLASSES),
    )
    plot.dots(
      members.map((at) => ({ x: Number(degrees(angles[at])), y: turns[at] })),
      `p${i}`,
    )
  }
  const marked = top.map(({ seq, observation, priority }) => ({
    x: Number(degrees(observation[2])),
    y: observation[3],
    text: `event ${count(seq)}, error ${priority.toFixed(3)}`,
  }))
  return plot.circles(marked, 'ring').toString()
}

function stepAxis({ settings: { steps } }: RunResult): Axis {
  return { from: 0, to: steps, ticks: ticksBetween(0, steps), label: 'steps', format: count }
}

function returnAxis(): Axis {
  return { from: 0, to: MAX_STEPS, ticks: ticksBetween(0, MAX_STEPS), label: 'return' }
}

function greedy({ checkpoints }: RunResult): Point[] {
  return checkpoints.map(({ step, mean }) => ({ x: step, y: mean }))
}

function described({ checkpoints, settings }: RunResult): (Point & { text: string })[] {
  return checkpoints.map(({ step, mean }) => ({
    x: step,
    y: mean,
    text: `${settings.replay}, step ${count(step)}: ${mean.toFixed(1)}`,
  }))
}
