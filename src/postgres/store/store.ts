/**
 * A database as the store of a stream that follows its journal.
 *
 * Contract, beside that of `ColdStorage`:
 * - `write` accepts: its batch is committed at once, or, while a transaction is under way, together with others behind it;
 *   see `commit-queue.ts`. A transaction has its checkpoint; one of more than 64 days is several, each with a checkpoint
 *   that tells what is there. What fails is told by the next call of `write`, `flush`, `idle` or `close`.
 * - Two stores that follow the same stream, also in two processes: one of them gets `CheckpointMovedError`, a retryable
 *   one, and nothing of its batch is there. Each event is there once.
 * - NaN, infinities and rewards without a total are refused by `InvalidArgumentError` before anything is sent.
 * - A database has several streams only when they are told apart: to open a stream beside others needs `streamId`.
 * - The driver is its maker's, and is not closed.
 *
 * @module
 */

import { ClosedError, InvalidArgumentError, invalid } from '../../errors.js'
import * as L from '../../layout.js'
import type {
  Checkpoint,
  ColdBatch,
  ColdQuery,
  ColdStorage,
  EventMetadata,
  StoredEvents,
} from '../../storage/cold/cold-storage.js'
import { assertRange, type ResolvedQuery, resolveQuery } from '../../storage/cold/read/query.js'
import { StoreMismatchError } from '../../storage/errors.js'
import type { CorrectionList } from '../../storage/journal/corrections.js'
import type { Gap, StreamIdentity } from '../../storage/journal/source.js'
import { assertInteger, assertKeys } from '../../stream/validate.js'
import { assertStorable } from '../codec/encode-events.js'
import type { StoredStream } from '../contract.js'
import type { SqlDriver } from '../driver/driver.js'
import { STREAMS_LOCK } from '../sql/locks.js'
import { countOf, gapsOf } from './accounts.js'
import { CommitQueue } from './commit-queue.js'
import { type DirectEvents, DirectWriter } from './direct.js'
import { Partitions } from './partitions.js'
import { ReadAhead } from './read-ahead.js'
import { StoreReader } from './reader.js'
import type { Archive } from './source.js'
import { type StreamOrigin, type StreamRow, Streams } from './streams.js'
import { StepWriter } from './writer.js'

/** What `PostgresStore` takes. Unknown keys are refused. */
export interface PostgresStoreOptions {
  /** The stream that it keeps, a UUID. Default: the one that is opened first, or the only one of the database. */
  readonly streamId?: string | undefined
  /** Partitions of days that there may be, 1 to 100,000. Default 4000. */
  readonly maxDays?: number | undefined
  /** Names the store in reports and its follower in the journal. Default `'postgres'`. */
  readonly name?: string | undefined
  /** What holds the days that are in files. Default: there are none. */
  readonly archive?: Archive | undefined
}

const KEYS = ['streamId', 'maxDays', 'name', 'archive']
const DEFAULT_DAYS = 4000
const LARGEST_REWARD = Math.fround(8e37)

/** Keeps the events of one stream in a database. */
export class PostgresStore implements ColdStorage {
  readonly name: string
  /** Which stream of the database it is. */
  readonly streams: Streams
  private readonly driver: SqlDriver
  private readonly queue: CommitQueue
  private readonly direct: DirectWriter
  private readonly ahead: ReadAhead
  private opened: StreamIdentity | undefined
  private committed: Checkpoint | undefined
  private closed = false
  private tail: Promise<unknown> = Promise.resolve()

  /** @throws {InvalidArgumentError} for an unknown option or a value that is out of range. */
  constructor(driver: SqlDriver, options: PostgresStoreOptions = {}) {
    assertKeys(options, 'options', KEYS)
    const { streamId, maxDays = DEFAULT_DAYS, name = 'postgres', archive } = options
    assertInteger(maxDays, 'maxDays', 1, 100_000)
    if (typeof name !== 'string' || name === '') throw invalid('name', 'be a text', name)
    this.name = name
    this.driver = driver
    this.streams = new Streams(driver, streamId)
    const tools = { streams: this.streams, partitions: new Partitions(driver, maxDays), archive }
    const writer = new StepWriter(driver, tools)
    this.queue = new CommitQueue((batch, from, to, writing, signal) => {
      const moved = (checkpoint: Checkpoint): void => {
        this.ahead.drop(batch.corrections)
        this.committed = checkpoint
      }
      return writer.write((this.opened as StreamIdentity).streamId, batch, from, to, { moved, writing }, signal)
    })
    this.direct = new DirectWriter(driver, tools)
    const reader = new StoreReader(driver, this.streams, archive)
    this.ahead = new ReadAhead(
      (query) => reader.rows(query),
      () => this.opened && this.committed?.seq,
    )
  }

