/**
 * The statements of docs/sql.md, in the order in which they run: first those that make its data, which stand last.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const PAGE = fileURLToPath(new URL('../../../docs/sql.md', import.meta.url))

/** A statement and what the page says it prints. */
export interface Shown {
  readonly sql: string
  readonly output: string | undefined
}

const BLOCK = /^```sql\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm

/** Everything that the page shows. */
export function shown(text = readFileSync(PAGE, 'utf8')): Shown[] {
  const blocks = Array.from(text.matchAll(BLOCK), ([, sql = '', output]) => ({ sql: sql.trim(), output }))
  return [...blocks.slice(-1), ...blocks.slice(0, -1)]
}
