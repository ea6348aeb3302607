/**
 * The contract of a persistence backend: a database that keeps the events of a stream, what led to them, and what was
 * learnt from them. `PostgresBackend` fulfils it on a PostgreSQL server and on PGlite.
 *
 * Contract:
 * - It is a store that follows a journal ({@link ColdStorage}): `stream.follow(backend)`. Data and checkpoint are one
 *   transaction; an event is there once, whatever is killed when.
 * - A backend speaks of one stream: the one that it follows or is told by `streamId`; otherwise the only one of the
 *   database, or one that belongs to nobody's journal and is written by `writeEvent` and `writeBatch`. To write past a
 *   journal into its stream is refused: there is one way in.
 * - Policies, configuration and metrics belong to the database, not to a stream.
 * - Days that are archived are in files; every query and count sees warm and archived days alike.
 * - Every call rejects with an error of `errors.ts` or with the signal's reason, and leaves nothing half done.
 *
 * @module
 */

import type { EventColumns, EventInput, ExperienceEvent } from '../event/types.js'
import type { ColdStorage, EventMetadata, StoredEvents } from '../storage/cold/cold-storage.js'
import type { Gap, StreamIdentity } from '../storage/journal/source.js'
import type { EventBatch } from '../stream/batch.js'

/** What every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** Which events a query is about; conditions are joined by AND. */
export interface EventConditions {
  /** Timestamps in µs, both inclusive. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Sequence numbers [startSeq, endSeq). */
  readonly startSeq?: number | undefined
  readonly endSeq?: number | undefined
  readonly types?: readonly number[] | undefined
  readonly episodeId?: number | bigint | undefined
  /** The total reward, which is the f32 sum of the four, is at least this. */
  readonly minReward?: number | undefined
  /** All of these flags are set. */
  readonly flags?: number | undefined
  readonly adnaVersionHash?: number | undefined
}

/** Conditions that only `queryEventsWithMetadata` takes. */
export interface MetadataConditions extends EventConditions {
  readonly intentType?: string | undefined
  readonly executorId?: string | undefined
  /** The parameters contain this JSON, as PostgreSQL's `@>` has it. */
  readonly parameters?: unknown
}

/**
 * `'time'`: timestamp, then sequence number. `'reward'`: total reward, then sequence number; only profile `analytics` has an
 * index for it, without it each page reads all events that meet the conditions. docs/postgres-plans.md has the plans.
 */
export type EventOrder = 'time' | 'sequence' | 'reward'

/** How a result is ordered and cut. */
export interface PageOptions extends CallOptions {
  /** Default `'time'`. */
  readonly orderBy?: EventOrder | undefined
  /** Default `'ascending'`; `'descending'` for the newest or the best first. */
  readonly direction?: 'ascending' | 'descending' | undefined
  /** Events in all. Default: no limit when iterated; `page()` takes 1000. */
  readonly limit?: number | undefined
  /** Goes on behind a page that was read before: its `cursor`. The order must be the same. */
  readonly after?: string | undefined
}

/** What `queryEvents` takes. */
export type EventQuery = EventConditions & PageOptions

/** What `queryEventsWithMetadata` takes. */
export type MetadataQuery = MetadataConditions & PageOptions

/** One page of a result. */
export interface EventPage<Batch> {
  readonly events: Batch
  /** Where the next page begins; undefined behind the last one. Opaque text. Stable while events are added or scored. */
  readonly cursor: string | undefined
}

/** An event as `queryEventsWithMetadata` has it. */
export interface EventWithMetadata {
  readonly event: ExperienceEvent
  readonly metadata: EventMetadata | undefined
}

/**
 * The events that meet a query, read when they are asked for: `for await (const batch of result)` in bounded memory,
 * `collect()` as one, `page()` one page with the place where the next one begins.
 */
export interface EventResult<Batch> extends AsyncIterable<Batch> {
  /** All of them at once. @throws {ResultTooLargeError} beyond `limit` of the call, 100,000 unless given. */
  collect(options?: { readonly limit?: number | undefined }): Promise<Batch>
  page(): Promise<EventPage<Batch>>
}