  /** What is committed, as far as this store knows; `open` asks the database. */
  get checkpoint(): Checkpoint | undefined {
    return this.committed
  }

  /**
   * Makes the store ready for a stream and tells its checkpoint in the database.
   * @param origin whose numbers `write` brings: a journal's, or those of files that no journal stands behind
   * @throws {StoreMismatchError} if the database holds other streams and this one was not chosen by `streamId`, if the
   * stream is there of another origin, or if it began with another number or other appraisers.
   */
  open(identity: StreamIdentity, origin: StreamOrigin = 'journal'): Promise<Checkpoint | undefined> {
    return this.inTurn(async () => {
      await this.queue.stop()
      const row = (await this.streams.byId(identity.streamId)) ?? (await this.begin(identity, origin))
      this.assertSame(row, identity, origin)
      this.streams.choose(identity.streamId)
      this.ahead.drop()
      this.opened = row.identity
      this.committed = isNew(row) ? undefined : row.checkpoint
      this.queue.begin(row.checkpoint, row.identity.requiredMask)
      return this.committed
    })
  }

  write(batch: ColdBatch, to: Checkpoint, signal?: AbortSignal): Promise<void> {
    return this.inTurn(async () => {
      signal?.throwIfAborted()
      if (this.opened === undefined) throw new ClosedError(`store '${this.name}'`)
      assertStorable(batch.events)
      assertCorrections(batch.corrections)
      await this.queue.accept(batch, to, signal)
    })
  }

