/**
 * What became of the numbers of a stream: events or gaps. Together they are all numbers from the first one to the
 * checkpoint, so that events are counted without looking at one.
 *
 * @module
 */

import type { Gap } from '../../storage/journal/source.js'
import type { Queryable, StreamRow } from './streams.js'

/** The gaps of [start, end), cut to it, ascending. */
export async function gapsOf(on: Queryable, { key }: StreamRow, start: number, end: number): Promise<Gap[]> {
  const rows = await on.query<{ start_seq: bigint; end_seq: bigint; reason: Gap['reason'] }>(
    `SELECT GREATEST(start_seq, $2) AS start_seq, LEAST(end_seq, $3) AS end_seq, reason
     FROM experience_gaps WHERE stream = $1 AND end_seq > $2 AND start_seq < $3 ORDER BY start_seq`,
    [key, start, end],
  )
  return rows.map((row) => ({ start: Number(row.start_seq), end: Number(row.end_seq), reason: row.reason }))
}

/** How many events of [start, end) there are, warm or archived. O(gaps). */
export async function countOf(on: Queryable, stream: StreamRow, start: number, end: number): Promise<number> {
  const from = Math.max(start, stream.identity.firstSeq)
  const to = Math.min(end, stream.checkpoint.seq)
  if (from >= to) return 0
  const [row] = await on.query<{ missing: bigint | null }>(
    `SELECT sum(LEAST(end_seq, $3) - GREATEST(start_seq, $2))::INT8 AS missing
     FROM experience_gaps WHERE stream = $1 AND end_seq > $2 AND start_seq < $3`,
    [stream.key, from, to],
  )
  return to - from - Number(row?.missing ?? 0n)
}
