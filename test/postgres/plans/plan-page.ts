/**
 * The page of plans as Markdown.
 *
 * @module
 */

import { EVENT_COLUMNS } from '../../../src/postgres/codec/columns.js'
import { DAYS, EACH } from './data.js'
import type { Explained, PlanNode } from './explaining-driver.js'
import { planText } from './plan-text.js'

const count = (value: number): string => value.toLocaleString('en-GB')

const INTRODUCTION = `# How the database answers

What each call of \`PostgresBackend\` asks of the database, and how PostgreSQL 15 answers it, with the lean indexes of profile
\`ingest\` and with those that profile \`analytics\` adds. A test makes this page and compares it with what a server says.

The database has one stream with ${count(EACH)} events on each of ${DAYS} days, 100 events in an episode, metadata for every
20th event. \`_DAY\` stands for the day of a partition; \`…\` for the columns of an event. A statement that several calls make is
shown once. Every page is a transaction of its own; what finds the stream, the archive's files, and the days that a query is
about, comes first:
`

/** What each call asks, by profile. */
export type Plans = ReadonlyMap<string, readonly Explained[]>

/** The page. */
export function pageOf(ingest: Plans, analytics: Plans): string {
  const sections = [...ingest].map(([title, asked]) => {
    const others = new Map(analytics.get(title)?.map((one) => [wordsOf(one.sql), one]))
    const only = [...others.values()].filter(({ sql }) => !asked.some((one) => wordsOf(one.sql) === wordsOf(sql)))
    const shown = asked.map((one) => statementOf(one, others.get(wordsOf(one.sql))))
    return [`## ${title}`, ...shown, ...only.map((one) => statementOf(undefined, one))].join('\n\n')
  })
  return `${INTRODUCTION}\n${sections.join('\n\n')}\n`
}

/** A statement without its values: two of the same words have plans of the same shape, as a rule. */
export function wordsOf(sql: string): string {
  return sql
    .replaceAll(/\('[^']*'::\w+\)|'[^']*'::\w+(?:\[\])?/g, '?')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** Whether a plan touches a table. */
export function hasTable(plan: PlanNode): boolean {
  return plan['Relation Name'] !== undefined || (plan.Plans ?? []).some(hasTable)
}

/** The indexes that a page names, by section. */
export function indexesIn(page: string): string[][] {
  return page.split('\n## ').map((section) => {
    return [...new Set(Array.from(section.matchAll(/ using (\S+)/g), ([, name = '']) => name))].sort()
  })
}

function statementOf(ingest: Explained | undefined, analytics: Explained | undefined): string {
  const blocks = [`\`\`\`sql\n${shownSql((ingest ?? analytics)?.sql ?? '')}\n\`\`\``]
  const [lean, rich] = [ingest, analytics].map((one) => one && planText(one.plan))
  if (lean === rich) blocks.push(block('Both profiles', lean))
  else blocks.push(block('`ingest`', lean), block('`analytics`', rich))
  return blocks.join('\n\n')
}

function block(profile: string, plan: string | undefined): string {
  return plan === undefined ? `${profile}: not asked.` : `${profile}:\n\n\`\`\`text\n${plan}\n\`\`\``
}

function shownSql(sql: string): string {
  return sql
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(EVENT_COLUMNS, '…')
    .replaceAll(/'\{([^}]{40})[^}]*\}'/g, "'{$1…}'")
    .replaceAll(/ (FROM|WHERE|ORDER BY|GROUP BY|LIMIT|SET|RETURNING|UNION ALL|JOIN) /g, '\n  $1 ')
    .replaceAll(/ AND (?=[a-z(])/g, '\n    AND ')
}
