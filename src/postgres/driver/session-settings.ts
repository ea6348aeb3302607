/**
 * What a session of a server needs to be set to: the statement timeout, the styles in which values are read, and commits
 * that last.
 *
 * @module
 */

import type { SqlSession } from './driver.js'

/** Settings of before, by name. */
export type Restore = readonly { readonly name: string; readonly was: string }[]

const STYLES: readonly (readonly [string, string])[] = [
  ['datestyle', 'ISO'],
  ['bytea_output', 'hex'],
  ['extra_float_digits', '1'],
  ['synchronous_commit', 'on'],
]

/** `synchronous_commit` is only changed where a commit would not reach the disk. */
const SET = `WITH wanted AS MATERIALIZED (
  SELECT name, wanted, current_setting(name) AS was FROM unnest($1::TEXT[], $2::TEXT[]) AS w (name, wanted)
)
SELECT name, was, set_config(name,
  CASE WHEN name = 'synchronous_commit' AND was <> 'off' THEN was ELSE wanted END, FALSE)
FROM wanted`
const RESTORE = `SELECT set_config(name, was, FALSE) FROM unnest($1::TEXT[], $2::TEXT[]) AS w (name, was)`

/** Sets a session up; returns what was there before. */
export async function setUp(session: SqlSession, statementTimeoutMs: number): Promise<Restore> {
  const all = [...STYLES, ['statement_timeout', String(statementTimeoutMs)] as const]
  return session.query<{ name: string; was: string }>(SET, [all.map(([name]) => name), all.map(([, value]) => value)])
}

/** Puts back what was there before. */
export async function restore(session: SqlSession, before: Restore): Promise<void> {
  await session.query(RESTORE, [before.map(({ name }) => name), before.map(({ was }) => was)])
}
