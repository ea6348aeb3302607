/**
 * Corrections in sets: one UPDATE a day, with the entries that the day may have. An entry replaces the rewards of its
 * slots and joins flags and mask by OR; the mask that becomes complete sets FULLY_APPRAISED.
 *
 * @module
 */

import * as L from '../../layout.js'
import { partOf } from '../../storage/cold/correction-lists.js'
import { lowerBound } from '../../storage/cold/events.js'
import type { CorrectionList } from '../../storage/journal/corrections.js'
import type { SqlSession } from '../driver/driver.js'
import { ident } from '../sql/text.js'
import { IS_WARM, partitionsOf } from './days.js'
import type { Queryable } from './streams.js'

/** Entries of one UPDATE. */
const ENTRIES = 8192

/** Rows are found before they are changed, so that nothing is left to be joined but places. */
const OTHER_WAYS = ['hashjoin', 'mergejoin', 'seqscan']
const ONLY_BY_PLACE = OTHER_WAYS.map((way) => `SET LOCAL enable_${way} = off`).join('; ')
const ANY_WAY = OTHER_WAYS.map((way) => `SET LOCAL enable_${way} = DEFAULT`).join('; ')

/** A day of a stream, and the numbers between which its events lie. */
export interface CorrectedDay {
  readonly day: number
  readonly minSeq: number
  readonly maxSeq: number
  /** Whether there is a partition; otherwise all of it is in files. */
  readonly isWarm: boolean
}

/** The days that may have events of a list, the newest numbers first. */
export async function daysOf(on: Queryable, stream: number, list: CorrectionList): Promise<CorrectedDay[]> {
  const rows = await on.query<{ day: number; min_seq: bigint; max_seq: bigint; warm: boolean }>(
    `SELECT day - DATE '1970-01-01' AS day, min_seq, max_seq, ${IS_WARM} AS warm
     FROM experience_days WHERE stream = $1 AND max_seq >= $2 AND min_seq <= $3 ORDER BY max_seq DESC`,
    [stream, list.seqs[0] as number, list.seqs[list.length - 1] as number],
  )
  const days = rows.map(({ day, min_seq, max_seq, warm }) => {
    return { day, minSeq: Number(min_seq), maxSeq: Number(max_seq), isWarm: warm }
  })
  return days.filter((day) => entriesOf(list, day).length > 0)
}

/**
 * Applies to the rows of warm days what a list has for them, in the transaction of `session`, which holds the locks of the
 * days and the row of the stream. Returns the entries that met no row.
 */
export async function correctRows(
  session: SqlSession,
  stream: number,
  list: CorrectionList,
  days: readonly CorrectedDay[],
  requiredMask: number,
): Promise<CorrectionList> {
  let left = list
  if (days.length === 0) return left
  await session.run(ONLY_BY_PLACE)
  for (const day of days) {
    if (left.length === 0) break
    const entries = entriesOf(left, day)
    const missed: number[] = []
    for (let from = 0; from < entries.length; from += ENTRIES) {
      const part = partOf(entries, from, Math.min(from + ENTRIES, entries.length))
      missed.push(...(await correctPart(session, stream, part, day.day, requiredMask)))
    }
    left = without(left, day, new Set(missed))
  }
  await session.run(ANY_WAY)
  return left
}