/** What a policy does: weights of actions, by action code. */
export interface PolicyInput {
  readonly ruleId: string
  /** Finite numbers by action code, u16. */
  readonly actionWeights: Readonly<Record<number, number>> | ReadonlyMap<number, number>
  /** Any JSON of at most 1 MiB. */
  readonly metadata?: unknown
}

/** A version of the policy of a state bin. */
export interface Policy {
  readonly policyId: number
  readonly stateBinId: string
  readonly ruleId: string
  readonly actionWeights: ReadonlyMap<number, number>
  readonly metadata: unknown
  /** From 1 on, without gaps. */
  readonly version: number
  readonly parentPolicyId: number | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly isActive: boolean
  readonly totalExecutions: number
  readonly avgReward: number
}

/** A version of a configuration value. */
export interface ConfigVersion {
  readonly configId: number
  readonly component: string
  readonly key: string
  /** Any JSON. */
  readonly value: unknown
  /** From 1 on, without gaps. */
  readonly version: number
  readonly parentConfigId: number | undefined
  readonly createdAt: Date
  readonly isActive: boolean
}

/** The kinds of metric that the tier itself speaks of; others are allowed. */
export type MetricType = 'proposal_accepted' | 'reward_trend' | 'policy_performance' | (string & {})

/** A metric to record. */
export interface MetricInput {
  readonly type: MetricType
  /** Any JSON. */
  readonly data: unknown
  /** When it was; default now. */
  readonly timestamp?: Date | undefined
  readonly policyId?: number | undefined
  /**
   * Sequence number of an event of the backend's stream; kept as a plain value, so that it survives archiving. The
   * database need not have the event yet.
   */
  readonly eventSeq?: number | undefined
  /** The event's id, text or 16 bytes. Default: that of the event, as soon as the database has it. */
  readonly eventId?: string | Uint8Array | undefined
}

/** A metric that was recorded. */
export interface Metric {
  readonly metricId: number
  readonly type: MetricType
  readonly data: unknown
  readonly timestamp: Date
  readonly policyId: number | undefined
  readonly eventSeq: number | undefined
  readonly eventId: string | undefined
}

/** What `queryMetrics` takes; times are inclusive. */
export interface MetricQuery extends CallOptions {
  readonly type?: MetricType | undefined
  readonly policyId?: number | undefined
  readonly from?: Date | undefined
  readonly to?: Date | undefined
  /** The newest first. Default 1000, at most 100,000. */
  readonly limit?: number | undefined
}

/** How `refreshAnalytics` is called. */
export interface RefreshOptions extends CallOptions {
  /** It reads every event that is in a table, and so has a limit of its own, in ms. Default: an hour. */
  readonly timeoutMs?: number | undefined
}

/** What `healthCheck` found. */
export interface Health {
  readonly ok: boolean
  /** Round trip of one statement in ms; undefined if there was no answer. */
  readonly latencyMs: number | undefined
  readonly server: string | undefined
  readonly kind: 'server' | 'embedded'
  /** Migrations that are applied, and that this package has. */
  readonly schemaVersion: number | undefined
  readonly expectedVersion: number
  readonly profile: Profile | undefined
  readonly pool: { readonly total: number; readonly idle: number; readonly waiting: number }
  readonly error: Error | undefined
}

/** Which indexes there are; see docs/postgres.md. */
export type Profile = 'ingest' | 'analytics'

/** What `archiveEvents` did. */
export interface ArchiveReport {
  /** Days that moved, such as `'2026-11-21'`; with what stands in files of them now: */
  readonly days: readonly string[]
  readonly events: number
  readonly metadata: number
  /** Files that were made, the folded ones among them. */
  readonly files: number
  readonly bytes: number
  /** Files that were made anew with the rewards that came late. */
  readonly folded: number
  /** Files that did not count, such as those of a run that did not end. */
  readonly removed: number
  /** Files of a later time than the database, which comes from a backup then: they were given names with `.unknown`. */
  readonly setAside: readonly string[]
}

