/**
 * The report: one HTML file that needs nothing else, neither a network nor other files.
 *
 * @module
 */

import { APPRAISERS } from '../appraisal.js'
import { mean } from '../evaluation.js'
import { count, degrees, outcomeName, runName, stepOrNever, threadNames } from '../format.js'
import { PRIORITIZED } from '../learner.js'
import { type RunResult, SOLVED, solvedAt } from '../run.js'
import { appraisals, concentration, freshStarts, learningCurve, phasePortrait, ringAccount } from './figures.js'
import { player, playerScript } from './player.js'
import { STYLE } from './style.js'
import { escapeText } from './svg.js'

/** Writes the report of a run; `other` is the run that sampled uniformly, if there was one. */
export function renderReport(result: RunResult, other: RunResult | undefined): string {
  const { seed, steps, threads } = result.settings
  const sharing = threads > 0 ? ` Threads: ${threadNames(threads)}.` : ''
  const cards = [learningCard(result, other), playerCard(result), startsCard(result)]
  if (other) cards.push(comparisonCard(result, other))
  cards.push(appraisalCard(result), ringCard(result))
  if (result.updates > 0) cards.push(concentrationCard(result), portraitCard(result), rankingCard(result))
  cards.push(auditCard(result))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>CartPole from a ring of experiences, seed ${seed}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>CartPole from a ring of experiences</h1>
<p class="muted">${introduction(result)} Seed ${seed}, ${count(steps)} steps, a ring of ${count(result.capacity)} events.${sharing}</p>
${headline(result)}
<div class="cards">
${cards.join('\n')}
</div>
</main>
<script>${playerScript(result.playback)}</script>
</body>
</html>
`
}

function introduction({ settings }: RunResult): string {
  const appraised = 'Every step is one 128-byte event; four appraisers subscribe to the ring and write its reward.'
  return settings.learn
    ? `${appraised} The learner sees nothing but what <code>sampleBatch</code> draws, and hands its errors back as priorities.`
    : `${appraised} In this run nothing was learned.`
}

function headline(result: RunResult): string {
  const average = mean(result.lengths)
  const verdict = average >= SOLVED ? 'good' : 'bad'
  const missed = result.windows.at(-1)?.missed ?? 0
  const figures = [
    [`<b class="${verdict}">${average.toFixed(1)}</b>`, `mean return, ${result.lengths.length} fresh starts`],
    [`<b>${stepOrNever(solvedAt(result))}</b>`, `first validation of ${SOLVED} or more`],
    [`<b>${count(result.updates)}</b>`, 'updates of the network'],
    [`<b>${count(Math.round(result.timing.eventsPerSecond))}</b>`, 'events a second, learning included'],
    [`<b>${count(missed)}</b>`, 'events missed by appraisers'],
  ]
  return `<div class="figures">${figures.map(([value, name]) => `<div class="figure">${value}<span>${name}</span></div>`).join('')}</div>`
}

function card(title: string, text: string, content: string, wide = false): string {
  return `<section class="card${wide ? ' wide' : ''}"><h2>${title}</h2><p>${text}</p>${content}</section>`
}

function key(...entries: readonly [colour: string, name: string][]): string {
  return `<div class="key">${entries.map(([colour, name]) => `<span><i style="background:var(--${colour})"></i>${name}</span>`).join('')}</div>`
}

function learningCard(result: RunResult, other: RunResult | undefined): string {
  const names: [string, string][] = [['s1', `greedy policy, ${runName(result.settings)}`]]
  if (other) names.push(['s2', `greedy policy, ${runName(other.settings)}`])
  names.push(['muted', 'episodes while exploring, and the mean of the last 20'])
  const text = `The greedy policy plays twenty validation starts at each circle; the best of them is frozen (${stepOrNever(result.chosen.step)}).`
  return card('Learning curve', text, learningCurve(result, other) + key(...names), true)
}

function playerCard(result: RunResult): string {
  return card('The frozen policy', 'The first of the fresh starts, in real time.', player(result.playback))
}

function startsCard(result: RunResult): string {
  const least = Math.min(...result.lengths)
  const text = `Starts that neither training nor validation saw. Least ${least}, most ${Math.max(...result.lengths)}.`
  return card('A hundred fresh starts', text, freshStarts(result))
}

function comparisonCard(result: RunResult, other: RunResult): string {
  const both = [result, other]
  const rows: [string, string[]][] = [
    ['Mean return of the frozen policy', both.map(({ lengths }) => mean(lengths).toFixed(1))],
    ['Least return of the frozen policy', both.map(({ lengths }) => String(Math.min(...lengths)))],
    [`First validation of ${SOLVED} or more`, both.map((each) => stepOrNever(solvedAt(each)))],
    ['Mean of all validations', both.map(({ checkpoints }) => mean(checkpoints.map((each) => each.mean)).toFixed(1))],
    ['Updates', both.map(({ updates }) => count(updates))],
    ['Seconds', both.map(({ timing }) => timing.seconds.toFixed(1))],
  ]
  const head = both.map(({ settings }) => settings.replay)
  const text =
    'Two real runs with one seed and one budget. One seed shows what happened here, not which way is better in general.'
  return card(
    'Prioritized and uniform sampling',
    text,
    table(
      ['', ...head],
      rows.map(([name, values]) => [name, ...values]),
    ),
    true,
  )
}

function appraisalCard(result: RunResult): string {
  const names = APPRAISERS.map((name, i): [string, string] => [`s${i + 1}`, name])
  const text = 'Mean reward that each appraiser wrote. Their sum is the reward that the learner learns from.'
  return card('Four appraisers', text, appraisals(result) + key(...names))
}

function ringCard(result: RunResult): string {
  const text = 'The ring holds less than the run writes: once it is full, every event written evicts the oldest.'
  return card('The ring', text, ringAccount(result) + key(['s1', 'readable'], ['s2', 'evicted']))
}

function concentrationCard(result: RunResult): string {
  const text = `Probability is proportional to (error + ${PRIORITIZED.epsilon})^${PRIORITIZED.alpha}; importance weights correct for it.`
  return card('Where the draws go', text, concentration(result.ranking) + key(['s1', 'prioritized'], ['s2', 'uniform']))
}

function portraitCard(result: RunResult): string {
  const text = `The ${count(result.ranking.population)} live experiences by pole angle and angular velocity; the highest priorities are circled.`
  const names: [string, string][] = [
    ['p0', 'lowest fifth by priority'],
    ['p2', 'middle'],
    ['p4', 'highest fifth'],
  ]
  return card('What surprises the learner', text, phasePortrait(result.ranking) + key(...names))
}

function rankingCard({ ranking }: RunResult): string {
  const head = [
    'Event',
    'Episode',
    'Step',
    'x',
    'Angle',
    'ω',
    'Push',
    'Outcome',
    'Reward',
    'Error',
    'Drawn',
    'Probability',
  ]
  const rows = ranking.top.map((event) => [
    count(event.seq),
    String(event.episode),
    String(event.step),
    `${event.observation[0].toFixed(2)} m`,
    `${degrees(event.observation[2])}°`,
    event.observation[3].toFixed(2),
    event.push === 1 ? 'right' : 'left',
    outcomeName(event.outcome),
    event.totalReward.toFixed(3),
    event.priority.toFixed(3),
    count(event.drawn),
    event.probability.toExponential(2),
  ])
  const text =
    `Of the live experiences that were drawn before; ${count(ranking.undrawn)} were not. ` +
    `Uniform sampling would give each ${(1 / ranking.population).toExponential(2)}.`
  return card('Highest-priority experiences', text, table(head, rows), true)
}

function auditCard({ audit }: RunResult): string {
  const rows = audit.map(({ law, figures, holds }) => {
    const verdict = holds ? '<span class="good">holds</span>' : '<span class="bad">broken</span>'
    return `<tr><td class="text">${escapeText(law)}</td><td>${escapeText(figures)}</td><td>${verdict}</td></tr>`
  })
  const text = 'From stats(): no event is lost without being counted.'
  return card('Conservation audit', text, `<div class="scroll"><table>${rows.join('')}</table></div>`, true)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, values: readonly string[]) =>
    `<tr>${values.map((value) => `<${tag}>${escapeText(value)}</${tag}>`).join('')}</tr>`
  return `<div class="scroll"><table>${cells('th', head)}${rows.map((row) => cells('td', row)).join('')}</table></div>`
}
