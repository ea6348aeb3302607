/**
 * The results of a run as text.
 *
 * @module
 */

import { drawChart } from './chart.js'
import { MAX_STEPS } from './environment.js'
import { mean } from './evaluation.js'
import { count, degrees, outcomeName, runName, stepOrNever } from './format.js'
import { type RunResult, SOLVED, solvedAt } from './run.js'
import type { Terminal } from './terminal.js'

const CHART_HEIGHT = 11

/** Prints the verdict on the frozen policy. */
export function printVerdict(terminal: Terminal, result: RunResult): void {
  const average = mean(result.lengths)
  const verdict = average >= SOLVED ? terminal.style('good', 'solved') : terminal.style('bad', 'not solved')
  const { chosen, validationSteps } = result
  terminal.line()
  terminal.line(terminal.style('title', `Frozen greedy policy, ${result.lengths.length} fresh starts`))
  terminal.line(
    `  mean return ${average.toFixed(1)}, least ${Math.min(...result.lengths)}, most ${Math.max(...result.lengths)}` +
      `: ${verdict} (${SOLVED} asked of ${MAX_STEPS})`,
  )
  terminal.line(
    `  policy of step ${count(chosen.step)}, the best of ${result.checkpoints.length} by its validation mean ${chosen.mean.toFixed(1)};`,
  )
  terminal.line(`  validations played ${count(validationSteps)} steps outside the ring, from starts of their own`)
}

/** Draws the learning curves. */
export function printCurve(terminal: Terminal, result: RunResult, other: RunResult | undefined): void {
  const interactive = terminal.interactive
  const first = (text: string) => terminal.style('first', text)
  const second = (text: string) => terminal.style('second', text)
  const marks = interactive ? { episode: '·', first: '●', second: '○' } : { episode: '.', first: '#', second: 'o' }
  const episodes = result.returns.map((y, i) => ({ x: result.endedAt[i], y }))
  const series = [{ mark: marks.episode, points: episodes, paint: (text: string) => terminal.style('dim', text) }]
  if (other) series.push({ mark: marks.second, points: greedy(other), paint: second })
  series.push({ mark: marks.first, points: greedy(result), paint: first })
  terminal.line()
  terminal.line(terminal.style('title', 'Learning curve: return over steps'))
  const frame = {
    width: terminal.width - 12,
    height: CHART_HEIGHT,
    xMax: result.settings.steps,
    yMax: MAX_STEPS,
    xLabel: 'steps',
  }
  for (const line of drawChart(frame, series)) terminal.line(line)
  const legend = [
    `${marks.episode} an episode while exploring`,
    first(`${marks.first} greedy, ${runName(result.settings)}`),
  ]
  if (other) legend.push(second(`${marks.second} greedy, ${runName(other.settings)}`))
  terminal.line(`        ${legend.join('   ')}`)
}

/** Lists the experiences that are most likely to be drawn. */
export function printRanking(terminal: Terminal, { ranking }: RunResult): void {
  terminal.line()
  terminal.line(terminal.style('title', 'Highest-priority experiences'))
  if (ranking.top.length === 0) {
    terminal.line('  none: the learner has not drawn any')
    return
  }
  const columns = '      seq  step    x m    deg  rad/s  push   outcome     reward  error  drawn  probability'
  terminal.line(terminal.style('dim', columns))
  for (const event of ranking.top) {
    const [x, , angle, turn] = event.observation
    terminal.line(
      [
        String(event.seq).padStart(9),
        String(event.step).padStart(5),
        x.toFixed(2).padStart(6),
        degrees(angle).padStart(6),
        turn.toFixed(2).padStart(6),
        ` ${event.push === 1 ? 'right' : 'left '}`,
        ` ${outcomeName(event.outcome).padEnd(10)}`,
        event.totalReward.toFixed(3).padStart(7),
        event.priority.toFixed(3).padStart(6),
        String(event.drawn).padStart(6),
        event.probability.toExponential(2).padStart(12),
      ].join(' '),
    )
  }
  terminal.line(
    `  of ${count(ranking.population)} live ones; ${count(ranking.undrawn)} were never drawn yet; ` +
      `uniform sampling would give each ${(1 / ranking.population).toExponential(2)}`,
  )
}

/** Sets the run beside another one that differs in how it samples. */
export function printComparison(terminal: Terminal, result: RunResult, other: RunResult): void {
  const row = (name: string, ...values: string[]) =>
    terminal.line(`  ${name.padEnd(34)}${values.map((value) => value.padStart(14)).join('')}`)
  const both = [result, other]
  terminal.line()
  terminal.line(terminal.style('title', 'Prioritized and uniform sampling, same seed and budget'))
  row('', ...both.map(({ settings }) => settings.replay))
  row('frozen policy, mean of 100 starts', ...both.map((each) => mean(each.lengths).toFixed(1)))
  row('frozen policy, least of 100', ...both.map((each) => String(Math.min(...each.lengths))))
  row(`first validation of ${SOLVED} or more`, ...both.map((each) => stepOrNever(solvedAt(each))))
  row('mean of all validations', ...both.map((each) => mean(each.checkpoints.map((point) => point.mean)).toFixed(1)))
  row('updates', ...both.map((each) => count(each.updates)))
  row('seconds', ...both.map((each) => each.timing.seconds.toFixed(1)))
  terminal.line(terminal.style('dim', '  One seed shows what happened here, not which way is better in general.'))
}

/** Prints the conservation audit. */
export function printAudit(terminal: Terminal, result: RunResult): void {
  terminal.line()
  terminal.line(terminal.style('title', 'Conservation audit, from stats()'))
  for (const { law, figures, holds } of result.audit) {
    const verdict = holds ? terminal.style('good', 'holds ') : terminal.style('bad', 'BROKEN')
    terminal.line(`  ${verdict} ${law}`)
    terminal.line(`         ${terminal.style('dim', figures)}`)
  }
}

function greedy(result: RunResult): { x: number; y: number }[] {
  return result.checkpoints.map(({ step, mean }) => ({ x: step, y: mean }))
}
