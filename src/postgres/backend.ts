/**
 * The persistence backend on PostgreSQL and PGlite: one connection pool, and on it the store of a stream, its queries,
 * its archive, and what was learnt.
 *
 * Contract: that of `contract.ts`. `close` ends archiving, waits for the store's call under way and lets go of every
 * connection that `connect` made; every later call rejects with `ClosedError`, but for `close` and `healthCheck`.
 *
 * @module
 */

import { ClosedError } from '../errors.js'
import type { EventInput, ExperienceEvent } from '../event/types.js'
import type { Checkpoint, ColdBatch, ColdQuery, EventMetadata, StoredEvents } from '../storage/cold/cold-storage.js'
import type { Gap, StreamIdentity } from '../storage/journal/source.js'
import type { EventBatch } from '../stream/batch.js'
import { FileArchive } from './archive/file-archive.js'
import type { ArchiveCallOptions, ArchiveOptions } from './archive/options.js'
import type { Archiving, ArchivingOptions } from './archive/schedule.js'
import { type ConnectOptions, connectDatabase } from './connect.js'
import type * as C from './contract.js'
import type { SqlDriver } from './driver/driver.js'
import { EventQueries } from './events/queries.js'
import { checkHealth } from './health.js'
import { refreshAnalytics } from './knowledge/analytics.js'
import { Configuration } from './knowledge/configuration.js'
import { Metrics } from './knowledge/metrics.js'
import { Policies } from './knowledge/policies.js'
import type { DirectEvents } from './store/direct.js'
import { PostgresStore } from './store/store.js'
import type { DatabaseTarget } from './target.js'

/** How to connect, to which stream, and where archived days go. Unknown keys are refused. */
export interface BackendOptions extends ConnectOptions {
  /** Names the backend in reports and its follower in the journal. Default `'postgres'`. */
  readonly name?: string | undefined
  /** The stream that it speaks of, a UUID. Default: the one that it follows, or the only one of the database. */
  readonly streamId?: string | undefined
  /** Partitions of days that the database may have, 1 to 100,000. Default 4000. */
  readonly maxDays?: number | undefined
  /** Where archived days are. Without it nothing is archived, and a query of archived days is an error. */
  readonly archive?: ArchiveOptions | undefined
}

/**
 * Keeps a stream, policies, configuration and metrics in a database.
 *
 * @example
 * ```ts
 * const stream = await openExperienceStream({ directory, settleMs: 0 })
 * const backend = await PostgresBackend.connect('memory://')
 * const follower = stream.follow(backend)
 * stream.writeEvent({ episodeId: 7, rewardGoal: 0.5 })
 * await follower.caughtUp()
 * console.log(await backend.countEvents({ minReward: 0.5 })) // 1
 * await backend.saveConfig('controller', 'exploration', 0.25)
 * console.log(await backend.loadConfig('controller', 'exploration')) // 0.25
 * await stream.close()
 * await backend.close()
 * ```
 */
export class PostgresBackend implements C.PersistenceBackend {
  readonly name: string
  private readonly driver: SqlDriver
  private readonly store: PostgresStore
  private readonly archive: FileArchive
  private readonly events: EventQueries
  private readonly policies: Policies
  private readonly configuration: Configuration
  private readonly metrics: Metrics
  private closing: Promise<void> | undefined

  private constructor(driver: SqlDriver, { archive, ...store }: Pick<BackendOptions, 'archive' | StoreOption>) {
    this.driver = driver
    this.archive = new FileArchive(driver, archive)
    this.store = new PostgresStore(driver, { ...store, archive: this.archive })
    this.name = this.store.name
    this.events = new EventQueries(driver, this.store.streams, this.archive)
    this.policies = new Policies(driver)
    this.configuration = new Configuration(driver)
    this.metrics = new Metrics(driver, this.store.streams)
  }

  /**
   * Connects to a server or opens an embedded database.
   * @param target a URL `postgres://user:password@host:5432/name`, a pool of `pg`, an instance of PGlite, `file://DIR` or
   * `memory://` (default) for an embedded database
   * @throws {InvalidArgumentError} and the errors of `connectDatabase`: {@link DatabaseUnavailableError},
   * {@link AuthenticationError}, {@link SchemaMissingError} and their like; none shows a password.
   */
  static async connect(target?: DatabaseTarget, options: BackendOptions = {}): Promise<PostgresBackend> {
    const { name, streamId, maxDays, archive, ...connection } = options
    const driver = await connectDatabase(target, connection)
    try {
      return new PostgresBackend(driver, { name, streamId, maxDays, archive })
    } catch (error) {
      await driver.close()
      throw error
    }
  }

  /** What of the stream is committed, as far as this backend knows. */
  get checkpoint(): Checkpoint | undefined {
    return this.store.checkpoint
  }

  /** Of a follower: see `ColdStorage`, as the six below. */
  async open(identity: StreamIdentity, origin?: C.StoredStream['origin']): Promise<Checkpoint | undefined> {
    return this.sound.store.open(identity, origin)
  }

  async write(batch: ColdBatch, to: Checkpoint, signal?: AbortSignal): Promise<void> {
    return this.sound.store.write(batch, to, signal)
  }

  async flush(signal?: AbortSignal): Promise<void> {
    return this.sound.store.flush(signal)
  }

