/**
 * The rows as text for a terminal and as Markdown for the documentation.
 *
 * @module
 */

import type { Results, Row } from './row.js'

const HEADINGS: Record<string, string> = {
  write: 'Writing one event',
  batch: 'Writing batches',
  fold: 'Folding columns and index',
  read: 'Reading',
  sample: 'Sampling',
  reward: 'Rewards and priorities',
  find: 'Finding and counting',
  subscribe: 'Subscriptions',
  peers: 'Beside peers',
  parquet: 'Parquet files',
  postgres: 'PostgreSQL',
  'threads-write': 'Threads: two writers',
  'threads-read': 'Threads: validated reads',
  'threads-reward': 'Threads: sums of rewards',
  'threads-pair': 'Threads: one writer and one reader, end to end',
  'threads-wake': 'Threads: waking a sleeping subscriber',
  'threads-mirror': "Threads: a sampler's own copy",
  'threads-cost': 'Threads: what sharing costs one thread',
}

const COLUMNS = ['what', 'ring', 'median', 'p10–p90', 'limit', 'floor beside it', 'verdict', 'includes']

function digits(value: number): string {
  const magnitude = Math.abs(value)
  if (magnitude >= 1000) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : 2)
}

function ring(row: Row): string {
  const power = Math.log2(row.capacity)
  const size = Number.isInteger(power) ? `2^${power}` : digits(row.capacity)
  return row.phase === 'steady' ? size : `${size}, ${row.phase}`
}

function limit(row: Row): string {
  if (row.limit === null || row.goal === null) return ''
  if (row.limitKind === 'times floor') return `${digits(row.limit)} (${Number(row.goal.toFixed(2))} × floor)`
  return row.limit > row.goal ? `${digits(row.limit)} (goal ${digits(row.goal)})` : digits(row.goal)
}

/** What a row's figure means: within its limit and goal, within the limit only, or beyond by how much. */
export function verdict(row: Row): string {
  if (row.pass === null || row.limit === null) return ''
  if (row.pass) return row.meetsGoal ? 'ok' : 'ok for this machine'
  return `${(row.median / row.limit).toFixed(2)} × the limit`
}

function cells(row: Row): string[] {
  const spread = row.rounds > 1 ? `${digits(row.p10)}–${digits(row.p90)}` : ''
  const floor = row.floor ? `${digits(row.floor.median)} ${row.floor.name}` : ''
  const median = `${digits(row.median)} ${row.unit}`
  return [row.name, ring(row), median, spread, limit(row), floor, verdict(row), row.includes]
}

function bySubject(rows: readonly Row[]): [heading: string, rows: Row[]][] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(row.subject)
    if (group) group.push(row)
    else groups.set(row.subject, [row])
  }
  return [...groups].map(([subject, group]) => [HEADINGS[subject] ?? subject, group])
}

function summary(results: Results): string[] {
  const { environment: e, rows, crashed } = results
  const judged = rows.filter((row) => row.pass !== null)
  const passed = judged.filter((row) => row.pass)
  const met = judged.filter((row) => row.meetsGoal)
  const lines = [
    `${e.date}, Node ${e.node} (V8 ${e.v8}), ${e.platform}, ${e.cores} × ${e.cpu}, load ${e.loadAverage.toFixed(2)}`,
    `${passed.length} of ${judged.length} figures within their limits (${met.length} within the goal as it stands); ` +
      `${Math.round(results.seconds)} s`,
  ]
  if (results.quick) lines.push('A quick run shows that everything works. Its figures mean nothing and are not judged.')
  for (const { subject, message } of crashed) lines.push(`CRASHED ${subject}: ${message}`)
  return lines
}

/** A report for a terminal: plain text, one table per subject. */
export function textReport(results: Results): string {
  const lines = summary(results)
  for (const [heading, rows] of bySubject(results.rows)) {
    const table = [COLUMNS, ...rows.map(cells)]
    const widths = COLUMNS.map((_, i) => Math.max(...table.map((line) => [...(line[i] ?? '')].length)))
    lines.push('', heading)
    for (const line of table) {
      const padded = line.map((cell, i) => {
        const space = ' '.repeat((widths[i] ?? 0) - [...cell].length)
        return i >= 2 && i <= 3 ? space + cell : cell + space
      })
      lines.push(`  ${padded.join('  ').trimEnd()}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** The same as Markdown: one section with a table per subject. */
export function markdownReport(results: Results): string {
  const lines = summary(results)
  for (const [heading, rows] of bySubject(results.rows)) {
    lines.push('', `### ${heading}`, '', `| ${COLUMNS.join(' | ')} |`, `|${'---|'.repeat(COLUMNS.length)}`)
    for (const row of rows) lines.push(`| ${cells(row).join(' | ')} |`)
  }
  return `${lines.join('\n')}\n`
}
