/**
 * Corrections of events that are in files: kept in a table, laid over the events when they are read, and folded into new
 * files by the archiver. Merging is that of `storage/journal/corrections.ts`.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { lowerBound } from '../../storage/cold/events.js'
import { applyCorrections, type CorrectionList } from '../../storage/journal/corrections.js'
import type { SqlRow, SqlValue } from '../driver/driver.js'
import type { Queryable } from '../store/streams.js'
import { ArchiveChangedError } from './errors.js'

/** Entries of one statement. */
const PIECE = 10_000
/** Corrections around a batch, for each of its events, up to which they are read by range and not by number. */
const DENSE = 2

const REWARDS = ['reward_homeostasis', 'reward_curiosity', 'reward_efficiency', 'reward_goal'] as const

const ADD = `INSERT INTO experience_archive_corrections AS old
    (stream, sequence_number, flags, appraisals, slots, ${REWARDS.join(', ')})
  SELECT $1::smallint, * FROM unnest($2::bigint[], $3::int[], $4::smallint[], $5::smallint[],
    $6::real[], $7::real[], $8::real[], $9::real[])
  ON CONFLICT (stream, sequence_number) DO UPDATE SET
    flags = old.flags | excluded.flags,
    appraisals = old.appraisals | excluded.appraisals,
    slots = old.slots | excluded.slots,
    ${REWARDS.map((name, i) => `${name} = CASE WHEN excluded.slots & ${1 << i} <> 0 THEN excluded.${name} ELSE old.${name} END`).join(',\n    ')},
    folded_in = NULL`

/** Adds corrections of events in files. O(n) statements of 10,000 entries. */
export async function addLate(on: Queryable, stream: number, list: CorrectionList): Promise<void> {
  for (let from = 0; from < list.length; from += PIECE) {
    const to = Math.min(list.length, from + PIECE)
    const rewards = REWARDS.map((_, slot) =>
      Array.from({ length: to - from }, (_, i) => list.rewards[(from + i) * L.REWARD_SLOTS + slot] as number),
    )
    await on.query(ADD, [
      stream,
      Array.from(list.seqs.subarray(from, to)),
      Array.from(list.flags.subarray(from, to)),
      Array.from(list.masks.subarray(from, to)),
      Array.from(list.slots.subarray(from, to)),
      ...rewards,
    ])
  }
}

/** Where there are corrections of a stream at all, in sequence numbers, inclusive. */
export async function lateRange(on: Queryable, stream: number): Promise<{ first: number; last: number } | undefined> {
  const [row] = await on.query<{ first: bigint | null; last: bigint | null }>(
    `SELECT min(sequence_number) AS first, max(sequence_number) AS last
     FROM experience_archive_corrections WHERE stream = $1`,
    [stream],
  )
  const { first = null, last = null } = row ?? {}
  return first === null || last === null ? undefined : { first: Number(first), last: Number(last) }
}

/**
 * Lays over events of files, in place, what came late for them. Returns the numbers of the events that something came for.
 * @throws {ArchiveChangedError} if files of the generation are no longer there, and with them corrections that they need.
 */
export async function applyLate(
  on: Queryable,
  stream: number,
  events: StoredEvents,
  requiredMask: number,
  generation: number,
): Promise<Float64Array> {
  if (events.length === 0) return new Float64Array(0)
  const first = events.seqs[0] as number
  const last = events.seqs[events.length - 1] as number
  const most = DENSE * events.length
  let rows = await read(on, 'sequence_number BETWEEN $3 AND $4', [stream, most + 1, first, last], generation)
  if (rows.length > most) {
    const numbers = Array.from(events.seqs.subarray(0, events.length))
    rows = await read(on, 'sequence_number = ANY ($3::bigint[])', [stream, most, numbers], generation)
  }
  if (rows.length === 0) return new Float64Array(0)
  const list = listOf(rows)
  applyCorrections(list, events, requiredMask)
  return list.seqs.filter((seq) => events.seqs[lowerBound(events.seqs, events.length, seq)] === seq)
}

/** Says that the files of a generation have what came late for these events. */
export async function markFolded(on: Queryable, stream: number, seqs: Float64Array, generation: number): Promise<void> {
  if (seqs.length === 0) return
  await on.query(
    `UPDATE experience_archive_corrections SET folded_in = $3
     WHERE stream = $1 AND sequence_number = ANY ($2::bigint[])`,
    [stream, Array.from(seqs), generation],
  )
}

interface LateRow extends SqlRow {
  readonly purged_generation: bigint
  readonly seq: bigint | null
  readonly flags: number
  readonly appraisals: number
  readonly slots: number
  readonly r0: number
  readonly r1: number
  readonly r2: number
  readonly r3: number
}

/** The state and the corrections of one moment. */
async function read(on: Queryable, which: string, values: readonly SqlValue[], generation: number): Promise<LateRow[]> {
  const rows = await on.query<LateRow>(
    `SELECT s.purged_generation, c.* FROM experience_archive_state s LEFT JOIN (
       SELECT sequence_number AS seq, flags, appraisals, slots, ${REWARDS.map((name, i) => `${name} AS r${i}`).join(', ')}
       FROM experience_archive_corrections WHERE stream = $1 AND ${which} ORDER BY sequence_number LIMIT $2
     ) c ON TRUE ORDER BY c.seq`,
    values,
  )
  if (Number(rows[0]?.purged_generation) > generation) throw new ArchiveChangedError(generation)
  return rows.filter(({ seq }) => seq !== null)
}

function listOf(rows: readonly LateRow[]): CorrectionList {
  return {
    length: rows.length,
    seqs: Float64Array.from(rows, ({ seq }) => Number(seq)),
    flags: Uint16Array.from(rows, ({ flags }) => flags),
    masks: Uint8Array.from(rows, ({ appraisals }) => appraisals),
    slots: Uint8Array.from(rows, ({ slots }) => slots),
    rewards: Float32Array.from(rows.flatMap(({ r0, r1, r2, r3 }) => [r0, r1, r2, r3])),
  }
}
