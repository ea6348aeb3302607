/**
 * The followers of one stream: who follows by which name, what the journal keeps for them, and what of it may go.
 *
 * @module
 */

import { InvalidArgumentError } from '../../errors.js'
import type { ColdStorage } from '../cold/cold-storage.js'
import type { JournalHost } from '../durable/host.js'
import type { JournalRetention } from '../durable/types.js'
import type { SegmentInfo } from '../journal/source.js'
import { type FollowClock, systemClock } from './clock.js'
import { Follower } from './follower.js'
import { type Look, Lookout } from './look.js'
import { assertName, type FollowerStats, type FollowOptions, resolveFollow } from './options.js'
import { lagOf, MetadataEnds, removableBefore } from './retention.js'
import type { FollowerSite } from './site.js'
import { firstCheckpoint } from './start.js'
import { settleEventsOf } from './watermark.js'

/** What a stream says to its followers. */
export interface FollowersOptions {
  /** Events that the ring holds. */
  readonly capacity: number
  readonly retention?: JournalRetention | undefined
}

/** All followers of a stream. */
export class Followers implements FollowerSite {
  readonly host: JournalHost
  readonly clock: FollowClock
  readonly settleEvents: number
  private readonly options: FollowersOptions
  private readonly attached = new Map<string, Follower>()
  private readonly byStore = new Map<ColdStorage, Follower>()
  private lookout: Lookout | undefined
  private readonly metadataEnds: MetadataEnds

  constructor(host: JournalHost, options: FollowersOptions, clock: FollowClock = systemClock) {
    this.host = host
    this.options = options
    this.clock = clock
    this.settleEvents = settleEventsOf(options.capacity)
    this.metadataEnds = new MetadataEnds(host.source)
    host.onRotate(() => this.moved())
  }

  /**
   * Leads a store along the journal from now on.
   * @throws {InvalidArgumentError} for a bad option, and if the name or the store follows already.
   */
  follow(store: ColdStorage, options: FollowOptions = {}): Follower {
    const resolved = resolveFollow(store, options)
    const { name, from } = resolved
    if (this.attached.has(name))
      throw new InvalidArgumentError(`a follower named '${name}' is attached already`, { name })
    if (this.byStore.has(store)) throw new InvalidArgumentError(`the store '${store.name}' follows already`, { name })
    this.host.source.refresh()
    let registered = this.host.names.follower(name)
    if (registered === undefined) {
      registered = firstCheckpoint(this.host, from)
      this.host.names.setFollower(name, registered)
    }
    const follower = new Follower(store, resolved, this, registered)
    if (follower.state !== 'closed') {
      this.attached.set(name, follower)
      this.byStore.set(store, follower)
    }
    return follower
  }

  /**
   * Gives up a follower's place in the journal, which keeps nothing for it any more; one that is attached ends. False if
   * there is none of that name.
   */
  unfollow(name: string): boolean {
    assertName(name)
    const follower = this.attached.get(name)
    const isKnown = this.host.names.follower(name) !== undefined
    if (follower !== undefined) follower.detach()
    else if (isKnown) this.host.names.removeFollower(name)
    this.moved()
    return isKnown
  }

  /** The stores that have been opened and follow, in the order in which they were given: what history looks into. */
  stores(): ColdStorage[] {
    return [...this.byStore].filter(([, follower]) => follower.isKnown).map(([store]) => store)
  }

  /** All that have a place in the journal, attached or not. */
  stats(): FollowerStats[] {
    const stats = Array.from(this.attached.values(), (follower) => follower.stats())
    for (const [name, checkpoint] of this.host.names.followers()) {
      if (this.attached.has(name)) continue
      const lag = lagOf(this.host, checkpoint, checkpoint)
      stats.push({ name, state: 'absent', checkpoint, lag, attempts: 0, lastError: undefined, holding: false })
    }
    return stats
  }

  /**
   * Brings every store up to everything that was accepted, with one last attempt, and ends all. Waits for calls of stores
   * that are under way, and never rejects: what a store would not take is reported and stays in the journal.
   */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.attached.values(), (follower) => follower.finish()))
  }

  /** @internal */
  look(): Look {
    this.lookout ??= new Lookout(this.host, this.options.capacity, this.clock)
    return this.lookout.look()
  }

  /** @internal Something has moved: looks at the limits, and removes what nobody needs any more. */
  moved(): void {
    const { host, clock } = this
    // Looking costs reading: not in the writer's call for nobody.
    if (host.names.followers().size === 0 && this.options.retention === undefined) return
    host.source.refresh()
    for (const follower of [...this.attached.values()]) follower.checkLag()
    // A store may have less than its name says: nothing goes before each has told what it has.
    if ([...this.attached.values()].some((follower) => !follower.isKnown && follower.state !== 'detached')) return
    const needs = {
      windowSeq: host.progress.writtenSeq - this.options.capacity,
      followers: [...host.names.followers().values()],
      cursors: [...host.names.cursors().values()],
    }
    const { source } = host
    const ends = (segment: SegmentInfo): number => this.metadataEnds.of(segment)
    const position = removableBefore(source.segments(), needs, this.options.retention, clock.now(), ends)
    if (position <= source.startPosition) return
    host.removeBefore(position)
    source.refresh()
    this.metadataEnds.forget(source.segments())
  }

  /** @internal */
  ended(name: string): void {
    this.attached.delete(name)
    for (const [store, follower] of this.byStore) if (follower.name === name) this.byStore.delete(store)
  }
}