  async idle(signal?: AbortSignal): Promise<void> {
    return this.sound.store.idle(signal)
  }

  query(query: ColdQuery = {}): AsyncIterable<StoredEvents> {
    return this.sound.store.query(query)
  }

  async count(startSeq: number, endSeq: number): Promise<number> {
    return this.sound.store.count(startSeq, endSeq)
  }

  async gaps(startSeq: number, endSeq: number): Promise<readonly Gap[]> {
    return this.sound.store.gaps(startSeq, endSeq)
  }

  async stored({ signal }: C.CallOptions = {}): Promise<C.StoredStream | undefined> {
    return this.sound.store.stored(signal)
  }

  async writeEvent(event: EventInput, { signal }: C.CallOptions = {}): Promise<number> {
    return (await this.sound.store.append([event], { signal })).start
  }

  async writeEventWithMetadata(
    event: EventInput,
    metadata: EventMetadata,
    { signal }: C.CallOptions = {},
  ): Promise<number> {
    return (await this.sound.store.append([event], { metadata, signal })).start
  }

  async writeBatch(events: DirectEvents, { signal }: C.CallOptions = {}): Promise<{ start: number; end: number }> {
    return this.sound.store.append(events, { signal })
  }

  queryEvents(query: C.EventQuery = {}): C.EventResult<EventBatch> {
    return this.sound.events.queryEvents(query)
  }

  queryEventsWithMetadata(query: C.MetadataQuery = {}): C.EventResult<readonly C.EventWithMetadata[]> {
    return this.sound.events.queryEventsWithMetadata(query)
  }

  async readEvent(which: number | string | Uint8Array, options?: C.CallOptions): Promise<ExperienceEvent | undefined> {
    return this.sound.events.readEvent(which, options)
  }

  async countEvents(conditions: C.EventConditions & C.CallOptions = {}): Promise<number> {
    return this.sound.events.countEvents(conditions)
  }

  async savePolicy(
    stateBinId: string,
    policy: C.PolicyInput,
    options?: C.CallOptions & { readonly parent?: number | undefined },
  ): Promise<number> {
    return this.sound.policies.save(stateBinId, policy, options)
  }

  async loadPolicy(stateBinId: string, options?: C.CallOptions): Promise<C.Policy | undefined> {
    return this.sound.policies.load(stateBinId, options)
  }

  async deactivatePolicy(stateBinId: string, options?: C.CallOptions): Promise<boolean> {
    return this.sound.policies.deactivate(stateBinId, options)
  }

  async policyLineage(policyId: number, options?: Limited): Promise<C.Policy[]> {
    return this.sound.policies.lineage(policyId, options)
  }

  async updatePolicyPerformance(
    policyId: number,
    performance: { readonly executions: number; readonly avgReward: number },
    options?: C.CallOptions,
  ): Promise<void> {
    return this.sound.policies.updatePerformance(policyId, performance, options)
  }

  async bestPolicies(options?: Limited): Promise<C.Policy[]> {
    return this.sound.policies.best(options)
  }

  async saveConfig(component: string, key: string, value: unknown, options?: C.CallOptions): Promise<number> {
    return this.sound.configuration.save(component, key, value, options)
  }

  async loadConfig(component: string, key: string, options?: C.CallOptions): Promise<unknown> {
    return this.sound.configuration.load(component, key, options)
  }

  async configHistory(component: string, key: string, options?: Limited): Promise<C.ConfigVersion[]> {
    return this.sound.configuration.history(component, key, options)
  }

  async recordMetric(metric: C.MetricInput, options?: C.CallOptions): Promise<number> {
    return this.sound.metrics.record(metric, options)
  }

  async queryMetrics(query?: C.MetricQuery): Promise<C.Metric[]> {
    return this.sound.metrics.query(query)
  }

  async refreshAnalytics(options?: C.RefreshOptions): Promise<void> {
    return refreshAnalytics(this.sound.driver, options)
  }

  async archiveEvents(olderThan: Date | number, options?: ArchiveCallOptions): Promise<C.ArchiveReport> {
    return this.sound.archive.archive(olderThan, options)
  }

  /**
   * Archives at intervals, a day apart unless told otherwise, until it is stopped or the backend is closed. It keeps no
   * process alive; several processes may do it, one at a time does. What was begun before is stopped.
   * @throws {ArchiveUnavailableError} without `archive: { directory }` @throws {InvalidArgumentError}
   */
  startArchiving(options: ArchivingOptions = {}): Archiving {
    return this.sound.archive.start(options)
  }

  healthCheck(options?: C.CallOptions): Promise<C.Health> {
    return checkHealth(this.driver, options)
  }

  close(): Promise<void> {
    this.closing ??= this.end()
    return this.closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** @throws {ClosedError} after `close`. */
  private get sound(): this {
    if (this.closing !== undefined) throw new ClosedError(`backend '${this.name}'`)
    return this
  }

  private async end(): Promise<void> {
    // First: a write may be waiting for the day that is on its way into files.
    try {
      await this.archive.close()
      await this.store.close()
    } finally {
      await this.driver.close()
    }
  }
}

type StoreOption = 'name' | 'streamId' | 'maxDays'
type Limited = C.CallOptions & { readonly limit?: number | undefined }
