/**
 * Plans as short text: a line for each node, the partitions of days that are treated alike as one.
 *
 * @module
 */

import type { PlanNode } from './explaining-driver.js'

const DAY = /_20\d{6}/g
/** What a line tells of its node, behind its name. */
const DETAILS = ['Sort Key', 'Group Key', 'Index Cond', 'Hash Cond', 'Merge Cond', 'Filter', 'Order By']

/** The lines of a plan. */
export function planText(plan: PlanNode): string {
  return linesOf(plan, '').join('\n')
}

function linesOf(node: PlanNode, indent: string): string[] {
  const own = [`${indent}${titleOf(node)}`, ...detailsOf(node).map((detail) => `${indent}    ${detail}`)]
  const children = (node.Plans ?? []).map((child) => linesOf(child, `${indent}  `))
  const alike: { lines: string[]; count: number }[] = []
  for (const lines of children) {
    const last = alike.at(-1)
    if (last !== undefined && last.lines.join('\n') === lines.join('\n')) last.count++
    else alike.push({ lines, count: 1 })
  }
  return [
    ...own,
    ...alike.flatMap(({ lines: [first = '', ...rest], count }) => [
      count === 1 ? first : `${first}, for each of ${count} days`,
      ...rest,
    ]),
  ]
}

function titleOf(node: PlanNode): string {
  const backward = node['Scan Direction'] === 'Backward' ? ' Backward' : ''
  const index = node['Index Name'] === undefined ? '' : ` using ${node['Index Name']}`
  const relation = node['Relation Name'] === undefined ? '' : ` on ${node['Relation Name']}`
  const join = node['Join Type'] === undefined || node['Join Type'] === 'Inner' ? '' : ` ${node['Join Type']}`
  const operation = node.Operation === undefined ? '' : ` ${node.Operation}`
  return `${node['Node Type']}${join}${operation}${backward}${index}${relation}`.replace(DAY, '_DAY')
}

function detailsOf(node: PlanNode): string[] {
  return DETAILS.filter((name) => node[name] !== undefined).map((name) => {
    const value = node[name]
    const text = (Array.isArray(value) ? value.join(', ') : String(value)).replace(DAY, '_DAY')
    return `${name}: ${text.replace(/\bexperience_events(?:_DAY|_\d+)?\./g, '').replace(/\b[em](?:_\d+)?\./g, '')}`
  })
}
