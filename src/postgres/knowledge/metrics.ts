/**
 * Metrics of learning: what was measured, when, and of which policy and event.
 *
 * An event is named by values, its stream and its sequence number, since it comes when it is settled and leaves when it
 * is archived. Its id is what the caller says; otherwise it is looked up while the event is in its table, and kept when
 * the event leaves it (`experience_keep_references`).
 *
 * @module
 */

import { formatId, idBytes } from '../../event/id.js'
import { SEQ_LIMIT } from '../../kernel/ring.js'
import { assertInteger, assertKeys } from '../../stream/validate.js'
import type { CallOptions, Metric, MetricInput, MetricQuery } from '../contract.js'
import type { SqlDriver, SqlValue } from '../driver/driver.js'
import type { Streams } from '../store/streams.js'
import { assertId, assertName, documentOf, limitOf, signalOf, timeOf } from './arguments.js'
import { PolicyNotFoundError } from './errors.js'
import { type EventReference, eventIds, referenceKey } from './event-ids.js'
import { violates } from './versions.js'

const RECORD = `INSERT INTO learning_metrics
    (metric_type, metric_data, timestamp, related_policy_id, related_stream, related_sequence_number, related_event_id)
  VALUES ($1, $2::jsonb, coalesce($3::timestamptz, clock_timestamp()), $4::int8, $5::int2, $6::int8, $7::uuid)
  RETURNING metric_id`

const INPUT = ['type', 'data', 'timestamp', 'policyId', 'eventSeq', 'eventId']
const CONDITIONS = ['type', 'policyId', 'from', 'to', 'limit']
const MOST_METRICS = 100_000

/** The metrics of a database; see the module and `PersistenceBackend`. */
export class Metrics {
  private readonly driver: SqlDriver
  private readonly streams: Streams

  constructor(driver: SqlDriver, streams: Streams) {
    this.driver = driver
    this.streams = streams
  }

  /**
   * Records a metric.
   * @returns its metricId.
   * @throws {InvalidArgumentError}
   * @throws {PolicyNotFoundError} if `policyId` is that of no policy.
   * @throws {UnknownStreamError} for an `eventSeq` if the backend speaks of no stream.
   */
  async record(metric: MetricInput, options: CallOptions = {}): Promise<number> {
    assertKeys(metric, 'metric', INPUT)
    const { type, data, timestamp, policyId, eventSeq, eventId } = metric
    assertName(type, 'type')
    const text = documentOf(data, 'data')
    const time = timestamp === undefined ? null : timeOf(timestamp, 'timestamp')
    if (policyId !== undefined) assertId(policyId, 'policyId')
    if (eventSeq !== undefined) assertInteger(eventSeq, 'eventSeq', 0, SEQ_LIMIT - 1)
    const id = eventId === undefined ? null : formatId(idBytes(eventId))
    const signal = signalOf(options)
    const stream = eventSeq === undefined ? null : (await this.streams.require()).key
    const values = [type, text, time, policyId ?? null, stream, eventSeq ?? null, id]
    try {
      const [row] = await this.driver.query<Pick<MetricRow, 'metric_id'>>(RECORD, values, { signal })
      return Number(row?.metric_id)
    } catch (error) {
      if (policyId === undefined || !violates(error, 'learning_metrics_policy')) throw error
      throw new PolicyNotFoundError('policyId', policyId)
    }
  }

  /** The metrics that meet all conditions, the newest first; of equal times the one that was recorded last. */
  async query(query: MetricQuery = {}): Promise<Metric[]> {
    const signal = signalOf(query, CONDITIONS)
    const { sql, values } = selection(query)
    const rows = await this.driver.query<MetricRow>(sql, values, { signal })
    const nameless = rows.filter((row) => row.related_event_id === null).flatMap(referenceOf)
    const ids = await eventIds(this.driver, nameless, signal)
    return rows.map((row) => metricOf(row, ids))
  }
}

/** The statement of a query. Its text depends on which conditions there are, not on what they say. */
function selection({ type, policyId, from, to, limit }: MetricQuery): { sql: string; values: SqlValue[] } {
  const values: SqlValue[] = []
  const conditions: string[] = []
  const add = (condition: string, value: SqlValue): void => {
    values.push(value)
    conditions.push(`${condition}$${values.length}`)
  }
  if (type !== undefined) {
    assertName(type, 'type')
    add('metric_type = ', type)
  }
  if (policyId !== undefined) {
    assertId(policyId, 'policyId')
    add('related_policy_id = ', policyId)
  }
  if (from !== undefined) add('timestamp >= ', timeOf(from, 'from'))
  if (to !== undefined) add('timestamp <= ', timeOf(to, 'to'))
  values.push(limitOf(limit, 1000, MOST_METRICS))
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  const sql = `SELECT metric_id, metric_type, metric_data, timestamp, related_policy_id, related_stream,
      related_sequence_number, related_event_id
    FROM learning_metrics ${where} ORDER BY timestamp DESC, metric_id DESC LIMIT $${values.length}::int8`
  return { sql, values }
}

type MetricRow = {
  readonly metric_id: bigint
  readonly metric_type: string
  readonly metric_data: unknown
  readonly timestamp: Date
  readonly related_policy_id: bigint | null
  readonly related_stream: number | null
  readonly related_sequence_number: bigint | null
  readonly related_event_id: string | null
}

/** The event that a metric names, if it names one. */
function referenceOf({ related_stream: stream, related_sequence_number: seq }: MetricRow): EventReference[] {
  return stream === null || seq === null ? [] : [{ stream, seq: Number(seq) }]
}

function metricOf(row: MetricRow, ids: ReadonlyMap<string, string>): Metric {
  const [event] = referenceOf(row)
  return {
    metricId: Number(row.metric_id),
    type: row.metric_type,
    data: row.metric_data,
    timestamp: row.timestamp,
    policyId: row.related_policy_id === null ? undefined : Number(row.related_policy_id),
    eventSeq: event?.seq,
    eventId: row.related_event_id ?? (event && ids.get(referenceKey(event))),
  }
}
