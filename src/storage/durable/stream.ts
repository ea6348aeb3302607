/**
 * The durable stream: a stream whose events, late rewards and metadata are in a journal on disk.
 *
 * @module
 */

import { ClosedError } from '../../errors.js'
import type { EventInput } from '../../event/types.js'
import { ExperienceStream } from '../../stream/stream.js'
import type { Subscription } from '../../stream/subscription.js'
import type { SubscribeOptions } from '../../stream/types.js'
import { assertSignal } from '../../stream/validate.js'
import type { ColdStorage, EventMetadata } from '../cold/cold-storage.js'
import type { Follower } from '../follow/follower.js'
import { Followers } from '../follow/followers.js'
import type { FollowOptions } from '../follow/options.js'
import { History } from '../history/history.js'
import type { StreamIdentity } from '../journal/source.js'
import type { DurableSubscription } from './durable-subscription.js'
import type { DurableEngine } from './engine.js'
import type { JournalHost } from './host.js'
import type { DurableStreamStats, DurableSubscribeOptions, RecoveryReport } from './types.js'

/**
 * A stream that survives its program: what `openExperienceStream` opens.
 *
 * Everything of {@link ExperienceStream} works as it does there, writing included, which stays synchronous. Beside that:
 *
 * - An event is not evicted before it is written out, and a reward that comes after is a correction in the journal.
 *   `setAppraiserReward` of an evicted event returns `'corrected'` instead of throwing; `addReward` still throws, since
 *   a sum needs the value. `setPriorities` and ids of the sampler are not kept: priorities start anew when reopened.
 * - `await durable()` tells when what was accepted is safe; see `Durability` for what that means.
 * - A batch larger than the backlog or the ring is written out piece by piece and no event of it is passed over.
 * - With `shared: true` a worker writes the journal. Other threads attach by `handle()`, as to any shared stream; what they
 *   write and score is in it too. A batch larger than the backlog is refused there.
 *
 * A disk that fails in the middle of such a batch, or of a bulk update of more evicted events than wait at a time,
 * throws after some of it was accepted: `totalWritten` tells how many events.
 */
export class DurableExperienceStream extends ExperienceStream {
  /** What opening found. */
  readonly recovery: RecoveryReport
  private readonly engine: DurableEngine
  private ending: Promise<void> | undefined
  private reader: History | undefined
  private readonly followers: Followers

  /** @internal `openExperienceStream` makes durable streams. */
  constructor(engine: DurableEngine) {
    super(engine.parts)
    this.engine = engine
    this.recovery = engine.recovery
    this.followers = new Followers(engine.host, { capacity: this.capacity, retention: engine.retention })
  }

  /** Where the journal is. */
  get directory(): string {
    return this.engine.directory
  }

  /** What the stream is known by, for as long as its directory exists. */
  get identity(): StreamIdentity {
    return this.engine.identity
  }

  /** @internal What followers and history stand on. */
  get host(): JournalHost {
    return this.engine.host
  }

  /** Reads everything that is still stored anywhere: ring, journal, and the stores that follow. */
  get history(): History {
    const { host, window } = this.engine
    this.reader ??= new History({
      ring: window,
      source: host.source,
      stores: () => this.followers.stores(),
      flush: () => host.flush(),
      assertOpen: () => this.assertOpen(),
    })
    return this.reader
  }

  /**
   * Resolves when every event, reward, flag and cursor accepted before the call is as safe as the level says. Calls of
   * one turn of the event loop share one trip to the disk.
   *
   * @throws {StorageError} if it could not be written or synced; the events stay in the ring and the next call tries again.
   * @throws {ClosedError} after `close`.
   */
  async durable(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.engine.host.durable(signalOf(options))
  }

  /**
   * Resolves when `count` events can be written without waiting for the disk and without `BackpressureError`.
   * @param count at most `maxBacklog`.
   */
  async ready(count = 1, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.engine.ready(count, signalOf(options))
  }

  /**
   * Writes one event together with what led to it. The event is in the ring when the call returns; the promise gives its
   * sequence number once event and metadata are as safe as the level says.
   *
   * @throws {InvalidArgumentError} if the metadata is no JSON or has more than `maxMetadataBytes`; nothing is written.
   */
  async writeEventWithMetadata(event: EventInput, metadata: EventMetadata): Promise<number> {
    return this.engine.writeWithMetadata(event, metadata)
  }

  /**
   * The metadata of a live event; undefined if it has none, is evicted or not yet written. `history` has that of evicted
   * events.
   */
  getMetadata(seq: number): EventMetadata | undefined {
    return this.engine.getMetadata(seq)
  }

  /**
   * A cursor on what is written; see {@link Subscription}. With `after: 'durable'` it delivers only what is safe, with a
   * `name` it goes on where that name's last `ack` was; see {@link DurableSubscription}.
   *
   * @throws {InvalidArgumentError} if a subscription of that name is open.
   */
  override subscribe(options: DurableSubscribeOptions & { name: string }): DurableSubscription
  override subscribe(options?: DurableSubscribeOptions): Subscription
  override subscribe(options: DurableSubscribeOptions | SubscribeOptions = {}): Subscription {
    return this.engine.subscribe(options)
  }

  /**
   * Forgets the cursor of a name, and returns whether there was one.
   * @throws {InvalidArgumentError} if a subscription of that name is open.
   */
  removeSubscription(name: string): boolean {
    return this.engine.removeSubscription(name)
  }

  /**
   * Leads a store along the journal: every event in order once it has settled, late rewards after, so that the store has
   * each event exactly once with its newest rewards whatever fails in between. The journal keeps what the store has not
   * got, also while nobody follows; see {@link FollowOptions} for the limit.
   *
   * @throws {InvalidArgumentError} for a bad option, and if the name or the store follows already.
   */
  follow(store: ColdStorage, options: FollowOptions = {}): Follower {
    this.assertOpen()
    return this.followers.follow(store, options)
  }

  /** Gives up a follower's place in the journal and ends it if it follows; false if there is none of that name. */
  unfollow(name: string): boolean {
    this.assertOpen()
    return this.followers.unfollow(name)
  }

  /** The accounting, those of the journal and of the followers included. */
  override stats(): DurableStreamStats {
    return { ...super.stats(), journal: this.engine.journalStats(), followers: this.followers.stats() }
  }

  /**
   * Closes the stream: brings its stores up to everything that was accepted, writes the journal out, makes it as safe as the level says, and gives the directory free. Later
   * calls wait for the first one.
   *
   * @throws {StorageError} if not everything could be written; the directory is free nevertheless.
   */
  override close(): Promise<void> {
    this.ending ??= this.end()
    return this.ending
  }

  private assertOpen(): void {
    if (this.closed) throw new ClosedError('stream')
  }

  private async end(): Promise<void> {
    await super.close()
    await this.followers.close()
    await this.engine.end()
  }
}

/** @throws {InvalidArgumentError} unless it is an AbortSignal or undefined. */
function signalOf(options: { signal?: AbortSignal | undefined }): AbortSignal | undefined {
  const { signal } = options
  assertSignal(signal)
  return signal
}
