/**
 * One page of rows as events: the events of a statement, then their metadata, both by COPY.
 *
 * Memory: the page twice, as rows and as records, and its metadata, of which a page takes at most about `METADATA_BYTES`:
 * one whose events have more ends sooner.
 *
 * @module
 */

import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { EventsBuilder, lowerBound } from '../../storage/cold/events.js'
import { EVENT_COLUMNS } from '../codec/columns.js'
import { decodeEvents } from '../codec/decode-events.js'
import { decodeMetadata, METADATA_COLUMNS } from '../codec/metadata.js'
import type { SqlSession } from '../driver/driver.js'
import { ident, int4, int8 } from '../sql/text.js'

/** Metadata of a page, at most, unless a single event has more. */
const METADATA_BYTES = 8 * 1024 * 1024
/** About what metadata take, without reading what is stored apart: what is compressed counts as sixteen times its size. */
const METADATA_SIZE = ['parameters', 'exact']
  .map((name) => `pg_column_size(${name}) * CASE WHEN pg_column_compression(${name}) IS NULL THEN 1 ELSE 16 END`)
  .concat('octet_length(intent_type)', 'octet_length(executor_id)')
  .map((size) => `coalesce(${size}, 0)`)
  .join(' + ')

/** Where rows are read from: the tables, or those of one day, and a condition that both of them meet. */
export interface PagePlace {
  /** Name of a table of events; default the parent of all. */
  readonly events?: string | undefined
  /** Name of a table of metadata. */
  readonly metadata?: string | undefined
  readonly stream: number
  /** Timestamps in µs, [from, to), between which all events lie that are asked for: partitions outside are not touched. */
  readonly within?: { readonly from: number; readonly to: number } | undefined
}

/** Which rows of a place. */
export interface PageRange {
  /** Sequence numbers [startSeq, endSeq). */
  readonly startSeq: number
  readonly endSeq?: number | undefined
  /** Further conditions, made by `sql/text.ts`. */
  readonly conditions?: readonly string[] | undefined
  /** Rows at most. */
  readonly limit: number
  /** Whether the rows are few enough to be gathered and sorted: then the index of the sequence number is left alone. */
  readonly sorts?: boolean | undefined
}

/** A page, and where the next one begins. */
export interface Page {
  /** Ascending by sequence number; `masks` are the appraisals. */
  readonly events: StoredEvents
  /** Every event below it that meets the conditions is in this page or in one before; undefined behind the last one. */
  readonly next: number | undefined
}

/** Reads one page. Two or three statements of `session`, which should be in a transaction if rows may move. */
export async function readPage(session: SqlSession, place: PagePlace, range: PageRange): Promise<Page> {
  const { limit, endSeq } = range
  const found = decodeEvents(await session.copyOut(eventsSql(place, range)))
  const last = found.seqs[found.length - 1]
  const next = found.length < limit || last === undefined ? undefined : last + 1
  const page = { events: found, next: next === endSeq ? undefined : next }
  return found.length === 0 ? page : withMetadata(session, place, page)
}

function eventsSql(place: PagePlace, { startSeq, endSeq, conditions = [], limit, sorts }: PageRange): string {
  const where = [...within(place), `sequence_number >= ${int8(startSeq)}`, ...conditions]
  if (endSeq !== undefined) where.push(`sequence_number < ${int8(endSeq)}`)
  // A sum is no column of an index: rows that are found otherwise are sorted, not looked for in the order of the numbers.
  const order = sorts ? 'sequence_number + 0' : 'sequence_number'
  return `COPY (SELECT ${EVENT_COLUMNS} FROM ${ident(place.events ?? 'experience_events')}
    WHERE ${where.join(' AND ')} ORDER BY ${order} LIMIT ${int8(limit)}) TO STDOUT (FORMAT binary)`
}

async function withMetadata(session: SqlSession, place: PagePlace, page: Page): Promise<Page> {
  const { events } = page
  const where = [...within(place), numbersOf(events.seqs)].join(' AND ')
  const from = ident(place.metadata ?? 'action_metadata')
  const [sum] = await session.query<{ count: bigint; cut: bigint | null }>(
    `SELECT count(*) AS count, min(sequence_number) FILTER (WHERE before >= ${METADATA_BYTES}) AS cut FROM (
       SELECT sequence_number, sum(${METADATA_SIZE}) OVER (ORDER BY sequence_number) - (${METADATA_SIZE}) AS before
       FROM ${from} WHERE ${where}) sized`,
  )
  if (sum === undefined || sum.count === 0n) return page
  const cut = sum.cut === null ? undefined : Number(sum.cut)
  const below = cut === undefined ? '' : ` AND sequence_number < ${int8(cut)}`
  const sql = `COPY (SELECT ${METADATA_COLUMNS} FROM ${from} WHERE ${where}${below}) TO STDOUT (FORMAT binary)`
  const metadata = decodeMetadata(await session.copyOut(sql))
  if (cut === undefined) return { events: { ...events, metadata }, next: page.next }
  const rows = new EventsBuilder(lowerBound(events.seqs, events.length, cut))
  rows.append({ ...events, metadata }, 0, rows.capacity)
  return { events: rows.finish(), next: cut }
}

function within({ stream, within }: PagePlace): string[] {
  const where = [`stream = ${int4(stream)}`]
  if (within !== undefined) where.push(`timestamp >= ${int8(within.from)}`, `timestamp < ${int8(within.to)}`)
  return where
}

/** The numbers of a page, as a range where they stand close together. */
function numbersOf(seqs: Float64Array): string {
  const first = seqs[0] as number
  const last = seqs[seqs.length - 1] as number
  const range = `sequence_number >= ${int8(first)} AND sequence_number <= ${int8(last)}`
  if (last - first < 2 * seqs.length) return range
  return `${range} AND sequence_number = ANY ('{${Array.from(seqs, inner).join(',')}}'::INT8[])`
}

function inner(seq: number): string {
  int8(seq)
  return String(seq)
}