/** The backend. */
export interface PersistenceBackend extends ColdStorage {
  /** Writes one event to a stream that no journal writes. @returns its sequence number, once it is committed. */
  writeEvent(event: EventInput, options?: CallOptions): Promise<number>
  /** The same together with its metadata, in one transaction. */
  writeEventWithMetadata(event: EventInput, metadata: EventMetadata, options?: CallOptions): Promise<number>
  /** Writes all or none. @returns their sequence numbers [start, end). */
  writeBatch(
    events: readonly EventInput[] | Uint8Array | EventColumns,
    options?: CallOptions,
  ): Promise<{ start: number; end: number }>

  queryEvents(query?: EventQuery): EventResult<EventBatch>
  queryEventsWithMetadata(query?: MetadataQuery): EventResult<readonly EventWithMetadata[]>
  /** By sequence number or by id (text or 16 bytes); undefined if there is none. Of several with one id the newest. */
  readEvent(which: number | string | Uint8Array, options?: CallOptions): Promise<ExperienceEvent | undefined>
  countEvents(conditions?: EventConditions & CallOptions): Promise<number>

  /**
   * Saves a new version and makes it the active one. `parent` is the policy that it was made from, of any bin.
   * @returns its policyId.
   */
  savePolicy(
    stateBinId: string,
    policy: PolicyInput,
    options?: CallOptions & { readonly parent?: number | undefined },
  ): Promise<number>
  /** The active version. */
  loadPolicy(stateBinId: string, options?: CallOptions): Promise<Policy | undefined>
  /** Whether there was an active one. */
  deactivatePolicy(stateBinId: string, options?: CallOptions): Promise<boolean>
  /** The policy and its ancestors, the nearest first; empty if there is none. Default limit 1000, at most 10,000. */
  policyLineage(policyId: number, options?: CallOptions & { readonly limit?: number | undefined }): Promise<Policy[]>
  /** Adds executions with their mean reward to the running mean. */
  updatePolicyPerformance(
    policyId: number,
    performance: { readonly executions: number; readonly avgReward: number },
    options?: CallOptions,
  ): Promise<void>
  /** Active policies, the best mean reward first. Default limit 100, at most 10,000. */
  bestPolicies(options?: CallOptions & { readonly limit?: number | undefined }): Promise<Policy[]>

  /** Saves a new version and makes it the active one. @returns its version. */
  saveConfig(component: string, key: string, value: unknown, options?: CallOptions): Promise<number>
  /** The active value; undefined if there is none, null if it is null. */
  loadConfig(component: string, key: string, options?: CallOptions): Promise<unknown>
  /** All versions, the newest first. Default limit 1000, at most 10,000. */
  configHistory(
    component: string,
    key: string,
    options?: CallOptions & { readonly limit?: number | undefined },
  ): Promise<ConfigVersion[]>

  recordMetric(metric: MetricInput, options?: CallOptions): Promise<number>
  queryMetrics(query?: MetricQuery): Promise<Metric[]>
  /** Computes the figures of the days anew, the materialised view `daily_experience`. */
  refreshAnalytics(options?: RefreshOptions): Promise<void>

  /** Moves whole days whose end lies before `olderThan` into files; see docs/postgres.md. */
  archiveEvents(olderThan: Date | number, options?: CallOptions): Promise<ArchiveReport>
  healthCheck(options?: CallOptions): Promise<Health>

  /** The stream that the backend speaks of, and how far it is; undefined if there is none yet. */
  stored(options?: CallOptions): Promise<StoredStream | undefined>
  gaps(startSeq: number, endSeq: number): Promise<readonly Gap[]>
  [Symbol.asyncDispose](): Promise<void>
}

/** A stream in a database. */
export interface StoredStream {
  readonly identity: StreamIdentity
  readonly origin: 'journal' | 'direct'
  readonly checkpoint: { readonly seq: number; readonly position: number }
}

/** Rows of the warm or of the archived days, as the parts of the tier hand them to each other. */
export type { StoredEvents }