  /**
   * Writes events to a stream that has no journal, all or none; it is made if the database has none. Several calls, also
   * of several processes, may come at once. `metadata` are those of the first event.
   * @returns their sequence numbers [start, end), once they are committed.
   * @throws {InvalidArgumentError} for an event that a stream would refuse. @throws {JournalOwnedError}
   */
  async append(
    events: DirectEvents,
    options: { readonly metadata?: EventMetadata | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<{ start: number; end: number }> {
    if (this.closed) throw new ClosedError(`store '${this.name}'`)
    return this.direct.write(events, options.metadata, options.signal)
  }

  /** Waits until everything that was accepted is committed. */
  flush(signal?: AbortSignal): Promise<void> {
    return this.inTurn(async () => {
      signal?.throwIfAborted()
      if (this.opened === undefined) throw new ClosedError(`store '${this.name}'`)
      await this.queue.drain()
    })
  }

  /** The same as `flush`: nothing is held back longer than its commit takes. */
  idle(signal?: AbortSignal): Promise<void> {
    return this.flush(signal)
  }

  /**
   * The events that meet a query, ascending, warm and archived alike, in batches that are the caller's. Memory: two pages
   * of at most 16,384 events, or of `batchSize` if that is more.
   * @throws {InvalidArgumentError} at once, for an unknown key or a value that is out of range.
   */
  query(query: ColdQuery = {}): AsyncIterable<StoredEvents> {
    return this.rows(resolveQuery(query))
  }

  /** How many events of [startSeq, endSeq) there are, warm or archived. */
  async count(startSeq: number, endSeq: number): Promise<number> {
    assertRange(startSeq, endSeq)
    await this.queue.seen(endSeq)
    const row = await this.streams.find()
    return row === undefined ? 0 : countOf(this.driver, row, startSeq, endSeq)
  }

  /** The numbers of [startSeq, endSeq) that hold no event, and why. */
  async gaps(startSeq: number, endSeq: number): Promise<readonly Gap[]> {
    assertRange(startSeq, endSeq)
    await this.queue.seen(endSeq)
    const row = await this.streams.find()
    return row === undefined ? [] : gapsOf(this.driver, row, startSeq, endSeq)
  }

  /** The stream and how far it is; undefined if there is none yet. */
  async stored(signal?: AbortSignal): Promise<StoredStream | undefined> {
    signal?.throwIfAborted()
    const row = await this.streams.find()
    return row && { identity: row.identity, origin: row.origin, checkpoint: row.checkpoint }
  }

  /** Waits until everything that was accepted is committed; later calls are refused. A failure is told if it was not yet. */
  close(): Promise<void> {
    return this.inTurn(async () => {
      if (this.closed) return
      this.closed = true
      this.ahead.drop()
      try {
        await this.queue.end()
      } finally {
        this.opened = undefined
      }
    }, true)
  }

  private async *rows(query: ResolvedQuery): AsyncGenerator<StoredEvents, void, undefined> {
    await this.queue.seen(query.filter.endSeq)
    yield* this.ahead.rows(query)
  }

  private async begin(identity: StreamIdentity, origin: StreamOrigin): Promise<StreamRow> {
    return this.driver.transaction(async (session) => {
      await session.query('SELECT count(pg_advisory_xact_lock($1, 0))', [STREAMS_LOCK])
      const others = (await this.streams.ids(session)).filter((id) => id !== identity.streamId)
      if (this.streams.streamId === undefined && others.length > 0) {
        const what = `the database holds stream ${others[0]}; to keep ${identity.streamId} beside it, give its streamId`
        throw new StoreMismatchError(this.name, what, { streamId: others[0], expected: identity.streamId })
      }
      this.assertChosen(identity)
      await this.streams.add(identity, origin, session)
      return (await this.streams.byId(identity.streamId, session)) as StreamRow
    })
  }

  private assertChosen({ streamId }: StreamIdentity): void {
    const chosen = this.streams.streamId
    if (chosen === undefined || chosen === streamId.toLowerCase()) return
    throw new StoreMismatchError(this.name, `it is the store of stream ${chosen}, not of ${streamId}`, {
      streamId: chosen,
      expected: streamId,
    })
  }

  private assertSame({ identity, origin }: StreamRow, given: StreamIdentity, expected: StreamOrigin): void {
    this.assertChosen(given)
    const { streamId } = identity
    if (origin !== expected) {
      const what = `stream ${streamId} is written ${origin === 'journal' ? 'by its journal' : 'without a journal'} there`
      throw new StoreMismatchError(this.name, what, { streamId, origin, expected })
    }
    for (const key of ['firstSeq', 'requiredMask'] as const) {
      if (identity[key] === given[key]) continue
      const what = `stream ${streamId} has ${key} ${identity[key]} there, ${given[key]} in the journal`
      throw new StoreMismatchError(this.name, what, { streamId, [key]: identity[key], expected: given[key] })
    }
  }

  /** Runs `work` when everything that was asked before is done. */
  private inTurn<T>(work: () => Promise<T>, evenClosed = false): Promise<T> {
    const done = this.tail.then(() => {
      if (this.closed && !evenClosed) throw new ClosedError(`store '${this.name}'`)
      return work()
    })
    this.tail = done.catch(() => undefined)
    return done
  }
}

/** Whether nothing was ever committed. */
function isNew({ identity, checkpoint }: StreamRow): boolean {
  return checkpoint.seq === identity.firstSeq && checkpoint.position === 0
}

/** A reward that has no place in a total would make rows that no index of totals takes. */
function assertCorrections({ length, seqs, slots, rewards }: CorrectionList): void {
  for (let i = 0; i < length * L.REWARD_SLOTS; i++) {
    const value = rewards[i] as number
    if (Math.abs(value) <= LARGEST_REWARD) continue
    const [entry, slot] = [Math.floor(i / L.REWARD_SLOTS), i % L.REWARD_SLOTS]
    if ((((slots[entry] as number) >> slot) & 1) === 0) continue
    const seq = seqs[entry] as number
    throw new InvalidArgumentError(
      `reward ${slot} of the correction of event ${seq} must be at most 8e37 in magnitude, got ${value}`,
      { seq, slot, value },
    )
  }
}
