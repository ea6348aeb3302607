/**
 * What a database holds, as `stats URL` tells it: streams, their events by day, gaps, sizes. Looks at tables of accounts
 * and at the catalog, never at events.
 *
 * @module
 */

import type { Profile } from '../postgres/contract.js'
import type { SqlDriver } from '../postgres/driver/driver.js'
import { checkSchema } from '../postgres/schema/migrate.js'

/** A stream of the database. */
export interface StreamStats {
  streamId: string
  origin: 'journal' | 'direct'
  firstSeq: number
  /** What is committed. */
  checkpoint: { seq: number; position: number }
  /** Events, and those of them that are in files of the archive. */
  events: number
  archived: number
  days: number
  /** Numbers without an event, by reason. */
  gapNumbers: { aborted: number; damaged: number; missed: number }
  updatedAt: string
}

/** A UTC day. */
export interface DayStats {
  day: string
  events: number
  /** Whether its tables are in the database; its events may be in files as well, or only there. */
  warm: boolean
  /** Bytes of its tables with their indexes. */
  bytes: number
}

/** Everything that `stats URL` tells. */
export interface DatabaseStats {
  database: string
  schema: { version: number; profile: Profile | null }
  /** Bytes of all events and of all metadata in tables, indexes included. */
  bytes: { events: number; metadata: number }
  archive: { files: number; events: number; bytes: number }
  streams: StreamStats[]
  days: DayStats[]
}

const STREAMS = `
  SELECT s.stream_id, s.origin, s.first_seq, s.next_seq, s.journal_position, s.updated_at,
    (SELECT coalesce(sum(d.events), 0)::INT8 FROM experience_days d WHERE d.stream = s.stream) AS events,
    (SELECT count(*) FROM experience_days d WHERE d.stream = s.stream) AS days,
    (SELECT coalesce(sum(a.events), 0)::INT8 FROM experience_archives a
      WHERE a.stream = s.stream AND a.replaced_in IS NULL) AS archived,
    (SELECT coalesce(jsonb_object_agg(g.reason, g.numbers), '{}') FROM
      (SELECT reason, sum(end_seq - start_seq)::INT8 AS numbers FROM experience_gaps WHERE stream = s.stream GROUP BY reason) g
    ) AS gaps
  FROM experience_streams s ORDER BY s.stream`
const DAYS = `
  SELECT day::TEXT AS day, sum(events)::INT8 AS events,
    to_regclass('experience_events_' || to_char(day, 'YYYYMMDD')) IS NOT NULL AS warm,
    coalesce(pg_total_relation_size(to_regclass('experience_events_' || to_char(day, 'YYYYMMDD'))), 0)
      + coalesce(pg_total_relation_size(to_regclass('action_metadata_' || to_char(day, 'YYYYMMDD'))), 0) AS bytes
  FROM experience_days GROUP BY day ORDER BY day`
const SIZES = `
  SELECT coalesce(sum(pg_total_relation_size(inhrelid)) FILTER (WHERE inhparent = 'experience_events'::REGCLASS), 0)::INT8 AS events,
    coalesce(sum(pg_total_relation_size(inhrelid)) FILTER (WHERE inhparent = 'action_metadata'::REGCLASS), 0)::INT8 AS metadata
  FROM pg_inherits`
const ARCHIVE = `
  SELECT count(*) AS files, coalesce(sum(events), 0)::INT8 AS events, coalesce(sum(bytes), 0)::INT8 AS bytes
  FROM experience_archives WHERE replaced_in IS NULL`

/** Looks at a database. @throws SchemaMissingError, SchemaVersionError if it is not migrated */
export async function databaseStats(driver: SqlDriver): Promise<DatabaseStats> {
  const { version, profile } = await checkSchema(driver)
  return driver.transaction(
    async (session) => {
      const streams = await session.query<StreamRow>(STREAMS)
      const days = await session.query<DayRow>(DAYS)
      const [sizes] = await session.query<Counters>(SIZES)
      const [archive] = await session.query<Counters>(ARCHIVE)
      return {
        database: driver.address,
        schema: { version, profile: profile ?? null },
        bytes: { events: Number(sizes?.events), metadata: Number(sizes?.metadata) },
        archive: { files: Number(archive?.files), events: Number(archive?.events), bytes: Number(archive?.bytes) },
        streams: streams.map(streamStats),
        days: days.map(({ day, events, warm, bytes }) => ({ day, events: Number(events), warm, bytes: Number(bytes) })),
      }
    },
    { readOnly: true, isolation: 'repeatable read' },
  )
}

type Counters = Record<string, bigint>

type DayRow = { readonly day: string; readonly events: bigint; readonly warm: boolean; readonly bytes: bigint }

type StreamRow = {
  readonly stream_id: string
  readonly origin: 'journal' | 'direct'
  readonly first_seq: bigint
  readonly next_seq: bigint
  readonly journal_position: bigint
  readonly updated_at: Date
  readonly events: bigint
  readonly archived: bigint
  readonly days: bigint
  readonly gaps: Partial<StreamStats['gapNumbers']>
}

function streamStats(row: StreamRow): StreamStats {
  return {
    streamId: row.stream_id,
    origin: row.origin,
    firstSeq: Number(row.first_seq),
    checkpoint: { seq: Number(row.next_seq), position: Number(row.journal_position) },
    events: Number(row.events),
    archived: Number(row.archived),
    days: Number(row.days),
    gapNumbers: { aborted: 0, damaged: 0, missed: 0, ...row.gaps },
    updatedAt: row.updated_at.toISOString(),
  }
}