/** The numbers of entries that met no row. */
async function correctPart(
  session: SqlSession,
  stream: number,
  part: CorrectionList,
  day: number,
  requiredMask: number,
): Promise<number[]> {
  const { length, seqs, flags, masks, slots, rewards } = part
  const table = ident(partitionsOf(day).events)
  // LIMIT has each entry look for its row by the key. Without statistics, as of a day that has just begun, the planner of
  // a plain join compares each entry with each row of the day.
  const [row] = await session.query<{ count: bigint; matched: string | null }>(
    `WITH c AS MATERIALIZED (
       SELECT place, new.*
       FROM unnest($3::INT8[], $4::INT2[], $5::INT2[], $6::INT2[], $7::REAL[], $8::REAL[], $9::REAL[], $10::REAL[])
         AS new (seq, flags, mask, slots, r0, r1, r2, r3),
         LATERAL (SELECT ctid AS place FROM ${table} WHERE stream = $1 AND sequence_number = seq LIMIT 1) found
     ), corrected AS (
       UPDATE ${table} e SET
         reward_homeostasis = CASE WHEN slots & 1 <> 0 THEN r0 ELSE reward_homeostasis END,
         reward_curiosity = CASE WHEN slots & 2 <> 0 THEN r1 ELSE reward_curiosity END,
         reward_efficiency = CASE WHEN slots & 4 <> 0 THEN r2 ELSE reward_efficiency END,
         reward_goal = CASE WHEN slots & 8 <> 0 THEN r3 ELSE reward_goal END,
         flags = e.flags | c.flags
           | CASE WHEN (appraisals | mask) & $2 = $2 THEN ${L.FULLY_APPRAISED}::INT2 ELSE 0::INT2 END,
         appraisals = appraisals | mask
       FROM c WHERE e.ctid = place
       RETURNING seq
     ) SELECT count(*) AS count, CASE WHEN count(*) < ${length} THEN array_agg(seq)::TEXT END AS matched FROM corrected`,
    [
      stream,
      requiredMask,
      listOf(seqs, length),
      listOf(new Int16Array(flags.buffer, flags.byteOffset, length), length),
      listOf(masks, length),
      listOf(slots, length),
      ...[0, 1, 2, 3].map((slot) => listOf(everyFourth(rewards, slot, length), length)),
    ],
  )
  if (row === undefined || row.count === BigInt(length)) return []
  const matched = new Set((row.matched ?? '{}').slice(1, -1).split(',').map(Number))
  return Array.from(seqs).filter((seq) => !matched.has(seq))
}

/** The entries of numbers that a day spans; shares the arrays. */
export function entriesOf(list: CorrectionList, { minSeq, maxSeq }: CorrectedDay): CorrectionList {
  return partOf(list, lowerBound(list.seqs, list.length, minSeq), lowerBound(list.seqs, list.length, maxSeq + 1))
}

/** The entries outside of a day's range, and those inside that are named. */
function without(list: CorrectionList, { minSeq, maxSeq }: CorrectedDay, kept: ReadonlySet<number>): CorrectionList {
  const rows: number[] = []
  for (let i = 0; i < list.length; i++) {
    const seq = list.seqs[i] as number
    if (seq < minSeq || seq > maxSeq || kept.has(seq)) rows.push(i)
  }
  const rewards = new Float32Array(rows.length * L.REWARD_SLOTS)
  for (const [to, i] of rows.entries()) {
    rewards.set(list.rewards.subarray(i * L.REWARD_SLOTS, (i + 1) * L.REWARD_SLOTS), to * L.REWARD_SLOTS)
  }
  return {
    length: rows.length,
    seqs: Float64Array.from(rows, (i) => list.seqs[i] as number),
    flags: Uint16Array.from(rows, (i) => list.flags[i] as number),
    masks: Uint8Array.from(rows, (i) => list.masks[i] as number),
    slots: Uint8Array.from(rows, (i) => list.slots[i] as number),
    rewards,
  }
}

function everyFourth(rewards: Float32Array, slot: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => rewards[i * L.REWARD_SLOTS + slot] as number)
}

/** An array as PostgreSQL writes it. The digits of an f32 as a double are read as the same f32. */
function listOf(values: Float64Array | Float32Array | Int16Array | Uint8Array, length: number): string {
  let text = ''
  for (let i = 0; i < length; i++) {
    const value = values[i] as number
    text += i === 0 ? '' : ','
    text += Object.is(value, -0) ? '-0' : value
  }
  return `{${text}}`
}
