/**
 * A journal with followers and what the tests ask of both.
 *
 * @module
 */

import { expect } from 'vitest'
import type { JournalRetention } from '../../../../src/storage/durable/types.js'
import type { Follower } from '../../../../src/storage/follow/follower.js'
import { Followers } from '../../../../src/storage/follow/followers.js'
import type { FollowOptions, FollowReport } from '../../../../src/storage/follow/options.js'
import { FakeClock, turns } from './fake-clock.js'
import type { MemoryStore } from './memory-store.js'
import { type HostOptions, TestHost } from './test-host.js'

/** Events of a `fill`. */
export const FULL = 15

export class World {
  readonly clock: FakeClock
  readonly host: TestHost
  readonly followers: Followers
  readonly reports: FollowReport[] = []
  private readonly options: HostOptions & { retention?: JournalRetention }

  constructor(options: HostOptions & { retention?: JournalRetention } = {}, clock = new FakeClock(), host?: TestHost) {
    this.options = options
    this.clock = clock
    this.host = host ?? new TestHost(clock, options)
    const { retention } = options
    this.followers = new Followers(this.host, { capacity: this.host.capacity, retention }, clock)
  }

  /** The process ends, with or without its followers' leave, and another opens the directory. */
  crash(): World {
    return new World(this.options, this.clock, this.host.crash())
  }

  follow(store: MemoryStore, options: FollowOptions = {}): Follower {
    const onReport = (report: FollowReport): void => {
      this.reports.push(report)
      options.onReport?.(report)
    }
    return this.followers.follow(store, { lingerMs: 0, ...options, onReport })
  }

  /** Writes events and writes them out. */
  write(count: number, mask = 0): void {
    for (let i = 0; i < count; i++) this.host.write([0, 0, 0, 0], mask)
    this.host.flushNow()
  }

  /** Writes FULL events whose metadata fills a segment of a MiB. */
  fill(): void {
    const metadata = { executorId: 'x'.repeat(60_000) }
    for (let i = 0; i < FULL; i++) this.host.write([0, 0, 0, 0], 0, metadata)
    this.host.flushNow()
  }

  /** Lets followers do what they can without time passing. */
  async settle(): Promise<void> {
    await turns(30)
  }

  /** The kinds of what was reported. */
  get kinds(): string[] {
    return this.reports.map(({ kind }) => kind)
  }
}

/** Checks that a store has exactly the events of [start, end) of the journal, with their newest rewards. */
export function expectExactly(store: MemoryStore, host: TestHost, start: number, end: number): void {
  const { rows } = store.kept
  const expected = [...host.journaled.keys()].filter((seq) => seq >= start && seq < end)
  expect([...rows.keys()].sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b))
  for (const seq of expected) {
    const row = rows.get(seq)
    const truth = host.expected(seq)
    if (row !== undefined && Buffer.compare(row.bytes, truth.bytes) === 0 && row.mask === truth.mask) {
      if (row.metadata !== undefined || truth.metadata !== undefined) expect(row.metadata).toEqual(truth.metadata)
    } else {
      expect({ seq, ...row }).toEqual({ seq, ...truth })
    }
  }
}
