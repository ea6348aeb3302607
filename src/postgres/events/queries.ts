/**
 * The queries of a backend about the events of its stream, over tables and archive alike.
 *
 * Contract:
 * - A mistake in a query throws when the query is made, everything else when its result is read.
 * - A result is read in pages of bounded size, each in a transaction of its own, at the place where the last one ended: an
 *   event that was there from the beginning comes once, whatever is added, scored or archived meanwhile; in the order of
 *   rewards one that is scored meanwhile is where it belongs when its turn comes.
 * - A database that has no stream yet has no events.
 *
 * @module
 */

import { idBytes } from '../../event/id.js'
import type { ExperienceEvent } from '../../event/types.js'
import { assertSeq, SEQ_LIMIT } from '../../kernel/ring.js'
import type { EventBatch } from '../../stream/batch.js'
import { assertInteger, assertKeys, assertSignal } from '../../stream/validate.js'
import type {
  CallOptions,
  EventConditions,
  EventQuery,
  EventResult,
  EventWithMetadata,
  MetadataQuery,
  PageOptions,
} from '../contract.js'
import type { SqlDriver } from '../driver/driver.js'
import type { Archive } from '../store/source.js'
import type { Streams } from '../store/streams.js'
import { eventBatch, eventsWithMetadata } from './batches.js'
import { CONDITION_KEYS, Conditions, METADATA_KEYS } from './conditions.js'
import { countEvents } from './count.js'
import { decodeCursor } from './cursor.js'
import { QUERY_LIMITS, type QueryLimits } from './limits.js'
import { Ordering } from './order.js'
import { pagesOf } from './pages.js'
import { readById, readBySeq } from './read-event.js'
import { QueryResult } from './result.js'
import { EventTables } from './tables.js'

const PAGE_KEYS = ['orderBy', 'direction', 'limit', 'after', 'signal']

/** See the module. */
export class EventQueries {
  private readonly driver: SqlDriver
  private readonly streams: Streams
  private readonly archive: Archive | undefined
  private readonly limits: QueryLimits
  private known: { readonly streamId: string; readonly tables: EventTables } | undefined

  constructor(driver: SqlDriver, streams: Streams, archive?: Archive, limits = QUERY_LIMITS) {
    this.driver = driver
    this.streams = streams
    this.archive = archive
    this.limits = limits
  }

  /** See `PersistenceBackend`. @throws {InvalidArgumentError} */
  queryEvents(query: EventQuery = {}): EventResult<EventBatch> {
    assertKeys(query, 'query', [...CONDITION_KEYS, ...PAGE_KEYS])
    return this.result(query, this.limits.page, eventBatch, false)
  }

  /** See `PersistenceBackend`. @throws {InvalidArgumentError} */
  queryEventsWithMetadata(query: MetadataQuery = {}): EventResult<readonly EventWithMetadata[]> {
    assertKeys(query, 'query', [...CONDITION_KEYS, ...METADATA_KEYS, ...PAGE_KEYS])
    return this.result(query, this.limits.described, eventsWithMetadata, true)
  }

  /** See `PersistenceBackend`. @throws {InvalidArgumentError} */
  async readEvent(
    which: number | string | Uint8Array,
    options: CallOptions = {},
  ): Promise<ExperienceEvent | undefined> {
    assertKeys(options, 'options', ['signal'])
    const { signal } = options
    assertSignal(signal)
    const id = typeof which === 'number' ? undefined : idBytes(which)
    if (typeof which === 'number') assertSeq(which, 'which')
    if (which === SEQ_LIMIT) return undefined
    const tables = await this.tables(signal)
    if (tables === undefined) return undefined
    const { limits } = this
    return id === undefined ? readBySeq(tables, which as number, limits, signal) : readById(tables, id, limits, signal)
  }

  /** See `PersistenceBackend`. @throws {InvalidArgumentError} */
  async countEvents(conditions: EventConditions & CallOptions = {}): Promise<number> {
    assertKeys(conditions, 'conditions', [...CONDITION_KEYS, 'signal'])
    const { signal } = conditions
    assertSignal(signal)
    const wanted = new Conditions(conditions)
    const tables = await this.tables(signal)
    return tables === undefined ? 0 : countEvents(tables, wanted, this.limits, signal)
  }

  private result<Batch>(
    query: EventConditions & PageOptions,
    pageSize: number,
    batch: (events: Parameters<typeof eventBatch>[0]) => Batch,
    metadata: boolean,
  ): EventResult<Batch> {
    const { signal, limit: given } = query
    assertSignal(signal)
    const ordering = new Ordering(query)
    if (given !== undefined) assertInteger(given, 'limit', 0, Number.MAX_SAFE_INTEGER)
    const after = query.after === undefined ? undefined : decodeCursor(query.after, ordering)
    const request = { conditions: new Conditions(query), ordering, metadata, limits: this.limits }
    const open = (): Promise<EventTables | undefined> => this.tables(signal)
    const pages = (limit: number) => pagesOf(open, request, { after, limit, pageSize, signal })
    return new QueryResult({ ordering, limit: given, pages, batch })
  }

  private async tables(signal: AbortSignal | undefined): Promise<EventTables | undefined> {
    signal?.throwIfAborted()
    const { streams, driver, archive, known } = this
    const { streamId } = streams
    if (known !== undefined && known.streamId === streamId) return known.tables
    const stream = streamId === undefined ? await streams.find() : await streams.require()
    const tables = stream && new EventTables(driver, stream.key, archive)
    // The key of a stream never changes; which one is the only one may.
    if (tables !== undefined && streamId !== undefined) this.known = { streamId, tables }
    return tables
  }
}
